-- rls.owner_access(): a row belongs to the user in one of its columns.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
GRANT USAGE ON SCHEMA app TO authenticated, anon, regress_owner;
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid NOT NULL, title text);
ALTER TABLE app.posts OWNER TO regress_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.posts TO authenticated, anon;
INSERT INTO app.posts VALUES
  (1, '00000000-0000-4000-8000-00000000000a', 'of a'),
  (2, '00000000-0000-4000-8000-00000000000b', 'of b');
CREATE FUNCTION pg_temp.become(letter text) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('request.jwt.claims',
    CASE WHEN letter <> '' THEN '{"sub": "00000000-0000-4000-8000-00000000000' || letter || '"}' ELSE '' END, true)
$$;

-- A dry run says what would be done, as SQL that runs as it stands, and does nothing.
\x on
SELECT * FROM rls.owner_access('app.posts', 'author_id', dry_run => true);
\x off
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.posts'::regclass;
SELECT count(*) FROM pg_policy WHERE polrelid = 'app.posts'::regclass;
SAVEPOINT before;
SELECT sql FROM rls.owner_access('app.posts', 'author_id', dry_run => true) \gexec
SELECT step, kind, object, action, sql FROM rls.owner_access('app.posts', 'author_id');
ROLLBACK TO before;

-- Applied: the same rows, and done. Applied again: nothing changes, not even an id.
SELECT step, kind, object, action, sql IS NOT NULL AS has_sql FROM rls.owner_access('app.posts', 'author_id');
CREATE TEMP TABLE stored AS SELECT oid, xmin AS writer FROM pg_policy WHERE polrelid = 'app.posts'::regclass;
SELECT step, kind, object, action, sql FROM rls.owner_access('app.posts', 'author_id');
SELECT count(*) AS untouched FROM stored JOIN pg_policy USING (oid) WHERE stored.writer = pg_policy.xmin;
SELECT polname, polcmd, polpermissive, polroles::regrole[],
       pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS check
FROM pg_policy WHERE polrelid = 'app.posts'::regclass ORDER BY polname;
SELECT obj_description(oid, 'pg_policy') FROM pg_policy
WHERE polname = 'posts_owner_access_select' AND polrelid = 'app.posts'::regclass;
SELECT indexdef FROM pg_indexes WHERE schemaname = 'app' ORDER BY indexname;

-- The owner of a row reads and writes it; nobody else does.
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
SELECT * FROM app.posts;
UPDATE app.posts SET title = 'changed' RETURNING id, title;
INSERT INTO app.posts VALUES (3, auth.uid(), 'another of a');
INSERT INTO app.posts VALUES (4, '00000000-0000-4000-8000-00000000000b', 'forged');
\echo :LAST_ERROR_SQLSTATE
UPDATE app.posts SET author_id = '00000000-0000-4000-8000-00000000000b' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
DELETE FROM app.posts WHERE id = 2 RETURNING id;
DELETE FROM app.posts WHERE id = 3 RETURNING id;
-- A stranger, nobody, and a role that no policy admits.
SELECT pg_temp.become('c');
SELECT * FROM app.posts;
SELECT pg_temp.become('');
SELECT * FROM app.posts;
SELECT auth.uid();
INSERT INTO app.posts VALUES (5, NULL, 'nobody''s');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT pg_temp.become('a');
SELECT * FROM app.posts;
RESET ROLE;

-- Another column, fewer commands, other roles: policies are altered, and dropped where not asked for.
ALTER TABLE app.posts ADD COLUMN editor_id uuid;
SELECT step, kind, object, action, sql
FROM rls.owner_access('app.posts', 'editor_id', commands => '{UPDATE,select,select}', roles => '{anon,authenticated}');
SELECT polname, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid) AS using
FROM pg_policy WHERE polrelid = 'app.posts'::regclass ORDER BY polname;
-- A policy changed by hand is not touched unasked; on request it is brought back, and its comment's other lines are kept.
ALTER POLICY posts_owner_access_select ON app.posts USING (true);
SELECT format('COMMENT ON POLICY posts_owner_access_select ON app.posts IS %L',
              E'Ask Bob.\n' || obj_description(oid, 'pg_policy') || E'\nrowguard:allow policy_always_true public')
FROM pg_policy WHERE polname = 'posts_owner_access_select' AND polrelid = 'app.posts'::regclass \gexec
SELECT step, object, action, sql FROM rls.owner_access('app.posts', 'editor_id', commands => '{update,select}', roles => '{anon,authenticated}');
\echo :LAST_ERROR_SQLSTATE
SELECT step, object, action, sql FROM rls.owner_access('app.posts', 'editor_id', commands => '{update,select}', roles => '{anon,authenticated}', overwrite => true)
WHERE action <> 'unchanged';
SELECT obj_description(oid, 'pg_policy') FROM pg_policy
WHERE polname = 'posts_owner_access_select' AND polrelid = 'app.posts'::regclass;
-- A restrictive one, or one without a clause, is made anew: ALTER POLICY cannot mend it.
DROP POLICY posts_owner_access_select ON app.posts;
CREATE POLICY posts_owner_access_select ON app.posts AS RESTRICTIVE FOR SELECT TO anon, authenticated USING (editor_id = auth.uid());
COMMENT ON POLICY posts_owner_access_select ON app.posts IS
  'rowguard:managed {"template":"owner_access","name":"posts_owner_access","does":"","by":"x"}';
SELECT step, object, action, sql FROM rls.owner_access('app.posts', 'editor_id', commands => '{update,select}', roles => '{anon,authenticated}')
WHERE action <> 'unchanged';

-- Any of several owners, by uuid, text or number; restrictive; an index to be made later, or none.
CREATE TABLE app.deals (buyer uuid, seller text, broker bigint);
SELECT kind, object, action FROM rls.owner_access('app.deals', owner_columns => '{buyer,seller,broker}', commands => '{select}',
  restrictive => true, index_concurrently => 'print');
SELECT sql FROM rls.owner_access('app.deals', owner_columns => '{buyer,seller,broker}', commands => '{select}',
  restrictive => true, index_concurrently => 'print') WHERE object = 'app.deals_seller_idx';
SELECT polpermissive, pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'app.deals'::regclass;
SELECT count(*) AS indexes FROM pg_index WHERE indrelid = 'app.deals'::regclass;
-- For another server: everything, with identity asked by auth.uid() and auth.jwt() alone.
SELECT sql FROM rls.owner_access('app.deals', owner_columns => '{buyer,seller,broker}', commands => '{select}',
  dry_run => true, standalone => true);
SELECT * FROM rls.owner_access('app.deals', standalone => true);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.deals', index_concurrently => 'yes');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.deals', owner_columns => '{}');
\echo :LAST_ERROR_SQLSTATE
-- A column counts once, however often it is named. One column beside others would be ignored.
SELECT object, sql FROM rls.owner_access('app.deals', owner_columns => '{buyer,seller,buyer}', commands => '{select}', create_index => false, name => 'twice', dry_run => true) WHERE kind = 'policy';
SELECT count(*) FROM rls.owner_access('app.deals', 'buyer', owner_columns => '{buyer,seller}', dry_run => true);
SELECT * FROM rls.owner_access('app.deals', 'buyer', owner_columns => '{seller}');
\echo :LAST_ERROR_SQLSTATE
-- PUBLIC, force, a name of one's own, no index.
CREATE TABLE app.notes (user_id uuid);
SELECT step, kind, object, action
FROM rls.owner_access('app.notes', roles => '{authenticated,public}', force => true, create_index => false, name => 'mine');
SELECT polname, polroles FROM pg_policy WHERE polrelid = 'app.notes'::regclass ORDER BY polname;
SELECT step, kind, object, action
FROM rls.owner_access('app.notes', roles => '{public}', force => true, create_index => false, name => 'mine');

-- An index that serves already is used: composite ones led by the column; not partial, invalid or other ones.
CREATE TABLE app.files (user_id uuid, at timestamptz);
CREATE INDEX files_at_user ON app.files (at, user_id);
CREATE INDEX files_partial ON app.files (user_id) WHERE at IS NOT NULL;
CREATE INDEX files_brin ON app.files USING brin (user_id);
SELECT object, action FROM rls.owner_access('app.files', dry_run => true) WHERE kind = 'index';
CREATE INDEX files_user_at ON app.files (user_id, at);
SELECT object, action FROM rls.owner_access('app.files', dry_run => true) WHERE kind = 'index';
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.files_user_at'::regclass;
SELECT object, action FROM rls.owner_access('app.files', dry_run => true) WHERE kind = 'index';
-- A partial one that leaves out only rows that no look-up finds serves, too.
CREATE INDEX files_known ON app.files (user_id) WHERE user_id IS NOT NULL;
SELECT object, action FROM rls.owner_access('app.files', dry_run => true) WHERE kind = 'index';
DROP INDEX app.files_known;
-- A name that is taken is not an error.
CREATE TABLE app.files_user_id_idx ();
SELECT object, action FROM rls.owner_access('app.files') WHERE kind = 'index';

-- Partitioned tables, and a column whose type is a domain over uuid.
CREATE DOMAIN app.user_id AS uuid;
CREATE TABLE app.events (user_id app.user_id, at int) PARTITION BY RANGE (at);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM (0) TO (10);
SELECT kind, object, action FROM rls.owner_access('app.events', commands => '{select}');
SELECT indexdef FROM pg_indexes WHERE tablename = 'events_1';

-- Odd names: quotes, key words, mixed case, 63 bytes of UTF-8.
CREATE SCHEMA "sch'em""a";
CREATE TABLE "sch'em""a"."select" ("a""b" uuid, "o'x" uuid, "MiXed" uuid, "ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß1" uuid);
ALTER TABLE "sch'em""a"."select" RENAME TO "ééééééééééééééééééééééééééééééé1";
CREATE ROLE "Role ""x'";
SELECT "column", (SELECT count(*) FILTER (WHERE action = 'create') FROM rls.owner_access(
         '"sch''em""a"."ééééééééééééééééééééééééééééééé1"', "column", roles => '{"Role \"x''"}', name => 'set '' " of ' || "column")) AS created
FROM unnest('{"a\"b",o''x,MiXed,ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß1}'::name[]) AS "column";
SELECT "column", (SELECT count(*) FILTER (WHERE action <> 'unchanged') FROM rls.owner_access(
         '"sch''em""a"."ééééééééééééééééééééééééééééééé1"', "column", roles => '{"Role \"x''"}', name => 'set '' " of ' || "column")) AS changed
FROM unnest('{"a\"b",o''x,MiXed,ßßßßßßßßßßßßßßßßßßßßßßßßßßßßßßß1}'::name[]) AS "column";
SELECT polname, octet_length(polname), pg_get_expr(polqual, polrelid) FROM pg_policy
WHERE polrelid = '"sch''em""a"."ééééééééééééééééééééééééééééééé1"'::regclass AND polcmd = 'r' ORDER BY polname;
SELECT object FROM rls.owner_access('"sch''em""a"."ééééééééééééééééééééééééééééééé1"', 'MiXed', dry_run => true) WHERE kind = 'policy';

-- The caller's search_path decides nothing.
CREATE TABLE app.hostile (user_id uuid);
CREATE FUNCTION public.always(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = public.always);
SET LOCAL search_path = public, pg_catalog;
SELECT count(*) FROM rls.owner_access('app.hostile');
SHOW search_path;
SELECT count(*) FILTER (WHERE action = 'unchanged') AS unchanged FROM rls.owner_access('app.hostile');
RESET search_path;
-- The server's own operator, on which no dependency is recorded.
SELECT DISTINCT refobjid::regoperator FROM pg_depend
WHERE classid = 'pg_policy'::regclass AND refclassid = 'pg_operator'::regclass
  AND objid IN (SELECT oid FROM pg_policy WHERE polrelid = 'app.hostile'::regclass);
DROP OPERATOR public.= (uuid, uuid);

-- The caller needs to own the table, and nothing else.
GRANT USAGE ON SCHEMA rls TO regress_owner, authenticated;
GRANT EXECUTE ON FUNCTION rls.owner_access TO regress_owner, authenticated;
GRANT CREATE ON SCHEMA app TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT count(*) FROM rls.owner_access('app.posts', 'editor_id');
SELECT * FROM rls.owner_access('app.notes');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
REVOKE EXECUTE ON FUNCTION rls.owner_access FROM authenticated;
SET LOCAL ROLE authenticated;
SELECT * FROM rls.owner_access('app.posts', 'editor_id');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- What cannot be done is said before anything is changed.
CREATE TABLE app.refused (id int, user_id uuid, note jsonb);
CREATE VIEW app.refused_view AS SELECT * FROM app.refused;
CREATE MATERIALIZED VIEW app.refused_matview AS SELECT * FROM app.refused;
CREATE SEQUENCE app.refused_sequence;
CREATE FOREIGN DATA WRAPPER regress_wrapper;
CREATE SERVER regress_server FOREIGN DATA WRAPPER regress_wrapper;
CREATE FOREIGN TABLE app.refused_foreign (user_id uuid) SERVER regress_server;
CREATE TEMP TABLE refused_temp (user_id uuid);
SELECT * FROM rls.owner_access('app.nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access(0);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused_view');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused_matview');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused_foreign');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused_sequence');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('pg_catalog.pg_class', 'relname');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('refused_temp');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', 'xmin');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', 'note');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', roles => '{authenticated,regress_nobody,"drop table x"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', roles => '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', roles => '{authenticated,NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', commands => '{select,truncate}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', commands => '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', commands => '{NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', name => '');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', roles => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', commands => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', create_index => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', force => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.owner_access('app.refused', dry_run => NULL);
\echo :LAST_ERROR_SQLSTATE
-- A policy of that name that is not ours, with or without somebody's comment.
CREATE POLICY refused_owner_access_delete ON app.refused FOR DELETE USING (false);
SELECT * FROM rls.owner_access('app.refused');
\echo :LAST_ERROR_SQLSTATE
COMMENT ON POLICY refused_owner_access_delete ON app.refused IS
  'rowguard:managed {"template":"owner_access","name":"another set","does":"","by":"x"}';
SELECT * FROM rls.owner_access('app.refused');
\echo :LAST_ERROR_SQLSTATE
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.refused'::regclass;
SELECT count(*) FROM pg_indexes WHERE tablename = 'refused';
ROLLBACK;
