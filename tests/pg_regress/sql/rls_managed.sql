-- rls.managed: what generators have made.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid);
CREATE TABLE app."odd 'table""" (user_id uuid);
SELECT * FROM rls.managed;
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id', commands => '{select,insert}');
SELECT count(*) FROM rls.owner_access('app."odd ''table"""', commands => '{select}', name => 'set "1"');
SELECT "table", set, template, kind, object, does, by FROM rls.managed;
-- A comment of people's, with or without our word in it, is none of ours.
CREATE POLICY other ON app.posts USING (true);
COMMENT ON POLICY other ON app.posts IS 'see rowguard:managed {"template":"owner_access"}';
COMMENT ON TABLE app.posts IS 'rowguard:managed {"template":"t","name":"n","does":"d","by":"b"}';
SELECT count(*) FROM rls.managed;
-- The mark dies with its object.
DROP TABLE app.posts;
SELECT "table", set, kind, object FROM rls.managed;
SELECT rls.grant_to('authenticated', 'migrate');
SET LOCAL ROLE authenticated;
SELECT count(*) FROM rls.managed;
RESET ROLE;
SET LOCAL ROLE anon;
SELECT count(*) FROM rls.managed;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
