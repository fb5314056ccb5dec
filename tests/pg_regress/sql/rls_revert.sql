-- rls.revert(): what a generator made goes, and nothing else.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
GRANT USAGE ON SCHEMA app, rls TO regress_owner;
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid, editor_id uuid);
CREATE POLICY by_hand ON app.posts FOR SELECT TO authenticated USING (false);
CREATE TEMP TABLE before AS
  SELECT 'policy' AS kind, polname AS name FROM pg_policy WHERE polrelid = 'app.posts'::regclass
  UNION ALL SELECT 'index', indexrelid::regclass::name FROM pg_index WHERE indrelid = 'app.posts'::regclass;
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id');
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id', commands => '{select}', name => 'readers', roles => '{anon}');
-- A dry run changes nothing. The index stays while another set looks rows up by it.
SELECT step, kind, object, action, sql FROM rls.revert('app.posts', 'posts_owner_access', dry_run => true);
SELECT step, kind, object, action FROM rls.revert('app.posts', 'posts_owner_access');
SELECT * FROM rls.revert('app.posts', 'posts_owner_access');
SELECT set, kind, object FROM rls.managed;
-- The other set takes the index along that was left to it.
SELECT step, kind, object, action FROM rls.revert('app.posts', 'readers');
SELECT polname FROM pg_policy WHERE polrelid = 'app.posts'::regclass;
SELECT relrowsecurity AS still_on FROM pg_class WHERE oid = 'app.posts'::regclass;
-- Alone, a set takes its index along: nothing is left of it.
SELECT count(*) FROM rls.owner_access('app.posts', owner_columns => '{author_id,editor_id}');
SELECT kind, object, action FROM rls.revert('app.posts', 'posts_owner_access');
SELECT * FROM before EXCEPT ALL (
  SELECT 'policy', polname FROM pg_policy WHERE polrelid = 'app.posts'::regclass
  UNION ALL SELECT 'index', indexrelid::regclass::name FROM pg_index WHERE indrelid = 'app.posts'::regclass);
SELECT count(*) AS left_over FROM rls.managed;
-- An index that a constraint or replication came to use stays.
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id');
CLUSTER app.posts USING posts_author_id_idx;
SELECT kind, object, action FROM rls.revert('app.posts', 'posts_owner_access') WHERE kind = 'index';
-- Edited policies go, too; a policy made by hand never does.
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id');
ALTER POLICY posts_owner_access_select ON app.posts USING (true);
SELECT count(*) FILTER (WHERE kind = 'policy' AND action = 'drop') AS dropped FROM rls.revert('app.posts', 'posts_owner_access');
SELECT polname FROM pg_policy WHERE polrelid = 'app.posts'::regclass;
-- Refusals.
SELECT * FROM rls.revert('app.posts', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.revert('app.nowhere', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.revert('pg_catalog.pg_class', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.revert(NULL, 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.revert('app.posts', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.revert('app.posts', 'x', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id');
GRANT EXECUTE ON FUNCTION rls.revert TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.revert('app.posts', 'posts_owner_access');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT * FROM rls.revert(0, 'posts_owner_access');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- A table made like one of a set has copies of its indexes and of their comments, which are none of the set's.
SAVEPOINT copies;
CREATE TABLE app.members (team_id int, user_id uuid);
CREATE TABLE app.tasks (id int, team_id int);
SELECT count(*) FROM rls.team_access('app.tasks', 'team_id', 'app.members', 'team_id', 'user_id');
CREATE TABLE app.members_copy (LIKE app.members INCLUDING ALL);
SELECT DISTINCT action FROM rls.team_access('app.tasks', 'team_id', 'app.members', 'team_id', 'user_id');
SELECT kind, object, action FROM rls.revert('app.tasks', 'tasks_team_access') WHERE kind = 'index';
SELECT kind, object, action FROM rls.team_access('app.tasks', 'team_id', 'app.members', 'team_id', 'user_id') WHERE kind = 'index';
SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'app.members_copy'::regclass;
ROLLBACK TO copies;
-- What somebody writes into comments of his own is no reason to remove what is another's, or to keep him from it.
CREATE SCHEMA theirs;
CREATE ROLE regress_others;
GRANT USAGE, CREATE ON SCHEMA theirs TO regress_others;
GRANT CREATE ON SCHEMA app TO regress_owner;
SELECT rls.grant_to('regress_owner', 'migrate');
SET LOCAL ROLE regress_owner;
CREATE TABLE app.files (user_id uuid);
CREATE POLICY floor ON app.files AS RESTRICTIVE USING (false);
CREATE FUNCTION app.log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER log BEFORE UPDATE ON app.files FOR EACH ROW EXECUTE FUNCTION app.log();
CREATE VIEW app.shown WITH (security_barrier) AS SELECT user_id FROM app.files;
SELECT count(*) FROM rls.owner_access('app.files'), rls.secure_view('app.shown');
SET LOCAL ROLE regress_others;
CREATE TABLE theirs.files (user_id uuid);
CREATE POLICY floor ON theirs.files USING (true);
CREATE FUNCTION theirs.log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION theirs.none() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER log BEFORE UPDATE ON theirs.files FOR EACH ROW EXECUTE FUNCTION theirs.log();
CREATE INDEX files_idx ON theirs.files (user_id);
CREATE VIEW theirs.shown AS SELECT user_id FROM theirs.files;
SELECT format('COMMENT ON %s IS %L', object, 'rowguard:managed ' || jsonb_build_object('template', 'owner_access', 'name', 'files_owner_access', 'does', '', 'by', 'x', 'table', 'app.files')::text)
FROM unnest(ARRAY['POLICY floor ON theirs.files', 'TRIGGER log ON theirs.files', 'FUNCTION theirs.none()', 'INDEX theirs.files_idx']) AS object \gexec
COMMENT ON VIEW theirs.shown IS 'rowguard:managed {"template":"secure_view","name":"shown_secure_view","does":"","by":"x","made":{"to":["security_barrier"]},"table":"app.shown"}';
SET LOCAL ROLE regress_owner;
SELECT kind, object, action FROM rls.owner_access('app.files') WHERE action <> 'unchanged';
SELECT kind, object, action FROM rls.revert('app.files', 'files_owner_access');
SELECT kind, object, sql FROM rls.revert('app.shown', 'shown_secure_view');
SELECT polname FROM pg_policy WHERE polrelid = 'app.files'::regclass;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'app.files'::regclass;
RESET ROLE;
\set ON_ERROR_ROLLBACK off
SET TRANSACTION READ ONLY;
SELECT count(*) FROM rls.revert('app.posts', 'posts_owner_access', dry_run => true);
SELECT * FROM rls.revert('app.posts', 'posts_owner_access');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
