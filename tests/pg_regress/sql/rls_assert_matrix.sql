-- rls.assert_matrix(): access is as a document in the repository expects.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set access :abs_srcdir '/include/access.psql'
BEGIN;
\i :roles
\i :access

-- As people write it, and as rls.emit_tests() does.
\set by_hand '{"identities": ' :identities ', "schemas": ["app"], "tables": {"app.notes": {"alice": {"select": {"verdict": "some", "unreadable": ["secret"]}, "insert": "some", "update": "some", "delete": "some"}, "bob": {"select": {"verdict": "some", "rows": 8, "unreadable": ["secret"]}, "insert": "some", "update": "some", "delete": "some"}}}}'
SELECT rls.assert_matrix(:'by_hand');
SELECT rls.emit_tests(:'identities', '{app}', 'json') AS emitted \gset
SELECT rls.assert_matrix(:'emitted');
-- Rows within what is expected change nothing.
DELETE FROM app.notes WHERE id = 1;
SELECT rls.assert_matrix(:'emitted');

-- A policy that opens fails it, with every difference.
CREATE POLICY open ON app.notes FOR SELECT USING (true);
GRANT SELECT ON app.notes TO anon;
SELECT rls.assert_matrix(:'emitted');
\echo :LAST_ERROR_SQLSTATE
REVOKE SELECT ON app.notes FROM anon;
SELECT rls.assert_matrix(:'by_hand');
\echo :LAST_ERROR_SQLSTATE
DROP POLICY open ON app.notes;
SELECT rls.assert_matrix(:'by_hand');
-- So does a policy that closes.
CREATE POLICY closed ON app.notes AS RESTRICTIVE FOR INSERT WITH CHECK (false);
SELECT rls.assert_matrix(:'by_hand');
\echo :LAST_ERROR_SQLSTATE
DROP POLICY closed ON app.notes;

-- What the document does not mention fails it, unless that is allowed; what it mentions is compared all the same.
CREATE TABLE app.fresh (id int);
GRANT SELECT ON app.fresh TO PUBLIC;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
SELECT rls.assert_matrix(:'emitted');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_matrix(:'emitted', allow_unlisted => true);
GRANT TRUNCATE ON app.notes TO anon;
SELECT rls.assert_matrix(:'emitted', true);
\echo :LAST_ERROR_SQLSTATE
DROP TABLE app.notes;
SELECT rls.assert_matrix(:'by_hand', true);
\echo :LAST_ERROR_SQLSTATE

-- Wrong arguments.
SELECT rls.assert_matrix(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_matrix(:'emitted', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_matrix('{}');
\echo :LAST_ERROR_SQLSTATE

-- As an ordinary owner: as roles that he may become.
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT USAGE ON SCHEMA app TO regress_owner;
GRANT authenticated TO regress_owner;
CREATE TABLE app.owned (id int PRIMARY KEY, owner_id uuid);
INSERT INTO app.owned VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, NULL);
ALTER TABLE app.owned ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.owned USING (owner_id = auth.uid());
GRANT SELECT ON app.owned TO authenticated;
ALTER TABLE app.owned OWNER TO regress_owner;
\set owned '{"identities": {"alice": ' :alice '}, "schemas": ["app"], "tables": {"app.owned": {"alice": {"select": "some"}}}}'
SET LOCAL ROLE regress_owner;
SELECT rls.assert_matrix(:'owned', true);
SELECT rls.assert_matrix(:'emitted', true);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT rls.assert_matrix(:'owned', true);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- In verified mode.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT rls.assert_matrix(:'owned', true);
SET LOCAL ROLE regress_owner;
SELECT rls.assert_matrix(:'owned', true);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
