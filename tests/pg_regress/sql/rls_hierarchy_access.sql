-- rls.hierarchy_access(): a row belongs to an organisation and a team in it, and whoever is a member at any level reaches it.
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
GRANT USAGE ON SCHEMA app TO authenticated, anon;
GRANT USAGE, CREATE ON SCHEMA app TO regress_owner;
SELECT rls.grant_to('regress_owner', 'migrate') \g /dev/null
SET LOCAL ROLE regress_owner;
CREATE FUNCTION pg_temp.id(letter text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-4000-8000-00000000000' || letter)::uuid $$;
CREATE TABLE app.org_members (org_id int, user_id uuid, role text);
CREATE TABLE app.team_members (org_id int, team_id int, user_id uuid, role text);
CREATE TABLE app.documents (id int PRIMARY KEY, org_id int, team_id int, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.documents TO authenticated, anon;
-- a runs organisation 1, b reads it; c is in team 2 of organisation 1 as editor, d as viewer; e runs organisation 9.
INSERT INTO app.org_members VALUES (1, pg_temp.id('a'), 'admin'), (1, pg_temp.id('b'), 'auditor'), (9, pg_temp.id('e'), 'admin');
INSERT INTO app.team_members VALUES (1, 2, pg_temp.id('c'), 'editor'), (1, 2, pg_temp.id('d'), 'viewer');
INSERT INTO app.documents VALUES (1, 1, 2, 'of team 2'), (2, 1, 3, 'of team 3'), (3, 9, 1, 'of another organisation'), (4, 1, NULL, 'of no team');
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
  reads := (SELECT string_agg(id::text, ',' ORDER BY id) FROM app.documents);
  updates := pg_temp.try('UPDATE app.documents SET body = body');
  moves := pg_temp.try('UPDATE app.documents SET org_id = 9, team_id = 1 WHERE id = 1');
  inserts := pg_temp.try('INSERT INTO app.documents VALUES (9, 1, 2)');
  deletes := pg_temp.try('DELETE FROM app.documents');
END $$;
CREATE VIEW pg_temp.everybody AS
  SELECT who, (pg_temp.reach(letter)).* FROM (VALUES (1, 'a: admin of the organisation', 'a'), (2, 'b: its auditor', 'b'), (3, 'c: editor of the team', 'c'), (4, 'd: its viewer', 'd'),
    (5, 'e: admin of another', 'e'), (6, 'f: stranger', 'f'), (7, 'nobody', '')) AS people (no, who, letter) ORDER BY no;
GRANT SELECT ON pg_temp.everybody TO authenticated, anon;

-- Every member at any level; tables without a schema are those beside the protected one.
\set levels '[{"column": "org_id", "members": "org_members", "members_column": "org_id", "members_user_column": "user_id"}, {"column": "team_id", "members": "team_members", "members_column": "team_id", "members_user_column": "user_id"}]'
SET LOCAL ROLE regress_owner;
\pset format unaligned
SELECT kind, object, action, sql FROM rls.hierarchy_access('app.documents', :'levels', commands => '{select}', dry_run => true);
\pset format aligned
SELECT count(*) FROM pg_policy WHERE polrelid = 'app.documents'::regclass;
SELECT step, kind, object, action FROM rls.hierarchy_access('app.documents', :'levels');
SELECT action, count(*) FROM rls.hierarchy_access('app.documents', :'levels') GROUP BY action;
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
SET LOCAL ROLE anon;
SELECT count(*) FROM app.documents;
RESET ROLE;

-- Roles by level, a condition, and a level of two columns, so that a team counts in its own organisation only.
\set levels '[{"column": "org_id", "members": "app.org_members", "members_column": "org_id", "members_user_column": "user_id", "members_role_column": "role", "write_roles": ["admin"]}, {"column": ["org_id", "team_id"], "members": "app.team_members", "members_column": ["org_id", "team_id"], "members_user_column": "user_id", "members_role_column": "role", "roles": ["editor", "viewer"], "write_roles": ["editor"], "active_when": "role is not null"}]'
SET LOCAL ROLE regress_owner;
SELECT kind, object, action FROM rls.hierarchy_access('app.documents', :'levels');
SELECT DISTINCT action FROM rls.hierarchy_access('app.documents', :'levels');
SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'documents_hierarchy_access_delete';
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
RESET ROLE;
-- What is generated passes the audit, is as it was generated, and can be reverted.
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info';
SELECT * FROM rls.drift();
SELECT "set", kind, object, does FROM rls.managed WHERE kind <> 'policy';

-- By indexes: 100,000 rows, of which the caller reaches 100 by his organisation and 10 by his team.
SET LOCAL ROLE regress_owner;
CREATE TABLE app.big (id int, org_id int, team_id int);
INSERT INTO app.big SELECT n, n % 1000, n % 10000 FROM generate_series(1, 100000) AS n;
GRANT SELECT ON app.big TO authenticated;
SELECT count(*) FROM rls.hierarchy_access('app.big', '[{"column": "org_id", "members": "org_members", "members_column": "org_id", "members_user_column": "user_id"}, {"column": "team_id", "members": "team_members", "members_column": "team_id", "members_user_column": "user_id"}]', commands => '{select}');
ANALYZE app.big;
INSERT INTO app.org_members VALUES (77, pg_temp.id('c'));
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN (SELECT string_agg(DISTINCT index #>> '{}', ', ' ORDER BY index #>> '{}') FROM jsonb_path_query(plan, 'strict $.**."Index Name"') AS index)
    || CASE WHEN jsonb_path_exists(plan, 'strict $.** ? (@."Node Type" == "Seq Scan")') THEN ', and a scan' ELSE '' END;
END $$;
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('c'))::text, true) IS NOT NULL AS c;
SET LOCAL ROLE authenticated;
SELECT pg_temp.plan('SELECT count(*) FROM app.big') AS index;
SELECT count(*) FROM app.big;
RESET ROLE;

-- For another server.
\pset format unaligned
SELECT sql FROM rls.hierarchy_access('app.documents', :'levels', commands => '{update}', dry_run => true, standalone => true) WHERE kind IN ('function', 'policy');
\pset format aligned
SET LOCAL ROLE regress_owner;
SELECT kind, object, action FROM rls.revert('app.documents', 'documents_hierarchy_access');
SELECT count(*) FROM rls.managed WHERE "table" = 'app.documents';

-- From a document of many tables, like a call; an error says where in it.
SELECT kind, object, action FROM rls.plan('{"tables": {"app.documents": {"hierarchy_access": {"commands": ["select"], "levels": [{"column": "org_id", "members": "org_members", "members_column": "org_id", "members_user_column": "user_id"}]}},
  "app.big": {"team_access": {"commands": ["select"], "team_column": ["org_id", "team_id"], "members": "app.team_members", "members_team_column": ["org_id", "team_id"], "members_user_column": "user_id"},
    "tree_access": {"commands": ["select"], "node_column": "team_id", "tree": "app.documents", "tree_id_column": "id", "tree_parent_column": "team_id", "members": "app.team_members", "members_node_column": "team_id", "members_user_column": "user_id"}}}}');
SELECT rls.plan('{"tables": {"app.documents": {"hierarchy_access": {"levels": [{"column": "org_id", "members": "org_members", "members_column": "org_id", "members_user": "user_id"}]}}}}');
\echo :LAST_ERROR_SQLSTATE

-- Documents that are none.
SELECT * FROM rls.hierarchy_access('app.documents', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.hierarchy_access('app.documents', '[]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.hierarchy_access('app.documents', '[7]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.hierarchy_access('app.documents', '[{}]');
\echo :LAST_ERROR_SQLSTATE
CREATE TEMP TABLE level AS SELECT '{"column": "org_id", "members": "org_members", "members_column": "org_id", "members_user_column": "user_id", "members_role_column": "role"}'::jsonb AS level;
CREATE FUNCTION pg_temp.refused(change jsonb, without text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rls.hierarchy_access('app.documents', jsonb_build_array(level, (level - without) || change)) FROM level;
  RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT pg_temp.refused('{}', without) FROM unnest(ARRAY['column', 'members', 'members_column', 'members_user_column']) AS without;
SELECT pg_temp.refused(change) FROM unnest(ARRAY['{"column": 7}', '{"column": []}', '{"column": ["org_id", null]}', '{"column": ["org_id", ""]}', '{"column": ["org_id", "team_id"]}', '{"column": "nothing"}',
  '{"members": ""}', '{"members": null}', '{"members": "nowhere"}', '{"members": "app.nowhere"}', '{"members": "a.b.c.d"}', '{"members": "org_members; DROP TABLE app.documents"}', '{"members": "\"Org.members\""}',
  '{"members": "pg_catalog.pg_class"}', '{"members_column": "nothing"}', '{"members_column": "role"}', '{"members_user_column": ["user_id"]}', '{"roles": []}', '{"roles": "admin"}', '{"roles": ["admin", 7]}',
  '{"write_roles": []}', '{"write_roles": {}}', '{"active_when": true}', '{"active_when": ""}', '{"active_when": "nothing"}', '{"active_when": "role"}', '{"Roles": ["admin"]}', '{"colunm": "x"}']::jsonb[]) AS change;
SELECT pg_temp.refused('{"roles": ["admin"]}', 'members_role_column');
SELECT pg_temp.refused('{"write_roles": ["admin"]}', 'members_role_column');
SELECT * FROM rls.hierarchy_access('app.documents', NULL);
\echo :LAST_ERROR_SQLSTATE
-- A set of the name that another generator made, of other commands: its memberships are not taken away.
SELECT kind, action FROM rls.team_access('app.documents', 'org_id', 'app.org_members', 'org_id', 'user_id', commands => '{select}', name => 'shared');
SELECT kind, action FROM rls.hierarchy_access('app.documents', '[{"column": "team_id", "members": "team_members", "members_column": "team_id", "members_user_column": "user_id"}]', commands => '{insert}', name => 'shared');
\echo :LAST_ERROR_SQLSTATE
SELECT kind, action FROM rls.revert('app.documents', 'shared');
SELECT * FROM rls.hierarchy_access(NULL, '[]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.hierarchy_access(0, '[]');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_policy WHERE polrelid = 'app.documents'::regclass;
ROLLBACK;
