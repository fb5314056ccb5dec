-- rls.act_reset(): role and claims as RESET makes them, for the rest of the transaction.
\set ON_ERROR_ROLLBACK on
BEGIN;
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\i :roles
-- There may be nothing to undo.
SELECT rls.act_reset();
SELECT current_user = session_user AS same, auth.jwt() IS NULL AS no_claims;

-- Whoever acts as somebody without any rights finds the way back.
SELECT rls.act_as('anon', '{"sub": "alice"}');
SELECT current_user, auth.user_id();
SELECT rls.act_reset();
SELECT current_user = session_user AS back, auth.user_id() IS NULL AS nobody;

-- The session's own settings come back with the end of the transaction.
ROLLBACK;
SET request.jwt.claims = '{"sub": "session"}';
BEGIN;
SELECT rls.act_as(current_user, '{"sub": "alice"}');
SELECT auth.user_id();
SELECT rls.act_reset();
SELECT auth.user_id() IS NULL AS nobody;
COMMIT;
SELECT auth.user_id();
RESET request.jwt.claims;

-- A savepoint takes back the way back.
BEGIN;
\i :roles
SELECT rls.act_as('anon', '{"sub": "alice"}');
SAVEPOINT before;
SELECT rls.act_reset();
SELECT current_user = session_user AS back;
ROLLBACK TO before;
SELECT current_user, auth.user_id();

-- It is all that acting gives: nothing else of schema rls can be called.
SELECT rls.act_as('anon', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_reset();
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'rls.act_reset()'::regprocedure;
ROLLBACK;
