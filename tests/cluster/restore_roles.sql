-- Another server's roles: those of roles.sql made in another order, among others that are in use.
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE reporting LOGIN;
CREATE ROLE anon NOLOGIN;
GRANT authenticated TO reporting;
CREATE ROLE app_owner NOLOGIN;
