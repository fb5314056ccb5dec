-- auth.claim_bool(VARIADIC path): the claim at a path as boolean.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.claim_bool('a') IS NULL AS absent, auth.claim_bool(VARIADIC '{}') IS NULL AS nothing;
SET LOCAL request.jwt.claims = '';
SELECT auth.claim_bool('a') IS NULL AS absent;
SET LOCAL request.jwt.claims = '{"yes": true, "no": false, "null": null, "deep": [{"yes": true}], "text": "true", "one": 1, "list": [true]}';
SELECT auth.claim_bool('yes'), auth.claim_bool('no'), auth.claim_bool('null'), auth.claim_bool('absent'), auth.claim_bool('deep', '0', 'yes');

-- Only a boolean is one.
SELECT auth.claim_bool('text');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_bool('one');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_bool('list');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_bool('deep', '0');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_bool(VARIADIC '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_bool(VARIADIC NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_bool(NULL, 'yes');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = 'true';
SELECT auth.claim_bool('yes');
\echo :LAST_ERROR_SQLSTATE

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SET LOCAL request.jwt.claims = '{"yes": true}';
SAVEPOINT before;
SELECT auth.claim_bool('yes'), set_config('request.jwt.claims', '{"yes": false}', true) <> '' AS set, auth.claim_bool('yes');
ROLLBACK TO before;
SELECT key, auth.claim_bool(key) FROM (VALUES ('yes'), ('no'), ('yes')) AS keys (key);

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.claim_bool('yes');
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.claim_bool(text[])'::regprocedure;
ROLLBACK;
