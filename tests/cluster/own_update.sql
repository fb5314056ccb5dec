-- An upgrade where schema auth is the extension's: what a version lacked is added, what it had otherwise is brought
-- up to date under the same OID, and policies go on.
CREATE EXTENSION rowguard;
CREATE TABLE notes (id int, owner_id uuid);
INSERT INTO notes VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, NULL);
SELECT count(*) FROM rls.owner_access('notes', 'owner_id');
GRANT SELECT ON notes TO authenticated;
REVOKE EXECUTE ON FUNCTION auth.login(text) FROM PUBLIC;
ALTER EXTENSION rowguard DROP FUNCTION auth.email();
DROP FUNCTION auth.email();
CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
SELECT 'auth.uid()'::regprocedure::oid AS uid \gset
ALTER EXTENSION rowguard UPDATE TO 'next';
SELECT 'auth.uid()'::regprocedure::oid = :uid AS same_oid;
\i tests/cluster/beside_functions.sql
SELECT has_function_privilege('anon', 'auth.login(text)', 'EXECUTE') AS still_revoked,
       has_function_privilege('anon', 'auth.email()', 'EXECUTE') AS new_for_everybody;
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "email": "a@example.com"}';
SELECT id, auth.email() FROM notes;
ROLLBACK;
-- A name that somebody took in the extension's schema is his: the upgrade fails, and nothing has changed.
ALTER EXTENSION rowguard DROP FUNCTION auth.email();
ALTER EXTENSION rowguard UPDATE TO 'later';
SELECT extversion FROM pg_extension WHERE extname = 'rowguard';
