-- rls.tree_access(): a row belongs to a node of a tree, and whoever is in a node reaches everything below it.
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
GRANT USAGE ON SCHEMA app TO authenticated, anon;
GRANT USAGE, CREATE ON SCHEMA app TO regress_owner, regress_other;
SELECT rls.grant_to('regress_owner', 'migrate') \g /dev/null
SET LOCAL ROLE regress_owner;
CREATE FUNCTION pg_temp.id(letter text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-4000-8000-00000000000' || letter)::uuid $$;
CREATE TABLE app.folders (id int PRIMARY KEY, parent_id int);
CREATE TABLE app.members (folder_id int, user_id uuid);
CREATE TABLE app.files (id int PRIMARY KEY, folder_id bigint, name text);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.files TO authenticated, anon;
-- 1 > 2 > 3 > 4, 1 > 5, and 9 apart. a is in 1, b in 3, c in 5 and 9.
INSERT INTO app.folders VALUES (1, NULL), (2, 1), (3, 2), (4, 3), (5, 1), (9, NULL);
INSERT INTO app.members VALUES (1, pg_temp.id('a')), (3, pg_temp.id('b')), (5, pg_temp.id('c')), (9, pg_temp.id('c'));
INSERT INTO app.files SELECT n, n, 'in ' || n FROM unnest(ARRAY[1, 2, 3, 4, 5, 9]) AS n;
RESET ROLE;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS n = ROW_COUNT;
  RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM; WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.reach(letter text, OUT reads text, OUT updates text, OUT moves text, OUT inserts text, OUT deletes text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', CASE WHEN letter <> '' THEN json_build_object('sub', pg_temp.id(letter))::text ELSE '' END, true);
  reads := (SELECT string_agg(id::text, ',' ORDER BY id) FROM app.files);
  updates := pg_temp.try('UPDATE app.files SET name = name');
  moves := pg_temp.try('UPDATE app.files SET folder_id = 5 WHERE id = 4');
  inserts := pg_temp.try('INSERT INTO app.files VALUES (10, 4)');
  deletes := pg_temp.try('DELETE FROM app.files');
END $$;
CREATE VIEW pg_temp.everybody AS
  SELECT who, (pg_temp.reach(letter)).* FROM (VALUES (1, 'a: in the root', 'a'), (2, 'b: in folder 3', 'b'), (3, 'c: in folders 5 and 9', 'c'), (4, 'd: stranger', 'd'), (5, 'nobody', '')) AS people (no, who, letter) ORDER BY no;
GRANT SELECT ON pg_temp.everybody TO authenticated, anon;

SET LOCAL ROLE regress_owner;
\pset format unaligned
SELECT kind, object, action, sql FROM rls.tree_access('app.files', 'folder_id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', commands => '{select}', dry_run => true);
\pset format aligned
SELECT count(*) FROM pg_policy WHERE polrelid = 'app.files'::regclass;
SELECT step, kind, object, action FROM rls.tree_access('app.files', 'folder_id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id');
SELECT action, count(*) FROM rls.tree_access('app.files', 'folder_id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id') GROUP BY action;
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
SET LOCAL ROLE anon;
SELECT count(*) FROM app.files;
RESET ROLE;
-- A tree and members that have row security of their own, forced, and that use the template themselves.
SET LOCAL ROLE regress_owner;
SELECT kind, object, action FROM rls.tree_access('app.folders', 'id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', force => true);
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.folders TO authenticated;
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('b'))::text, true) IS NOT NULL AS b;
SELECT * FROM app.folders ORDER BY id;
RESET ROLE;
-- What is generated passes the audit, and is as it was generated.
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info';
SELECT * FROM rls.drift();

-- Depth: a membership of 1 reaches two levels below it, then none.
SET LOCAL ROLE regress_owner;
SELECT kind, object, action FROM rls.tree_access('app.files', 'folder_id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', max_depth => 2);
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
SET LOCAL ROLE regress_owner;
SELECT count(*) FROM rls.tree_access('app.files', 'folder_id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', max_depth => 0);
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
-- A cycle ends: everything in it is below everything else in it, and what is apart stays apart.
SET LOCAL ROLE regress_owner;
SELECT count(*) FROM rls.tree_access('app.files', 'folder_id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', max_depth => 1000);
ALTER TABLE app.folders NO FORCE ROW LEVEL SECURITY;
UPDATE app.folders SET parent_id = 4 WHERE id = 1;
UPDATE app.folders SET parent_id = 9 WHERE id = 9;
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
RESET ROLE;

-- By the index: 100,000 rows in 1,000 nodes, of which the caller's are 11.
SET LOCAL ROLE regress_owner;
CREATE TABLE app.nodes (id uuid PRIMARY KEY, parent uuid);
CREATE TABLE app.node_members (node_id uuid, user_id text);
CREATE TABLE app.big (id int, node_id uuid);
INSERT INTO app.nodes SELECT md5(n::text)::uuid, md5((n / 10)::text)::uuid FROM generate_series(1, 1000) AS n;
INSERT INTO app.node_members VALUES (md5('50')::uuid, 'anybody');
INSERT INTO app.big SELECT n, md5((n % 1000)::text)::uuid FROM generate_series(1, 100000) AS n;
GRANT SELECT ON app.big TO authenticated;
SELECT kind, object, action FROM rls.tree_access('app.big', 'node_id', 'app.nodes', 'id', 'parent', 'app.node_members', 'node_id', 'user_id', commands => '{select}');
ANALYZE app.big;
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN (SELECT string_agg(DISTINCT index #>> '{}', ', ') FROM jsonb_path_query(plan, 'strict $.**."Index Name"') AS index)
    || CASE WHEN jsonb_path_exists(plan, 'strict $.** ? (@."Node Type" == "Seq Scan")') THEN ', and a scan' ELSE '' END;
END $$;
SELECT set_config('request.jwt.claims', '{"sub": "anybody"}', true) IS NOT NULL AS anybody;
SET LOCAL ROLE authenticated;
SELECT pg_temp.plan('SELECT count(*) FROM app.big') AS index;
SELECT count(*) FROM app.big;
RESET ROLE;

-- Nodes of several widths, and texts of several collations, here and on another server.
SET LOCAL ROLE regress_owner;
CREATE TABLE app.wide (id int PRIMARY KEY, parent_id bigint);
CREATE TABLE app.wide_members (node_id int, user_id text);
CREATE TABLE app.wide_rows (id int, node_id int);
CREATE TABLE app.words (id text COLLATE "C" PRIMARY KEY, parent_id text COLLATE "POSIX");
CREATE TABLE app.word_members (node_id varchar, user_id text);
CREATE TABLE app.word_rows (id int, node_id varchar COLLATE "C");
INSERT INTO app.wide VALUES (1, NULL), (2, 1), (3, NULL);
INSERT INTO app.words VALUES ('a', NULL), ('b', 'a'), ('c', NULL);
INSERT INTO app.wide_members VALUES (1, 'anybody');
INSERT INTO app.word_members VALUES ('a', 'anybody');
INSERT INTO app.wide_rows VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO app.word_rows VALUES (1, 'a'), (2, 'b'), (3, 'c');
GRANT SELECT ON app.wide_rows, app.word_rows TO authenticated;
SELECT count(*) FROM rls.tree_access('app.wide_rows', 'node_id', 'app.wide', 'id', 'parent_id', 'app.wide_members', 'node_id', 'user_id', commands => '{select}');
SELECT count(*) FROM rls.tree_access('app.word_rows', 'node_id', 'app.words', 'id', 'parent_id', 'app.word_members', 'node_id', 'user_id', commands => '{select}');
SET LOCAL ROLE authenticated;
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.wide_rows;
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.word_rows;
SET LOCAL ROLE regress_owner;
SELECT count(*) FROM rls.revert('app.wide_rows', 'wide_rows_tree_access');
SELECT count(*) FROM rls.revert('app.word_rows', 'word_rows_tree_access');
SAVEPOINT elsewhere;
SET LOCAL client_min_messages = warning;
\pset tuples_only on
SELECT sql FROM rls.tree_access('app.word_rows', 'node_id', 'app.words', 'id', 'parent_id', 'app.word_members', 'node_id', 'user_id', commands => '{select}', create_index => false, dry_run => true, standalone => true) WHERE sql IS NOT NULL
\gexec
\pset tuples_only off
SET LOCAL ROLE authenticated;
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.word_rows;
ROLLBACK TO elsewhere;

-- For another server, and not for forced tables there.
SET LOCAL ROLE regress_owner;
\pset format unaligned
SELECT sql FROM rls.tree_access('app.big', 'node_id', 'app.nodes', 'id', 'parent', 'app.node_members', 'node_id', 'user_id', commands => '{select}', dry_run => true, standalone => true) WHERE kind IN ('function', 'policy');
\pset format aligned
ALTER TABLE app.nodes FORCE ROW LEVEL SECURITY;
SELECT * FROM rls.tree_access('app.big', 'node_id', 'app.nodes', 'id', 'parent', 'app.node_members', 'node_id', 'user_id', dry_run => true, standalone => true);
\echo :LAST_ERROR_SQLSTATE
-- Reverted: nothing is left, and what the other set needs stays.
SELECT kind, object, action FROM rls.revert('app.files', 'files_tree_access');
SELECT kind, object, action FROM rls.revert('app.folders', 'folders_tree_access');
SELECT kind, object, action FROM rls.revert('app.big', 'big_tree_access');
SELECT count(*) AS left_over FROM rls.managed;

-- Refusals.
CREATE TABLE app.refused (id int, node text);
SELECT * FROM rls.tree_access('app.refused', 'node', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.nodes', 'id', 'parent', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.refused', 'id', 'node', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'nothing', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.folders', 'nothing', 'parent_id', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.folders', 'id', 'nothing', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.folders', 'id', 'parent_id', 'app.members', 'nothing', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 0, 'id', 'parent_id', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', max_depth => -1);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', max_depth => 1001);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id', max_depth => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.refused": {"tree_access": {"node_column": "id", "tree": "app.folders", "tree_id_column": "id", "tree_parent_column": "parent_id", "members": "app.members", "members_node_column": "folder_id", "members_user_column": "user_id", "max_depth": 4294967297}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', NULL, 'app.folders', 'id', 'parent_id', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tree_access('app.refused', 'id', NULL, 'id', 'parent_id', 'app.members', 'folder_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
ALTER TABLE app.nodes OWNER TO regress_other;
GRANT regress_other TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.tree_access('app.big', 'node_id', 'app.nodes', 'id', 'parent', 'app.node_members', 'node_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.refused'::regclass;
ROLLBACK;
