-- The roles of an application, made once for a whole server: its tables' owner, and those that
-- client traffic runs as.
CREATE ROLE app_owner NOLOGIN;
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
