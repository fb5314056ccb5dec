-- Rule rls_disabled: row security is off and the table has no policy.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE ROLE regress_group;
CREATE ROLE regress_inner NOINHERIT;
CREATE SCHEMA app;
CREATE TABLE app.t (id int, secret text);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{rls_disabled}');

-- Nobody exposed reaches the table: for information.
SELECT * FROM pg_temp.found;
-- USAGE alone, or a privilege alone, reaches nothing.
GRANT USAGE ON SCHEMA app TO anon;
SELECT level, detail FROM pg_temp.found;
REVOKE USAGE ON SCHEMA app FROM anon;
GRANT SELECT ON app.t TO anon;
SELECT level, detail FROM pg_temp.found;
-- USAGE of one role and a privilege of another make no way in.
GRANT USAGE ON SCHEMA app TO authenticated;
SELECT level, detail FROM pg_temp.found;
REVOKE USAGE ON SCHEMA app FROM authenticated;
-- Both.
GRANT USAGE ON SCHEMA app TO anon;
SELECT * FROM pg_temp.found;
REVOKE SELECT ON app.t FROM anon;
-- A privilege on a column, to PUBLIC.
GRANT UPDATE (secret) ON app.t TO PUBLIC;
SELECT level, detail FROM pg_temp.found;
REVOKE UPDATE (secret) ON app.t FROM PUBLIC;
-- Through membership, inherited or by SET ROLE.
GRANT DELETE ON app.t TO regress_group;
GRANT regress_group TO regress_inner;
GRANT regress_inner TO anon;
SELECT level, detail FROM pg_temp.found;
REVOKE DELETE ON app.t FROM regress_group;
-- Through a predefined role.
GRANT pg_read_all_data TO authenticated;
SELECT level, detail FROM pg_temp.found;
REVOKE pg_read_all_data FROM authenticated;
-- As the owner.
ALTER TABLE app.t OWNER TO regress_group;
SELECT level, detail -> 'open_to' -> 'anon' ? 'TRUNCATE' AS anon_may_truncate FROM pg_temp.found;
ALTER TABLE app.t OWNER TO CURRENT_USER;

-- The printed fix mends it.
GRANT ALL ON app.t TO anon;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
-- Near misses: with a policy it is another rule's; views and foreign tables have no row security.
CREATE TABLE app.with_policy (id int);
CREATE POLICY p ON app.with_policy USING (false);
CREATE VIEW app.v AS SELECT 1;
SELECT * FROM pg_temp.found;

-- Names, partitioned tables and their partitions.
CREATE TABLE app."a""b" (id int) PARTITION BY RANGE (id);
CREATE TABLE app."Select" PARTITION OF app."a""b" DEFAULT;
SELECT level, object_name, fix FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT level, object_name, fix FROM pg_temp.found;

-- Temporary tables are looked at by nobody; catalogs only when asked for.
CREATE TEMP TABLE fleeting (id int);
SELECT count(*) FROM rls.audit(rules => '{rls_disabled}') WHERE object_name = 'fleeting';
SELECT count(*) FROM rls.audit(rules => '{rls_disabled}') WHERE schema_name IN ('pg_catalog', 'information_schema', 'atomic');

-- rowguard.exposed_roles names others; PUBLIC stays.
CREATE TABLE app.u (id int);
CREATE ROLE "Regress,App";
GRANT USAGE ON SCHEMA app TO "Regress,App";
GRANT SELECT ON app.u TO "Regress,App";
SELECT level, detail FROM pg_temp.found;
SET rowguard.exposed_roles = '"Regress,App"';
SELECT level, detail FROM pg_temp.found;
GRANT INSERT ON app.u TO PUBLIC;
SET rowguard.exposed_roles = 'public, Anon';
SELECT level, detail FROM pg_temp.found;
SET rowguard.exposed_roles = 'anon, regress_nobody';
SELECT * FROM pg_temp.found;
\echo :LAST_ERROR_SQLSTATE
SET rowguard.exposed_roles = 'anon,,';
SELECT * FROM pg_temp.found;
\echo :LAST_ERROR_SQLSTATE
RESET rowguard.exposed_roles;
ROLLBACK;

-- Without anon and authenticated: PUBLIC and login roles without special rights.
BEGIN;
DO $$
DECLARE
    usual name;
BEGIN
    FOR usual IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
        EXECUTE format('ALTER ROLE %I RENAME TO %I', usual, 'regress_was_' || usual);
    END LOOP;
END $$;
CREATE SCHEMA app;
CREATE TABLE app.t (id int);
CREATE TABLE app.of_owner (id int);
CREATE ROLE regress_app LOGIN;
CREATE ROLE regress_service LOGIN BYPASSRLS;
CREATE ROLE regress_table_owner LOGIN;
ALTER TABLE app.of_owner OWNER TO regress_table_owner;
CREATE ROLE regress_nologin;
GRANT USAGE ON SCHEMA app TO regress_app, regress_service, regress_table_owner, regress_nologin;
GRANT SELECT ON app.t TO regress_service, regress_table_owner, regress_nologin;
SELECT object_name, level, detail FROM rls.audit('{app}', '{rls_disabled}');
GRANT SELECT ON app.t TO regress_app;
SELECT object_name, level, detail FROM rls.audit('{app}', '{rls_disabled}');
ROLLBACK;
