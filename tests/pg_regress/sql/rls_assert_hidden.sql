-- rls.assert_hidden(): an identity sees no row.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set access :abs_srcdir '/include/access.psql'
BEGIN;
\i :roles
\i :access

-- No privilege, no policy, no row that satisfies the predicate.
SELECT rls.assert_hidden(:'stranger', 'app.notes');
GRANT SELECT ON app.notes TO anon;
SELECT rls.assert_hidden(:'stranger', 'app.notes');
SELECT rls.assert_hidden(:'alice', 'app.notes', 'owner_id <> auth.uid()');
REVOKE USAGE ON SCHEMA app FROM anon;
SELECT rls.assert_hidden(:'stranger', 'app.notes');
GRANT USAGE ON SCHEMA app TO anon;

-- It fails where a row is seen, and says which.
SELECT rls.assert_hidden(:'alice', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'bob', 'app.notes', 'body LIKE ''note%''');
\echo :LAST_ERROR_SQLSTATE
CREATE POLICY open ON app.notes FOR SELECT TO anon USING (id = 12);
SELECT rls.assert_hidden(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'stranger', 'app.notes', 'id < 12');

-- What raises is no answer: a policy's own refusal, a column of the predicate that may not be read.
CREATE FUNCTION app.refuses(id int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN IF id = 5 THEN RAISE insufficient_privilege; END IF; RETURN true; END $$;
CREATE POLICY refuses ON app.notes FOR SELECT TO anon USING (app.refuses(id));
SELECT rls.assert_hidden(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'alice', 'app.notes', 'secret = ''s''');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'alice', 'app.notes', 'true); DROP TABLE app.notes; --');
\echo :LAST_ERROR_SQLSTATE
DROP POLICY refuses ON app.notes;
CREATE POLICY loops ON app.notes FOR SELECT USING (EXISTS (SELECT FROM app.notes n WHERE n.id = notes.id));
SELECT rls.assert_hidden(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
DROP POLICY loops ON app.notes;

-- Nothing to hide proves nothing, where the caller can tell.
CREATE TABLE app.empty (id int);
GRANT SELECT ON app.empty TO anon;
SELECT rls.assert_hidden(:'stranger', 'app.empty');
-- A view shows what its owner may see.
CREATE VIEW app.peek AS SELECT * FROM app.notes;
GRANT SELECT ON app.peek TO anon;
SELECT rls.assert_hidden(:'stranger', 'app.peek');
\echo :LAST_ERROR_SQLSTATE
ALTER VIEW app.peek SET (security_invoker = true);
SELECT rls.assert_hidden(:'stranger', 'app.peek', 'id <> 12');

-- Wrong arguments.
SELECT rls.assert_hidden(NULL, 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'alice', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden('{}', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'alice', 'app.notes', '1; 2');
\echo :LAST_ERROR_SQLSTATE

-- As an ordinary owner, and as nobody that it was granted to.
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT authenticated TO regress_owner;
GRANT USAGE ON SCHEMA app TO regress_owner;
ALTER TABLE app.notes OWNER TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT rls.assert_hidden(:'alice', 'app.notes', 'id > 3');
SELECT rls.assert_hidden(:'alice', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT rls.assert_hidden(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- In verified mode nobody looks anonymous who is not.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT rls.assert_hidden(:'alice', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_hidden(:'alice', 'app.notes', 'id > 3');
SET LOCAL ROLE regress_owner;
SELECT rls.assert_hidden(:'alice', 'app.notes', 'id > 3');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
