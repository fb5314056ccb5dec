-- Rule definer_without_search_path: a SECURITY DEFINER function leaves it to others what its names mean.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE ROLE regress_owner;
CREATE ROLE regress_other;
CREATE ROLE regress_super SUPERUSER;
CREATE SCHEMA app;
CREATE SCHEMA "A'b";
CREATE SCHEMA granted;
CREATE SCHEMA everybody;
CREATE SCHEMA of_super AUTHORIZATION regress_super;
CREATE SCHEMA of_other AUTHORIZATION regress_other;
CREATE SCHEMA regress_owner AUTHORIZATION regress_owner;
GRANT USAGE, CREATE ON SCHEMA granted TO regress_other;
GRANT USAGE, CREATE ON SCHEMA everybody TO PUBLIC;
GRANT USAGE, CREATE ON SCHEMA app TO regress_owner;
GRANT USAGE, CREATE ON SCHEMA app TO regress_super;
CREATE FUNCTION app.f(n int DEFAULT 1) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
ALTER FUNCTION app.f(int) OWNER TO regress_owner;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, object_kind, message, detail, fix FROM rls.audit('{app}', '{definer_without_search_path}');

-- One finding: fixed, none.
SELECT * FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;

-- Each path, as the server stores it; the fix keeps the schemas that can be trusted.
CREATE FUNCTION pg_temp.try(clause text) RETURNS TABLE (why text, fix text, still bigint) LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    BEGIN
        EXECUTE 'ALTER FUNCTION app.f(int) ' || clause;
        FOR found IN SELECT * FROM pg_temp.found LOOP
            why := found.message;
            fix := found.fix;
            EXECUTE found.fix;
            SELECT count(*) INTO still FROM pg_temp.found;
            RETURN NEXT;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
END $$;
SELECT clause, t.* FROM (VALUES
  ('RESET search_path'), ('RESET ALL'), ('RESET ALL SET work_mem = ''8MB'''), ('SECURITY INVOKER RESET ALL'),
  ('SET search_path = pg_catalog, pg_temp'), ('SET search_path TO ''''')  , ('SET search_path = pg_temp'),
  ('SET search_path = app, pg_temp'), ('SET search_path = pg_catalog, "A''b", "pg_temp"'), ('SET search_path = of_super, pg_temp'),
  ('SET search_path = "$user", pg_temp'), ('SET search_path = nowhere, pg_temp'),
  ('SET search_path = app'), ('SET search_path = pg_catalog'), ('SET search_path = ''app, pg_temp'''),
  ('SET search_path = pg_temp, app'), ('SET search_path = app, pg_temp, "A''b"'), ('SET search_path = pg_temp, app, pg_temp'),
  ('SET search_path = app, granted, pg_temp'), ('SET search_path = everybody, pg_temp'), ('SET search_path = of_other, app, pg_temp'),
  ('SET search_path = everybody, "$user", "A''b"')) c(clause)
LEFT JOIN LATERAL pg_temp.try(clause) t ON true;
ALTER FUNCTION app.f(int) SET search_path = of_other, pg_temp;
SELECT message FROM pg_temp.found;
GRANT CREATE ON SCHEMA app TO regress_other;
ALTER FUNCTION app.f(int) OWNER TO regress_other;
SELECT message FROM pg_temp.found;
ALTER FUNCTION app.f(int) SET search_path = app, pg_temp;
SELECT message, fix FROM pg_temp.found;
REVOKE CREATE ON SCHEMA app FROM regress_owner, regress_other;
SELECT message FROM pg_temp.found;
-- A schema that is not there yet belongs to whoever may create it.
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_owner', current_database()); END $$;
ALTER FUNCTION app.f(int) SET search_path = pg_catalog, nowhere, pg_temp;
SELECT message, fix FROM pg_temp.found;
DROP FUNCTION app.f(int);

-- Procedures and trigger functions count; extensions' functions and others' schemas do not.
CREATE PROCEDURE app."P'1"(IN n int, OUT m text) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN m := n; END';
CREATE FUNCTION app.log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION app.atomic() RETURNS int SECURITY DEFINER BEGIN ATOMIC SELECT 1; END;
CREATE FUNCTION app.extensions() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
ALTER EXTENSION rowguard ADD FUNCTION app.extensions();
CREATE FUNCTION granted.elsewhere() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
SELECT object_name, fix FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT object_name FROM pg_temp.found;

-- What it is about: anon's temporary table stands before the owner's.
CREATE TABLE app.t AS SELECT 'the owner''s' AS whose;
CREATE FUNCTION app.whose() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = app AS 'SELECT whose FROM t';
GRANT USAGE ON SCHEMA app TO anon;
SET ROLE anon;
CREATE TEMP TABLE t AS SELECT 'the caller''s' AS whose;
GRANT SELECT ON t TO PUBLIC;
SELECT app.whose();
RESET ROLE;
SELECT fix FROM pg_temp.found \gexec
SET ROLE anon;
SELECT app.whose();
RESET ROLE;
ROLLBACK;
