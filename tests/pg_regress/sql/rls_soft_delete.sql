-- rls.soft_delete(): rows marked as deleted are gone, and their owner can mark them.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated, anon;
CREATE FUNCTION pg_temp.become(letter text, more jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
  SELECT set_config('request.jwt.claims', CASE WHEN letter <> ''
    THEN (jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000' || letter) || more)::text ELSE '' END, true)
$$;
CREATE ROLE regress_support NOLOGIN;
GRANT USAGE ON SCHEMA app TO regress_support;
CREATE TABLE app.files (id int PRIMARY KEY, user_id uuid, deleted_at timestamptz);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.files TO authenticated, anon, regress_support;
INSERT INTO app.files SELECT n, '00000000-0000-4000-8000-00000000000a' FROM generate_series(1, 6) AS n;
INSERT INTO app.files VALUES (7, '00000000-0000-4000-8000-00000000000b', NULL), (8, '00000000-0000-4000-8000-00000000000a', '2020-01-01');
SELECT count(*) FROM rls.owner_access('app.files', roles => '{authenticated,regress_support}');
SELECT kind, object, action, sql FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}', dry_run => true) WHERE kind <> 'row security';
SELECT kind, object, action FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}');
SELECT DISTINCT action FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}');
-- The owner deletes as people write it, with a condition, with the time of his own clock, and with RETURNING.
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
SELECT id FROM app.files ORDER BY id;
UPDATE app.files SET deleted_at = now() WHERE id = 1;
UPDATE app.files SET deleted_at = '2026-01-01 00:00+00' WHERE id = 2;
UPDATE app.files SET deleted_at = 'infinity' WHERE id = 3 RETURNING id, deleted_at = now() AS stamped;
-- Neither the row of another, nor one that is deleted, nor back again.
UPDATE app.files SET deleted_at = now() WHERE id IN (7, 8) RETURNING id;
UPDATE app.files SET deleted_at = NULL WHERE id = 1 RETURNING id;
UPDATE app.files SET deleted_at = now() - interval '1 day' WHERE id = 2 RETURNING id;
DELETE FROM app.files WHERE id = 8 RETURNING id;
INSERT INTO app.files VALUES (9, auth.uid(), '2020-01-01') RETURNING id;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- In the next transaction they are gone, but for support.
UPDATE app.files SET deleted_at = deleted_at - interval '1 second' WHERE deleted_at = now();
SELECT id, deleted_at IS NOT NULL AS deleted FROM app.files ORDER BY id;
SET LOCAL ROLE authenticated;
SELECT id FROM app.files ORDER BY id;
RESET ROLE;
SET LOCAL ROLE regress_support;
SELECT id FROM app.files ORDER BY id;
UPDATE app.files SET deleted_at = NULL WHERE id = 8 RETURNING id;
RESET ROLE;
-- A trigger switched off is drift; a function of that name that is somebody else's is left alone.
ALTER TABLE app.files DISABLE TRIGGER zz_files_soft_delete_stamp;
SELECT kind, object, what FROM rls.drift();
SELECT kind, object, action, sql IS NOT NULL AS has_sql FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}') WHERE action <> 'unchanged';
SELECT * FROM rls.drift();
CREATE OR REPLACE FUNCTION app.files_soft_delete_stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SELECT kind, object, what, found FROM rls.drift();
SELECT * FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}');
\echo :LAST_ERROR_SQLSTATE
SELECT kind, object, action FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}', overwrite => true) WHERE action <> 'unchanged';
SELECT * FROM rls.drift();
SELECT proconfig, has_function_privilege('anon', oid, 'EXECUTE') AS for_anybody FROM pg_proc WHERE proname = 'files_soft_delete_stamp';
-- Its path, its rights and whose it runs with are part of it.
ALTER FUNCTION app.files_soft_delete_stamp() RESET search_path;
SELECT kind, object, what FROM rls.drift();
SELECT kind, object, action FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}') WHERE action <> 'unchanged';
GRANT EXECUTE ON FUNCTION app.files_soft_delete_stamp() TO PUBLIC;
SELECT kind, object, what FROM rls.drift();
SELECT kind, object, action FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}') WHERE action <> 'unchanged';
ALTER FUNCTION app.files_soft_delete_stamp() SECURITY DEFINER;
SELECT kind, object, what FROM rls.drift();
SELECT kind, object, action FROM rls.soft_delete('app.files', visible_to => '{regress_support}', roles => '{public}') WHERE action <> 'unchanged';
SELECT prosecdef FROM pg_proc WHERE proname = 'files_soft_delete_stamp';
SELECT * FROM rls.drift();
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info';
SELECT kind, object, action FROM rls.revert('app.files', 'files_soft_delete');
-- Times without a zone; other columns cannot say when.
CREATE TABLE app.local (id int, deleted_at timestamp, gone boolean);
SELECT sql FROM rls.soft_delete('app.local', commands => '{update}', dry_run => true) WHERE kind <> 'row security';
SELECT * FROM rls.soft_delete('app.local', 'gone');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.soft_delete('app.local', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.soft_delete('app.local', visible_to => '{regress_nobody}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.soft_delete('app.local', visible_to => NULL);
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION app.local_soft_delete_stamp() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT * FROM rls.soft_delete('app.local');
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION app.local_soft_delete_stamp();
CREATE TRIGGER zz_local_soft_delete_stamp BEFORE UPDATE ON app.local FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT * FROM rls.soft_delete('app.local');
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER zz_local_soft_delete_stamp ON app.local;
-- A column that keeps less than the time has: what is compared is what it keeps, of a domain, too.
CREATE DOMAIN app.moment AS timestamptz(3);
CREATE TABLE app.seconds (id int, user_id uuid, deleted_at timestamp(0));
CREATE TABLE app.moments (id int, user_id uuid, deleted_at app.moment);
GRANT SELECT, UPDATE ON app.seconds, app.moments TO authenticated;
INSERT INTO app.seconds VALUES (1, '00000000-0000-4000-8000-00000000000a');
INSERT INTO app.moments VALUES (1, '00000000-0000-4000-8000-00000000000a');
SELECT count(*) FROM rls.owner_access('app.seconds') AS one, rls.owner_access('app.moments') AS two;
SELECT sql FROM rls.soft_delete('app.seconds', commands => '{update}', dry_run => true) WHERE kind = 'policy';
SELECT kind, action FROM rls.soft_delete('app.seconds');
SELECT kind, action FROM rls.soft_delete('app.moments');
SELECT DISTINCT action FROM (SELECT * FROM rls.soft_delete('app.seconds') UNION ALL SELECT * FROM rls.soft_delete('app.moments')) AS again;
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
UPDATE app.seconds SET deleted_at = now() RETURNING id;
UPDATE app.moments SET deleted_at = 'infinity' RETURNING id;
RESET ROLE;
-- Renamed, the column is stamped again after another call. One that is generated cannot be.
ALTER TABLE app.moments RENAME deleted_at TO removed_at;
SELECT kind, action FROM rls.soft_delete('app.moments', 'removed_at') WHERE action <> 'unchanged';
SELECT * FROM rls.drift();
CREATE TABLE app.computed (gone timestamptz, deleted_at timestamptz GENERATED ALWAYS AS (gone) STORED);
SELECT * FROM rls.soft_delete('app.computed', dry_run => true);
\echo :LAST_ERROR_SQLSTATE
-- PUBLIC is no role that anybody is a member of.
SELECT * FROM rls.soft_delete('app.local', visible_to => '{public}');
\echo :LAST_ERROR_SQLSTATE
-- The audit finds the indexes that it asks for.
SELECT object_name, columns FROM rls.audit('{app}', '{policy_column_unindexed}');
ROLLBACK;
