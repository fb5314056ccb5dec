-- Rule matview_exposes_rls: a materialized view over a table with row security is open to an exposed role.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE SCHEMA hidden;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE ROLE regress_group;
CREATE TABLE app.t (id int);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
INSERT INTO app.t VALUES (1);
CREATE TABLE app.plain (id int);
CREATE VIEW app.w WITH (security_invoker) AS SELECT * FROM app.t;
CREATE MATERIALIZED VIEW app."M'1" AS SELECT count(*) FROM app.t;
CREATE MATERIALIZED VIEW app.over_view AS SELECT * FROM app.w;
CREATE MATERIALIZED VIEW app.over_matview AS SELECT * FROM app.over_view;
CREATE MATERIALIZED VIEW hidden.m AS SELECT p.id FROM app.plain p WHERE p.id IN (SELECT id FROM app.t);
CREATE MATERIALIZED VIEW app.harmless AS SELECT * FROM app.plain;
CREATE VIEW pg_temp.found AS
  SELECT level, schema_name, object_name, object_kind, message, detail, fix FROM rls.audit('{app,hidden}', '{matview_exposes_rls}');

-- Near misses: nobody may read it, the schema is closed, or it holds nothing of such a table.
GRANT SELECT ON app.harmless, hidden.m TO anon;
GRANT SELECT ON app."M'1" TO regress_group;
SELECT * FROM pg_temp.found;

-- By name, at any depth; by a column, everybody, a member.
GRANT SELECT ON app."M'1", app.over_view TO anon;
GRANT SELECT (id) ON app.over_matview TO PUBLIC;
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM app.t;
SELECT * FROM app."M'1";
RESET ROLE;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
GRANT regress_group TO anon;
SELECT detail, fix FROM pg_temp.found;
REVOKE regress_group FROM anon;

-- Through views: with the rights of the view's owner, or with the caller's.
CREATE VIEW app.door AS SELECT * FROM hidden.m;
SELECT detail FROM pg_temp.found;
GRANT SELECT ON app.door TO authenticated;
SELECT object_name, detail, fix FROM pg_temp.found;
ALTER VIEW app.door SET (security_invoker = true);
SELECT object_name, detail, fix FROM pg_temp.found;
GRANT SELECT ON app.door TO anon;
SELECT object_name, detail, fix FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM app.door;
RESET ROLE;
REVOKE SELECT ON hidden.m FROM anon;
SELECT object_name FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM app.door;
RESET ROLE;
-- A view whose owner may not read it opens nothing.
ALTER VIEW app.door RESET (security_invoker);
ALTER VIEW app.door OWNER TO regress_group;
SELECT object_name FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM app.door;
RESET ROLE;

-- Over functions that read such a table: by themselves, through others, from another schema. A body that cannot
-- be read is not taken for harmless; an extension's function is its own.
CREATE FUNCTION hidden.reads() RETURNS SETOF app.t LANGUAGE sql AS 'SELECT * FROM app.t';
CREATE FUNCTION app.over_reads() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM hidden.reads()';
CREATE FUNCTION app.harmless_count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM app.plain';
CREATE FUNCTION app.opaque() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM app.plain); END';
CREATE FUNCTION app.extensions() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
ALTER EXTENSION rowguard ADD FUNCTION app.extensions();
CREATE MATERIALIZED VIEW app.m_reads AS SELECT r.id FROM hidden.reads() r;
CREATE MATERIALIZED VIEW app.m_over AS SELECT app.over_reads();
CREATE MATERIALIZED VIEW app.m_harmless AS SELECT app.harmless_count(), lower('A'), now();
CREATE MATERIALIZED VIEW app.m_opaque AS SELECT app.opaque();
CREATE MATERIALIZED VIEW app.m_extension AS SELECT app.extensions();
GRANT SELECT ON app.m_reads, app.m_over, app.m_harmless, app.m_opaque, app.m_extension TO anon;
SELECT rule, object_name, detail - 'open_to' AS detail FROM rls.audit('{app}', '{matview_exposes_rls}');
ROLLBACK;
