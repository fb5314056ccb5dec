-- rls.emit_tests(): tests of access as it stands.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set access :abs_srcdir '/include/access.psql'
BEGIN;
\i :roles
\i :access
\pset tuples_only on
\pset format unaligned
\pset footer off
SELECT rls.emit_tests(:'identities', '{app}');
SELECT rls.emit_tests(:'identities', '{app}', format => 'sql');
SELECT rls.emit_tests(:'identities', schemas => '{app}', format => 'json', sample => 5, counts => true);

-- The same access, the same file; names that try to end a quotation, a test's description or a line stay names.
SELECT rls.emit_tests(:'identities', '{app}') = rls.emit_tests(:'identities', '{app}') AS same;
CREATE TABLE app."$$ # TODO '); \ ""quoted"" :name
second line" ("co""l'" int PRIMARY KEY, other int);
GRANT SELECT ("co""l'") ON app."$$ # TODO '); \ ""quoted"" :name
second line" TO anon;
CREATE ROLE "regress $q$ ""r";
SELECT rls.emit_tests('{"$$ \\ \"i": {"role": "regress $q$ \"r", "claims": {"sub": "$q$", "n": 1.50, "list": [true, null, {}]}}, "anon": {"role": "anon"}}', '{app}');
SELECT rls.emit_tests('{"$$ \\ \"i": {"role": "regress $q$ \"r"}, "anon": {"role": "anon"}}', '{app}', 'json') AS odd \gset
SELECT rls.assert_matrix(:'odd');
-- Errors of the database are kept as what they are, identities without a role, too.
CREATE POLICY loops ON app.notes FOR SELECT USING (EXISTS (SELECT FROM app.notes n WHERE n.id = notes.id));
DROP TABLE app."$$ # TODO '); \ ""quoted"" :name
second line";
SELECT rls.emit_tests('{"nobody": {}, "a": {"role": "authenticated"}}', '{app}', 'json') AS errors \gset
\echo :errors
SELECT rls.assert_matrix(:'errors');
DROP TABLE app.notes;
SELECT rls.emit_tests('{"nobody": {}}', '{app}', 'json');

-- Wrong arguments.
SELECT rls.emit_tests(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests('{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests(:'identities', format => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests(:'identities', format => 'tap');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests(:'identities', '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests(:'identities', '{NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests(:'identities', sample => 0);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests(:'identities', sample => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests(:'identities', counts => NULL);
\echo :LAST_ERROR_SQLSTATE
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT authenticated TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT rls.emit_tests(:'identities', '{app}', 'json');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.emit_tests('{"a": {"role": "authenticated"}}', '{app}', 'json');
SET LOCAL ROLE anon;
SELECT rls.emit_tests('{"a": {"role": "anon"}}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
