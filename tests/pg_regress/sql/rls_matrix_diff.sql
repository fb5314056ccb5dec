-- rls.matrix_diff(): where access is not as expected.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set access :abs_srcdir '/include/access.psql'
BEGIN;
\i :roles
\i :access
SELECT rls.emit_tests(:'identities', '{app}', 'json', counts => true) AS expected \gset
SELECT * FROM rls.matrix_diff(:'expected');

-- Everything that can change: a verdict, a number of rows, a column, a check that lets rows be handed over, a policy that raises.
DELETE FROM app.notes WHERE id = 1;
GRANT SELECT (secret) ON app.notes TO authenticated;
CREATE POLICY open ON app.notes FOR UPDATE TO authenticated USING (owner_id = auth.uid()) WITH CHECK (true);
CREATE POLICY breaks ON app.notes AS RESTRICTIVE FOR DELETE TO authenticated USING (1 / (id - 2) < 2);
GRANT TRUNCATE ON app.notes TO anon;
SELECT * FROM rls.matrix_diff(:'expected');
-- What is new, and what is gone: a table, a view, a function that runs as its owner; a table without any grant is no news.
CREATE TABLE app.plain (id int);
CREATE TABLE app.fresh (id int);
CREATE VIEW app.peek AS SELECT id FROM app.notes;
GRANT SELECT ON app.fresh TO PUBLIC;
GRANT SELECT ON app.peek TO anon;
CREATE FUNCTION app.all_notes(n int DEFAULT 1) RETURNS SETOF app.notes LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM app.notes';
REVOKE EXECUTE ON FUNCTION app.all_notes FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.all_notes TO authenticated;
SELECT * FROM rls.matrix_diff(:'expected') WHERE object <> 'app.notes';
SELECT rls.emit_tests(:'identities', '{app}', 'json') AS expected \gset
SELECT * FROM rls.matrix_diff(:'expected');
DROP TABLE app.plain, app.fresh;
DROP FUNCTION app.all_notes;
ALTER VIEW app.peek RENAME TO "Peek";
SELECT * FROM rls.matrix_diff(:'expected');

-- By hand: what is not mentioned must be denied, numbers of rows do not matter, an error may be any.
SELECT * FROM rls.matrix_diff('{"identities": {"nobody": {"role": "anon"}}, "tables": {}}') WHERE object LIKE 'app.%';
SELECT * FROM rls.matrix_diff('{"identities": {"nobody": {"role": "anon"}}, "schemas": ["app"], "sample": 2,
  "tables": {"app.notes": {"nobody": {"select": "denied", "truncate": "all"}}, "app.\"Peek\"": {"nobody": {"select": {"verdict": "some", "rows": 2}, "insert": "denied"}}}}');
SELECT object, command, expected, found FROM rls.matrix_diff(format('{"identities": {"a": %s}, "schemas": ["app"], "tables": {"app.notes": {"a": {"delete": "error", "select": "some"}}}}', :'alice')::jsonb);
SELECT object, command, expected, found FROM rls.matrix_diff(format('{"identities": {"a": %s}, "schemas": ["app"], "tables": {"app.notes": {"a": {"delete": {"verdict": "error", "sqlstate": "42P17"}, "select": "some", "insert": "some",
  "update": {"verdict": "some", "takes_over": true}}}}}', :'alice')::jsonb);

-- Wrong documents.
SELECT * FROM rls.matrix_diff(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('[]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"tables": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {}, "tables": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "tabels": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "tables": {"app.notes": {"b": {"select": "all"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "tables": {"app.notes": {"a": {"select": "al"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "tables": {"app.notes": {"a": {"execute": "all"}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "tables": {"app.notes": {"a": {"select": {"rows": 1}}}}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "functions": {"app.f()": ["b"]}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "sample": 0}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}, "schemas": ["nowhere"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "regress_no_role"}}}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT * FROM rls.matrix_diff('{"identities": {"a": {"role": "anon"}}}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
