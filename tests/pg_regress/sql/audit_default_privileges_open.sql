-- Rule default_privileges_open: default privileges open every new table to an exposed role.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE ROLE "regress'owner";
CREATE ROLE regress_group;
GRANT ALL ON SCHEMA app TO "regress'owner";
GRANT USAGE ON SCHEMA app TO anon;
CREATE VIEW pg_temp.found AS
  SELECT level, schema_name, object_name, object_kind, message, detail, fix
  FROM rls.audit('{app}', '{default_privileges_open}') WHERE object_name LIKE 'regress%';

-- Near misses: other kinds of objects, a role that is not exposed, another schema, what is only taken away.
ALTER DEFAULT PRIVILEGES FOR ROLE "regress'owner" GRANT ALL ON SEQUENCES TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE "regress'owner" GRANT EXECUTE ON FUNCTIONS TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE "regress'owner" GRANT USAGE ON SCHEMAS TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE "regress'owner" IN SCHEMA app GRANT SELECT, UPDATE ON TABLES TO regress_group;
ALTER DEFAULT PRIVILEGES FOR ROLE "regress'owner" IN SCHEMA other GRANT SELECT ON TABLES TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_group REVOKE TRUNCATE ON TABLES FROM regress_group;
SELECT * FROM pg_temp.found;

-- In a schema and everywhere; for a role, everybody, a member.
ALTER DEFAULT PRIVILEGES FOR ROLE "regress'owner" IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO anon, PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE "regress'owner" GRANT TRUNCATE ON TABLES TO authenticated WITH GRANT OPTION;
SELECT * FROM pg_temp.found;
GRANT regress_group TO anon;
SELECT schema_name, detail FROM pg_temp.found;
REVOKE regress_group FROM anon;
-- The next table is open.
SET ROLE "regress'owner";
CREATE TABLE app.next (id int);
RESET ROLE;
SET ROLE anon;
SELECT count(*) FROM app.next;
RESET ROLE;

-- The printed fix mends it.
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET ROLE "regress'owner";
CREATE TABLE app.after (id int);
RESET ROLE;
SET ROLE anon;
SELECT count(*) FROM app.after;
RESET ROLE;
SELECT schema_name, object_name FROM rls.audit('{other}', '{default_privileges_open}') WHERE object_name LIKE 'regress%';
ROLLBACK;
