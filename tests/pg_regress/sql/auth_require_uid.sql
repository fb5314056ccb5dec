-- auth.require_uid(): the claim sub as uuid, which must be there.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '';
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": null}';
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.require_uid();

-- What is malformed is as malformed as for auth.uid().
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": ""}';
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = 'alice';
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE

-- A query that changes the identity keeps what it has read and sees what it has set.
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SAVEPOINT before;
SELECT auth.require_uid(), set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b"}', true) <> '' AS set, auth.require_uid();
SELECT i, auth.require_uid(), set_config('request.jwt.claims', '', true) AS set FROM generate_series(1, 2) AS i;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
SELECT auth.require_uid();

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.require_uid();
RESET request.jwt.claims;
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.require_uid()'::regprocedure;
ROLLBACK;
