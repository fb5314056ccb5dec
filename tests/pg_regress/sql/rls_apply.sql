-- rls.apply(): many tables have what a document says.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
GRANT USAGE ON SCHEMA app TO authenticated, regress_owner;
GRANT CREATE ON SCHEMA app TO regress_owner;
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid, tenant_id uuid, title text, deleted_at timestamptz);
CREATE TABLE app.notes (id int, user_id uuid, tenant_id uuid);
CREATE VIEW app.titles AS SELECT id, title FROM app.posts;
ALTER TABLE app.posts OWNER TO regress_owner;
ALTER TABLE app.notes OWNER TO regress_owner;
ALTER VIEW app.titles OWNER TO regress_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.posts, app.notes TO authenticated;
GRANT SELECT ON app.titles TO authenticated;
\set a '00000000-0000-4000-8000-00000000000a'
\set b '00000000-0000-4000-8000-00000000000b'
INSERT INTO app.posts VALUES (1, :'a', :'a', 'of a', NULL), (2, :'a', :'b', 'of a elsewhere', NULL), (3, :'b', :'a', 'of b', NULL), (4, :'a', :'a', 'gone', '2020-01-01');
INSERT INTO app.notes VALUES (1, :'a', :'a'), (2, :'b', :'b');
CREATE TEMP TABLE spec AS SELECT '{
  "tables": {
    "app.posts": {
      "owner_access": {"owner_column": "author_id"},
      "tenant_isolation": {},
      "soft_delete": {},
      "column_guard": [{"columns": ["author_id", "tenant_id"], "rule": "immutable"}]
    },
    "app.notes": {"owner_access": {}, "tenant_isolation": {}}
  },
  "views": {"app.titles": {"secure_view": {}}}
}'::jsonb AS spec;
GRANT SELECT ON spec TO regress_owner;
SELECT rls.grant_to('regress_owner', 'migrate');
-- With the rights of the caller, who owns the tables. The steps are those that were planned.
SET LOCAL ROLE regress_owner;
CREATE TEMP TABLE planned AS SELECT p.* FROM spec, rls.plan(spec) AS p;
CREATE TEMP TABLE applied AS SELECT a.* FROM spec, rls.apply(spec) AS a;
SELECT step, kind, object, action FROM applied;
SELECT count(*) AS other_than_planned FROM (SELECT * FROM planned EXCEPT SELECT * FROM applied) AS d;
RESET ROLE;
-- Who reaches what.
SET LOCAL ROLE authenticated;
SELECT set_config('request.jwt.claims', json_build_object('sub', :'a', 'app_metadata', json_build_object('tenant_id', :'a'))::text, true) <> '' AS became;
SELECT id FROM app.posts ORDER BY id;
SELECT id FROM app.notes ORDER BY id;
SELECT id FROM app.titles ORDER BY id;
UPDATE app.posts SET author_id = auth.uid(), title = 'x' WHERE id = 1 RETURNING id;
UPDATE app.posts SET tenant_id = :'b' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- The audit has nothing to say of it above information.
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info';
-- Applied again, nothing is done: no object is new, no row of the catalogs is written.
CREATE FUNCTION pg_temp.catalogs() RETURNS TABLE (catalog text, object oid, version xid, place tid) LANGUAGE sql AS $$
  SELECT 'class', oid, xmin, ctid FROM pg_class WHERE relnamespace = 'app'::regnamespace
  UNION ALL SELECT 'policy', oid, xmin, ctid FROM pg_policy
  UNION ALL SELECT 'proc', oid, xmin, ctid FROM pg_proc WHERE pronamespace = 'app'::regnamespace
  UNION ALL SELECT 'trigger', oid, xmin, ctid FROM pg_trigger
  UNION ALL SELECT 'index', indexrelid, xmin, ctid FROM pg_index
  UNION ALL SELECT 'description', objoid, xmin, ctid FROM pg_description WHERE classoid IN ('pg_policy'::regclass, 'pg_trigger'::regclass, 'pg_class'::regclass, 'pg_proc'::regclass)
  UNION ALL SELECT 'depend', objid, xmin, ctid FROM pg_depend
$$;
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.catalogs();
SET LOCAL ROLE regress_owner;
SELECT action, count(*) FROM spec, rls.apply(spec) AS a GROUP BY action;
SELECT count(*) AS with_sql FROM spec, rls.apply(spec) AS a WHERE sql IS NOT NULL;
RESET ROLE;
SELECT count(*) AS written FROM (SELECT * FROM pg_temp.catalogs() EXCEPT SELECT * FROM before) AS d
WHERE (catalog, object) NOT IN (SELECT 'depend', 'pg_temp.before'::regclass::oid);
-- Another document: what it says differently is altered, what an entry made and says no more goes.
SELECT a.kind, a.object, a.action FROM rls.apply('{
  "options": {"roles": ["authenticated", "anon"]},
  "tables": {"app.posts": {"owner_access": {"owner_column": "author_id", "commands": ["select", "update"]}}}
}') AS a;
-- Sets that a document does not name stay: rls.revert() is for them.
SELECT DISTINCT set FROM rls.managed ORDER BY set;
-- What was edited by hand is refused, and then nothing at all is done.
ALTER POLICY notes_owner_access_select ON app.notes USING (true);
SELECT * FROM rls.apply('{"tables": {"app.posts": {"time_window": {"from_column": "deleted_at", "until_column": "deleted_at"}}, "app.notes": {"owner_access": {}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_policy WHERE polname LIKE 'posts_time_window%';
SELECT object, what FROM rls.drift();
SELECT kind, object, action FROM rls.apply('{"tables": {"app.notes": {"owner_access": {}}}}', overwrite => true) WHERE action <> 'unchanged';
SELECT * FROM rls.drift();
-- All or nothing, also where the caller owns only some of the tables.
CREATE TABLE app.theirs (user_id uuid);
CREATE TABLE app.mine (user_id uuid);
ALTER TABLE app.mine OWNER TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.apply('{"tables": {"app.mine": {"owner_access": {}}, "app.theirs": {"owner_access": {}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.mine'::regclass;
RESET ROLE;
-- New tables of a schema, the next call in one document.
SELECT kind, object, action FROM rls.apply('{"schemas": {"app": {"enable_all": {"event_trigger": true}}}, "tables": {"app.mine": {"enable": {}, "mfa_required": {"commands": ["select"]}}}}') WHERE action <> 'unchanged';
CREATE TABLE app.later (id int);
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.later'::regclass;
SELECT a.kind, a.action FROM rls.apply('{"schemas": {"app": {"enable_all": {"event_trigger": false}}}}') AS a WHERE action <> 'unchanged';
-- Odd names.
CREATE TABLE app."odd "" ' \ $$ table" ("own ""er" uuid, "ten'ant" text);
SELECT a.action, count(*) FROM rls.apply(jsonb_build_object('tables', jsonb_build_object('app."odd "" '' \ $$ table"', '{
  "owner_access": {"owner_column": "own \"er"}, "tenant_isolation": {"tenant_column": "ten''ant", "claim": ["x''", "\"y\\"]}, "column_guard": {"columns": ["ten''ant", "own \"er"], "rule": "set_once"}}'::jsonb))) AS a GROUP BY action ORDER BY action;
SELECT a.action, count(*) FROM rls.apply(jsonb_build_object('tables', jsonb_build_object('app."odd "" '' \ $$ table"', '{
  "owner_access": {"owner_column": "own \"er"}, "tenant_isolation": {"tenant_column": "ten''ant", "claim": ["x''", "\"y\\"]}, "column_guard": {"columns": ["ten''ant", "own \"er"], "rule": "set_once"}}'::jsonb))) AS a GROUP BY action;
SELECT * FROM rls.apply(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.apply('{}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.apply('{"tables": {"app.mine": {"owner_access": {"owner_column": "nothing"}}}}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE authenticated;
SELECT * FROM rls.apply('{}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- An index that one entry no longer wants serves another, or is made for it: whatever their order, nothing is left to do.
SAVEPOINT indexes;
CREATE TABLE app.drafts (user_id uuid, author_id uuid);
SELECT count(*) FROM rls.apply('{"tables": {"app.drafts": {"owner_access": {}}}}');
SAVEPOINT made;
SELECT a.kind, a.object, a.action FROM rls.apply('{"tables": {"app.drafts": {"owner_access": [{"owner_column": "author_id"}, {"name": "readers", "commands": ["select"]}]}}}') AS a WHERE kind = 'index';
SELECT DISTINCT a.action FROM rls.apply('{"tables": {"app.drafts": {"owner_access": [{"owner_column": "author_id"}, {"name": "readers", "commands": ["select"]}]}}}') AS a;
ROLLBACK TO made;
SELECT a.kind, a.object, a.action FROM rls.apply('{"tables": {"app.drafts": {"owner_access": [{"name": "readers", "commands": ["select"]}, {"owner_column": "author_id"}]}}}') AS a WHERE kind = 'index';
SELECT DISTINCT a.action FROM rls.apply('{"tables": {"app.drafts": {"owner_access": [{"name": "readers", "commands": ["select"]}, {"owner_column": "author_id"}]}}}') AS a;
ROLLBACK TO indexes;
\set ON_ERROR_ROLLBACK off
SET TRANSACTION READ ONLY;
SELECT DISTINCT action FROM rls.apply('{"tables": {"app.mine": {"enable": {}}}}') AS a;
SELECT * FROM rls.apply('{"tables": {"app.mine": {"owner_access": {}}}}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
-- In a transaction of its own: the second time it takes no transaction id and leaves no message for other sessions.
BEGIN;
CREATE SCHEMA app;
CREATE TABLE app.notes (user_id uuid);
CREATE TABLE app.posts (author_id uuid, deleted_at timestamptz);
SELECT count(*) FROM rls.apply('{"tables": {"app.notes": {"owner_access": {"roles": ["public"]}}, "app.posts": {"public_read": {"roles": ["public"], "read_roles": ["public"]}, "soft_delete": {"roles": ["public"]}}}}');
COMMIT;
BEGIN;
SELECT a.action, count(*) FROM rls.apply('{"tables": {"app.notes": {"owner_access": {"roles": ["public"]}}, "app.posts": {"public_read": {"roles": ["public"], "read_roles": ["public"]}, "soft_delete": {"roles": ["public"]}}}}') AS a GROUP BY action;
SELECT pg_current_xact_id_if_assigned() IS NULL AS nothing_written;
SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('app.notes'::regclass, 'app.posts'::regclass) AND mode <> 'AccessShareLock';
COMMIT;
-- An index that is only printed changes nothing, and nobody waits for it.
BEGIN;
CREATE TABLE app.big (user_id uuid);
SELECT count(*) FROM rls.owner_access('app.big', roles => '{public}', index_concurrently => 'print');
COMMIT;
BEGIN;
SELECT kind, action FROM rls.owner_access('app.big', roles => '{public}', index_concurrently => 'print') WHERE action <> 'unchanged';
SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'app.big'::regclass AND mode <> 'AccessShareLock';
COMMIT;
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
