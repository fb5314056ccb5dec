-- rls.enable_all(): row security on for every table of a schema, and on request for those to come.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE ROLE regress_owner;
GRANT USAGE, CREATE ON SCHEMA app, other TO regress_owner;
CREATE TABLE app.b (id int);
CREATE TABLE app.a (id int);
CREATE TABLE app.parts (id int) PARTITION BY LIST (id);
CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES IN (1);
CREATE VIEW app.view AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW app.matview AS SELECT 1 AS id;
CREATE TABLE other.untouched (id int);
SELECT * FROM rls.enable_all('app', dry_run => true);
SELECT count(*) FILTER (WHERE relrowsecurity) FROM pg_class WHERE relnamespace = 'app'::regnamespace;
SELECT step, object, action FROM rls.enable_all('app');
SELECT DISTINCT action FROM rls.enable_all('app');
SELECT oid::regclass, relrowsecurity FROM pg_class WHERE relnamespace IN ('app'::regnamespace, 'other'::regnamespace) AND relkind IN ('r', 'p') ORDER BY relname;
SELECT object, action, sql FROM rls.enable_all('app', force => true) WHERE object = 'app.a';
-- New tables are born closed: whoever makes them, and however.
SELECT kind, object, action, sql FROM rls.enable_all('app', event_trigger => true, dry_run => true) WHERE action <> 'unchanged';
SELECT kind, object, action FROM rls.enable_all('app', event_trigger => true) WHERE action <> 'unchanged';
SELECT DISTINCT action FROM rls.enable_all('app', event_trigger => true);
SELECT "table", set, kind, object, does FROM rls.managed;
CREATE TABLE app.new_1 (id int);
CREATE TABLE app.new_2 AS SELECT 1 AS id;
SELECT 1 AS id INTO app.new_3;
CREATE TABLE app.new_4 (LIKE app.a);
CREATE TABLE app.new_5 () INHERITS (app.a);
CREATE TABLE app.parts_2 PARTITION OF app.parts FOR VALUES IN (2);
CREATE TABLE app."new 6 ""';--" (id int);
CREATE UNLOGGED TABLE app.new_7 (id int);
CREATE TABLE other.new_8 (id int);
CREATE TEMP TABLE new_9 (id int);
SET LOCAL ROLE regress_owner;
CREATE TABLE app.new_10 (id int);
SET LOCAL search_path = app;
CREATE TABLE new_11 (id int);
RESET search_path;
RESET ROLE;
SELECT oid::regclass, relrowsecurity FROM pg_class WHERE (relname LIKE 'new%' OR relname = 'parts_2') AND relkind = 'r' ORDER BY relname COLLATE "C";
-- Nobody's search_path or temporary objects stand between.
CREATE FUNCTION other.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'SELECT 1' $$;
CREATE TEMP TABLE pg_class AS SELECT 1 AS oid;
SET LOCAL search_path = other, pg_temp, pg_catalog;
CREATE TABLE app.new_12 (id int);
RESET search_path;
DROP TABLE pg_temp.pg_class;
SELECT relrowsecurity FROM pg_catalog.pg_class WHERE oid = 'app.new_12'::regclass;
-- It follows the schema, and its own names decide nothing.
ALTER SCHEMA app RENAME TO app2;
ALTER EVENT TRIGGER app_enable_all_new_tables RENAME TO renamed;
CREATE TABLE app2.new_13 (id int);
SELECT relrowsecurity FROM pg_class WHERE oid = 'app2.new_13'::regclass;
ALTER EVENT TRIGGER renamed RENAME TO app_enable_all_new_tables;
ALTER SCHEMA app2 RENAME TO app;
-- Whoever decides otherwise later may, whatever else he does to the table.
ALTER TABLE app.new_1 DISABLE ROW LEVEL SECURITY;
ALTER TABLE app.new_1 ADD COLUMN note text, ALTER COLUMN id SET STATISTICS 10;
ALTER TABLE app.new_1 ALTER COLUMN id SET DEFAULT 1;
ALTER TABLE app.new_1 RENAME TO new_1b;
ALTER TABLE app.new_1b RENAME TO new_1;
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.new_1'::regclass;
-- Moved in, a table is closed as if it were new; moved out or elsewhere, it stays as it is.
CREATE TABLE other.moved_1 (id int);
CREATE TABLE other.moved_2 (id int) PARTITION BY LIST (id);
CREATE TABLE other."moved 3 ""';--" (id serial PRIMARY KEY);
CREATE TABLE other.stays (id int);
CREATE VIEW other.moved_view AS SELECT 1 AS id;
CREATE SCHEMA third;
ALTER TABLE other.moved_1 SET SCHEMA app;
ALTER TABLE other.moved_2 SET SCHEMA app;
ALTER TABLE other.stays SET SCHEMA third;
ALTER VIEW other.moved_view SET SCHEMA app;
SAVEPOINT moves;
SET LOCAL ROLE regress_owner;
CREATE TABLE other.moved_4 (id int);
ALTER TABLE other.moved_4 SET SCHEMA app;
RESET ROLE;
ALTER TABLE other."moved 3 ""';--" SET SCHEMA app;
SELECT oid::regclass, relrowsecurity FROM pg_class WHERE relname ~ '^(moved|stays)' AND relkind IN ('r', 'p') ORDER BY relname COLLATE "C";
ALTER TABLE app.moved_1 DISABLE ROW LEVEL SECURITY;
ALTER TABLE app.moved_1 SET SCHEMA app;
ALTER TABLE app.moved_1 ALTER COLUMN id SET DEFAULT 1;
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.moved_1'::regclass;
DROP TABLE app.moved_1, app.moved_2, app."moved 3 ""';--", app.moved_4, third.stays;
DROP VIEW app.moved_view;
DROP SCHEMA third;
-- Tables of extensions are left to them.
CREATE TABLE other.of_extension (id int);
ALTER EXTENSION rowguard ADD TABLE other.of_extension;
SELECT object FROM rls.enable_all('other', dry_run => true);
SELECT * FROM rls.enable_all('atomic');
ALTER EXTENSION rowguard DROP TABLE other.of_extension;
DROP TABLE other.of_extension;
-- Switched off or edited, it is drift, and mended.
ALTER EVENT TRIGGER app_enable_all_new_tables DISABLE;
SELECT "table", set, kind, object, what FROM rls.drift();
CREATE TABLE app.new_14 (id int);
SELECT kind, object, action FROM rls.enable_all('app', event_trigger => true) WHERE action <> 'unchanged';
ALTER EVENT TRIGGER app_enable_all_new_tables ENABLE REPLICA;
SELECT kind, object, what FROM rls.drift();
SELECT kind, sql FROM rls.enable_all('app', event_trigger => true) WHERE action <> 'unchanged';
CREATE OR REPLACE FUNCTION app.app_enable_all_new_tables() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
SELECT kind, object, what FROM rls.drift();
SELECT * FROM rls.enable_all('app', event_trigger => true);
\echo :LAST_ERROR_SQLSTATE
SELECT kind, object, action FROM rls.enable_all('app', event_trigger => true, overwrite => true) WHERE action <> 'unchanged';
SELECT * FROM rls.drift();
-- With force, new tables bind their owners, too.
SELECT kind, action FROM rls.enable_all('app', event_trigger => true, force => true) WHERE action <> 'unchanged' AND kind <> 'row security';
CREATE TABLE app.new_15 (id int);
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'app.new_15'::regclass;
-- A call without a word of it leaves it, one with false takes it away.
SELECT count(*) FROM rls.enable_all('app') WHERE kind <> 'row security';
SELECT kind, object, action, sql FROM rls.enable_all('app', event_trigger => false) WHERE kind <> 'row security';
SELECT kind, object, action FROM rls.enable_all('app', event_trigger => false) WHERE kind <> 'row security';
SELECT count(*) FROM rls.managed;
CREATE TABLE app.new_16 (id int);
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.new_16'::regclass;
-- For another server.
SELECT kind, object, action FROM rls.enable_all('app', event_trigger => true, dry_run => true, standalone => true) WHERE object !~ 'new_\d';
-- What has the name already and is not ours is left alone.
CREATE FUNCTION app.app_enable_all_new_tables() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
SELECT * FROM rls.enable_all('app', event_trigger => true);
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION app.app_enable_all_new_tables();
CREATE FUNCTION other.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER app_enable_all_new_tables ON ddl_command_start EXECUTE FUNCTION other.f();
SELECT * FROM rls.enable_all('app', event_trigger => true);
\echo :LAST_ERROR_SQLSTATE
DROP EVENT TRIGGER app_enable_all_new_tables;
-- Foreign tables have no row security, and whoever wants all is told.
CREATE FOREIGN DATA WRAPPER regress_wrapper;
CREATE SERVER regress_server FOREIGN DATA WRAPPER regress_wrapper;
CREATE FOREIGN TABLE other."foreign" (id int) SERVER regress_server;
SELECT object, action FROM rls.enable_all('other');
-- Every table must be the caller's, and event triggers are for superusers: nothing is done by half.
SELECT rls.grant_to('regress_owner', 'migrate');
CREATE SCHEMA mine AUTHORIZATION regress_owner;
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.enable_all('other');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE mine.t (id int);
SELECT * FROM rls.enable_all('mine', event_trigger => true);
\echo :LAST_ERROR_SQLSTATE
SELECT relrowsecurity FROM pg_class WHERE oid = 'mine.t'::regclass;
SELECT object, action FROM rls.enable_all('mine');
RESET ROLE;
-- Refusals.
SELECT * FROM rls.enable_all('nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable_all('pg_catalog');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable_all('information_schema');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable_all('pg_toast');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable_all(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable_all('app', force => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable_all('app', standalone => true);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE authenticated;
SELECT * FROM rls.enable_all('app');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- An empty schema has nothing to do; public is people's.
CREATE SCHEMA empty;
SELECT * FROM rls.enable_all('empty');
CREATE TABLE public.regress_t (id int);
SELECT object, action FROM rls.enable_all('public') WHERE object LIKE '%regress_t';
-- Of several guarded schemas each keeps its own word of force, for tables that were closed before, too.
CREATE SCHEMA loose;
CREATE SCHEMA strict;
SELECT count(*) FROM rls.enable_all('loose', event_trigger => true);
SELECT count(*) FROM rls.enable_all('strict', event_trigger => true, force => true);
CREATE TABLE loose.made (id int);
CREATE TABLE strict.made (id int);
CREATE TABLE other.moved (id int);
ALTER TABLE other.moved ENABLE ROW LEVEL SECURITY;
ALTER TABLE other.moved SET SCHEMA strict;
SELECT oid::regclass, relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid IN ('loose.made'::regclass, 'strict.made'::regclass, 'strict.moved'::regclass) ORDER BY oid;
-- The guard of a schema that was renamed is that schema's: it is not taken for one of a new schema of the old name, nor taken away with it.
ALTER SCHEMA loose RENAME TO looser;
CREATE SCHEMA loose;
SELECT "table", set, kind FROM rls.managed WHERE set = 'loose_enable_all';
SELECT * FROM rls.enable_all('loose', event_trigger => true);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable_all('loose', event_trigger => false);
CREATE TABLE looser.later (id int);
SELECT relrowsecurity FROM pg_class WHERE oid = 'looser.later'::regclass;
SELECT kind, object, action FROM rls.enable_all('looser', event_trigger => true);
SELECT DISTINCT action FROM rls.enable_all('looser', event_trigger => true);
SELECT kind, object, action FROM rls.enable_all('looser', event_trigger => false) WHERE action <> 'unchanged';
SELECT kind, object, action FROM rls.enable_all('loose', event_trigger => true);
-- What would run for whoever makes a table belongs to a superuser, whatever a comment says.
SET LOCAL ROLE regress_owner;
CREATE FUNCTION mine.mine_enable_all_new_tables() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
COMMENT ON FUNCTION mine.mine_enable_all_new_tables() IS 'rowguard:managed {"template":"enable_all","name":"mine_enable_all","does":"","by":"x","table":"mine"}';
RESET ROLE;
SELECT * FROM rls.enable_all('mine', event_trigger => true);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
