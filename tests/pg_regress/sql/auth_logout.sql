-- auth.logout(): forgets the token.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set tokens_include :abs_srcdir '/include/tokens.psql'
BEGIN;
\i :tokens_include
-- In gateway mode the identity is the gateway's to end.
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b"}';
SELECT auth.logout();
\echo :LAST_ERROR_SQLSTATE
SELECT auth.uid();

SET LOCAL rowguard.identity_mode = 'verified';
SET LOCAL rowguard.jwks = :'jwks';
CREATE ROLE regress_app;
SET LOCAL ROLE regress_app;
SELECT auth.login(pg_temp.token('es256')) ->> 'sub' AS sub;
SAVEPOINT before;
SELECT auth.logout();
SELECT auth.uid(), auth.role(), auth.jwt();
-- Nothing to forget is no error.
SELECT auth.logout();
ROLLBACK TO before;
SELECT auth.uid();
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.logout()'::regprocedure;
ROLLBACK;

-- Also a token that was set for the session, also after the transaction.
SET rowguard.identity_mode = 'verified';
SET rowguard.jwks = :'jwks';
BEGIN;
\i :tokens_include
SELECT set_config('rowguard.jwt', pg_temp.token('es256'), false) <> '' AS set;
SELECT auth.uid();
COMMIT;
SELECT auth.uid();
BEGIN;
SELECT auth.logout();
SELECT auth.uid();
ROLLBACK;
SELECT auth.uid();
BEGIN;
SELECT auth.logout();
COMMIT;
SELECT auth.uid();
SELECT set_config('rowguard.jwt', pg_temp.token('es256'), false) <> '' AS set;
SELECT auth.uid();
-- What a pooler does between clients.
RESET ALL;
SHOW rowguard.jwt;
SELECT auth.uid();
DROP FUNCTION pg_temp.token(text);
DROP TABLE tokens;
