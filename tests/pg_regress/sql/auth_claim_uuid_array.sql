-- auth.claim_uuid_array(VARIADIC path): the claim at a path as an array of uuids.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.claim_uuid_array('a') IS NULL AS absent, auth.claim_uuid_array(VARIADIC '{}') IS NULL AS nothing;
SET LOCAL request.jwt.claims = '';
SELECT auth.claim_uuid_array('a') IS NULL AS absent;
SET LOCAL request.jwt.claims = '{"a": ["00000000-0000-4000-8000-00000000000a", null, "0000000000004000800000000000000B"], "empty": [], "null": null, "deep": {"er": [["00000000-0000-4000-8000-00000000000c"]]}, "text": "00000000-0000-4000-8000-00000000000a", "names": ["secret"], "numbers": [1], "nested": [[]]}';
SELECT auth.claim_uuid_array('a');
SELECT auth.claim_uuid_array('empty'), auth.claim_uuid_array('null') IS NULL AS null, auth.claim_uuid_array('absent') IS NULL AS absent,
       auth.claim_uuid_array('deep', 'er', '0');

-- Only an array of uuids is one, and the message does not tell what it holds instead.
SELECT auth.claim_uuid_array('text');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid_array('names');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid_array('numbers');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid_array('nested');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid_array('deep');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid_array(VARIADIC '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid_array(VARIADIC NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid_array(NULL);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '7';
SELECT auth.claim_uuid_array('a');
\echo :LAST_ERROR_SQLSTATE

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SET LOCAL request.jwt.claims = '{"a": ["00000000-0000-4000-8000-00000000000a"]}';
SAVEPOINT before;
SELECT auth.claim_uuid_array('a'), set_config('request.jwt.claims', '{"a": []}', true) <> '' AS set, auth.claim_uuid_array('a');
ROLLBACK TO before;
SELECT key, auth.claim_uuid_array(key) FROM (VALUES ('a'), ('b'), ('a')) AS keys (key);

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.claim_uuid_array('a');
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.claim_uuid_array(text[])'::regprocedure;
ROLLBACK;
