-- rls.secure_view(): a view that shows its caller what the tables below would.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
GRANT USAGE ON SCHEMA app TO authenticated, regress_owner;
CREATE TABLE app.posts (id int, author_id uuid, body text);
INSERT INTO app.posts VALUES (1, '00000000-0000-4000-8000-00000000000a', 'of a'), (2, '00000000-0000-4000-8000-00000000000b', 'of b');
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id');
CREATE VIEW app.recent AS SELECT id, author_id, body FROM app.posts WHERE id > 0;
COMMENT ON VIEW app.recent IS 'Ask Bob.';
GRANT SELECT ON app.posts, app.recent TO authenticated;
-- A view reads with the rights of its owner, whom no policy binds.
SET LOCAL ROLE authenticated;
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a"}', true) <> '' AS became;
SELECT id FROM app.recent ORDER BY id;
RESET ROLE;
SELECT * FROM rls.secure_view('app.recent', dry_run => true);
SELECT reloptions FROM pg_class WHERE oid = 'app.recent'::regclass;
SELECT step, kind, object, action FROM rls.secure_view('app.recent');
SELECT step, kind, object, action, sql FROM rls.secure_view('app.recent');
SELECT reloptions, obj_description(oid, 'pg_class') FROM pg_class WHERE oid = 'app.recent'::regclass;
SET LOCAL ROLE authenticated;
SELECT id FROM app.recent ORDER BY id;
-- The barrier: what a condition of the caller's lets out, it lets out of rows that he sees.
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
SELECT id FROM app.recent WHERE pg_temp.leak(body);
RESET ROLE;
SELECT "table", set, kind, object, does FROM rls.managed WHERE kind = 'view';
-- Replacing a view resets its options, and says nothing. That is drift, and mended.
CREATE OR REPLACE VIEW app.recent AS SELECT id, author_id, body FROM app.posts WHERE id > 0;
SELECT "table", kind, object, what, generated, found FROM rls.drift();
SELECT action, sql FROM rls.secure_view('app.recent');
SELECT * FROM rls.drift();
-- Reverted: the options that were set here, and the mark.
SELECT * FROM rls.revert('app.recent', 'recent_secure_view', dry_run => true);
SELECT kind, object, action FROM rls.revert('app.recent', 'recent_secure_view');
SELECT reloptions, obj_description(oid, 'pg_class') FROM pg_class WHERE oid = 'app.recent'::regclass;
SELECT * FROM rls.revert('app.recent', 'recent_secure_view');
\echo :LAST_ERROR_SQLSTATE
-- What a view has of itself stays with it.
CREATE VIEW app.half WITH (security_barrier) AS SELECT id FROM app.posts;
SELECT sql FROM rls.secure_view('app.half');
SELECT action FROM rls.secure_view('app.half');
SELECT kind, sql FROM rls.revert('app.half', 'half_secure_view');
SELECT reloptions FROM pg_class WHERE oid = 'app.half'::regclass;
CREATE VIEW app.whole WITH (security_barrier = on, security_invoker = 'yes') AS SELECT id FROM app.posts;
SELECT * FROM rls.secure_view('app.whole');
CREATE VIEW app.off WITH (security_barrier = false, security_invoker = off) AS SELECT id FROM app.posts;
SELECT sql FROM rls.secure_view('app.off', dry_run => true);
-- For another server; odd names.
SELECT sql FROM rls.secure_view('app.whole', dry_run => true, standalone => true);
CREATE VIEW app."odd "" ' \ view" AS SELECT id FROM app.posts;
SELECT object, action FROM rls.secure_view('app."odd "" '' \ view"');
SELECT action FROM rls.secure_view('app."odd "" '' \ view"');
-- Views alone.
CREATE MATERIALIZED VIEW app.matview AS SELECT 1 AS id;
CREATE FOREIGN DATA WRAPPER regress_wrapper;
CREATE SERVER regress_server FOREIGN DATA WRAPPER regress_wrapper;
CREATE FOREIGN TABLE app."foreign" (id int) SERVER regress_server;
CREATE TEMP VIEW temporary AS SELECT 1 AS id;
SELECT * FROM rls.secure_view('app.matview');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.secure_view('app.foreign');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.secure_view('app.posts');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.secure_view('temporary');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.secure_view('pg_catalog.pg_roles');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.secure_view('app.nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.secure_view(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.secure_view('app.off', standalone => true);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('regress_owner', 'migrate');
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.secure_view('app.off');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
