-- rls.plan(): what a document would do to many tables, and what is wrong with it.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid, tenant_id uuid, deleted_at timestamptz);
CREATE TABLE app.notes (user_id uuid, tenant_id uuid);
CREATE VIEW app.recent AS SELECT id FROM app.posts;
SELECT step, kind, object, action FROM rls.plan('{
  "options": {"roles": ["authenticated"], "force": true},
  "schemas": {"app": {"enable_all": {}}},
  "tables": {
    "app.posts": {
      "owner_access": {"owner_column": "author_id"},
      "tenant_isolation": {},
      "column_guard": [{"columns": ["author_id"], "rule": "immutable"}, {"columns": ["deleted_at"], "rule": "set_once"}]
    },
    "app.notes": {
      "owner_access": [{"commands": ["select"]}, {"name": "again", "commands": ["delete"], "roles": ["anon"], "force": false}]
    }
  },
  "views": {"app.recent": {"secure_view": {}}}
}');
SELECT kind, object, action FROM rls.plan('{
  "options": {"roles": ["authenticated"]},
  "tables": {
    "app.posts": {
      "owner_access": {"owner_column": "author_id"},
      "column_guard": [{"columns": ["author_id"], "rule": "immutable"}]},
    "app.notes": {"owner_access": {}, "tenant_isolation": {}}},
  "views": {"app.recent": {"secure_view": {}}},
  "schemas": {"app": {"enable_all": {}}}}') WHERE kind = 'view';
-- Nothing is done.
SELECT count(*) FROM rls.managed;
SELECT bool_or(relrowsecurity) FROM pg_class WHERE relnamespace = 'app'::regnamespace;
-- The SQL is that of the generators, and runs in order.
SELECT count(*) AS differences FROM (
  (SELECT kind, object, action, sql FROM rls.plan('{"tables": {"app.notes": {"owner_access": {}}}}')
   EXCEPT ALL SELECT kind, object, action, sql FROM rls.owner_access('app.notes', dry_run => true))
  UNION ALL
  (SELECT kind, object, action, sql FROM rls.owner_access('app.notes', dry_run => true)
   EXCEPT ALL SELECT kind, object, action, sql FROM rls.plan('{"tables": {"app.notes": {"owner_access": {}}}}'))) AS d;
SELECT sql FROM rls.plan('{"tables": {"app.notes": {"custom": {"using_expr": "user_id = (SELECT auth.uid())", "commands": ["select"]}, "mfa_required": {"commands": ["select"], "level": "aal3"}}}}', standalone => true);
SAVEPOINT before;
SELECT sql FROM rls.plan('{"tables": {"app.notes": {"owner_access": {}, "tenant_isolation": {}}, "app.posts": {"public_read": {}, "soft_delete": {}}}}', standalone => true) WHERE sql IS NOT NULL \gexec
SELECT DISTINCT action FROM rls.plan('{"tables": {"app.notes": {"owner_access": {}, "tenant_isolation": {}}, "app.posts": {"public_read": {}, "soft_delete": {}}}}') WHERE kind <> 'policy';
ROLLBACK TO before;
-- An index that an earlier entry makes serves a later one, and another name is found where its own would be taken.
SELECT step, kind, object, action FROM rls.plan('{"tables": {"app.notes": {"owner_access": [{"commands": ["select"]}, {"commands": ["delete"], "name": "x"}]}}}') WHERE kind = 'index';
CREATE TABLE app."a_b" (c uuid);
CREATE TABLE app."a" (b_c uuid);
SELECT object, action FROM rls.plan('{"tables": {"app.a_b": {"owner_access": {"owner_column": "c"}}, "app.a": {"owner_access": {"owner_column": "b_c"}}}}') WHERE kind = 'index';
-- Every generator can be named, and its defaults are those of the call.
DO $$
DECLARE
  generator record; shape text;
BEGIN
  FOR generator IN
    SELECT proname, proargnames[1] AS subject FROM pg_proc
    WHERE pronamespace = 'rls'::regnamespace AND proargnames @> '{step,kind,object,action,sql,dry_run}' AND proname <> 'revert'
      AND proargnames[1] IN ('tbl', 'v', 'schema')
  LOOP
    BEGIN
      PERFORM rls.plan(jsonb_build_object(
        CASE generator.subject WHEN 'tbl' THEN 'tables' WHEN 'v' THEN 'views' ELSE 'schemas' END,
        jsonb_build_object(CASE generator.subject WHEN 'tbl' THEN 'app.posts' WHEN 'v' THEN 'app.recent' ELSE 'app' END,
          jsonb_build_object(generator.proname, '{"no such key": 1}'::jsonb))));
    EXCEPTION WHEN invalid_parameter_value THEN
      IF SQLERRM NOT LIKE '%."no such key"' THEN
        RAISE NOTICE '%: %', generator.proname, SQLERRM;
      END IF;
    END;
  END LOOP;
END $$;
-- What is wrong is said with its place.
SELECT * FROM rls.plan('[]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"table": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": []}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.nowhere": {}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"notes": {}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"schemas": {"nowhere": {"enable_all": {}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_acess": {}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"views": {"app.recent": {"owner_access": {}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": true}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": [{}, 1]}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"owner_colum": "user_id"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"dry_run": true}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"roles": "authenticated"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"roles": ["authenticated", null]}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"force": "yes"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"owner_column": 1}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"owner_column": null}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"column_guard": {"rule": "immutable"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"options": {"name": "x"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"options": {"force": 1}}');
\echo :LAST_ERROR_SQLSTATE
-- What generators and the server find wrong, too.
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {"owner_column": "nothing"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": [{}, {"name": "x", "roles": ["regress_nobody"]}]}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"custom": {"using_expr": "user_id = nothing"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"custom": {"using_expr": "user_id ="}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"custom": {"using_expr": "true); DROP TABLE app.notes; SELECT (true"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.recent": {"enable": {}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": [{}, {"commands": ["select"]}]}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": {}}, "\"app\".\"notes\"": {"owner_access": {}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.plan('{}', standalone => NULL);
\echo :LAST_ERROR_SQLSTATE
-- An empty document does nothing.
SELECT * FROM rls.plan('{}');
SELECT * FROM rls.plan('{"tables": {"app.notes": {"owner_access": []}}}');
SET LOCAL ROLE authenticated;
SELECT * FROM rls.plan('{}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
