-- auth.claim_text(VARIADIC path): the claim at a path as text.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.claim_text('a') IS NULL AS absent, auth.claim_text(VARIADIC '{}') IS NULL AS nothing;
SET LOCAL request.jwt.claims = '';
SELECT auth.claim_text('a') IS NULL AS absent;

-- Strings as they are; numbers and booleans as jsonb prints them; NULL when absent or JSON null.
SELECT claims, set_config('request.jwt.claims', claims, true) <> '' AS set,
       auth.claim_text('a', 'b'), auth.claim_text('a', 'b') IS NOT DISTINCT FROM claims::jsonb #>> '{a,b}' AS as_jsonb
FROM (VALUES ('{"a": {"b": "text"}}'), ('{"a": {"b": ""}}'), ('{"a": {"b": "\ud83d\ude00\n\"\\"}}'), ('{"a": {"b": 1.50}}'), ('{"a": {"b": 1e2}}'),
             ('{"a": {"b": -0}}'), ('{"a": {"b": true}}'), ('{"a": {"b": false}}'), ('{"a": {"b": null}}'), ('{"a": {}}'), ('{"a": "b"}'), ('{}'),
             ('{"a": {"b": 1}, "a": {"b": 2, "b": 3}}')) AS given (claims);

-- An object or an array has no text, nor have all claims.
SET LOCAL request.jwt.claims = '{"a": {"b": ["x"]}, "c.d": {"": {}}}';
SELECT auth.claim_text('a');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text('a', 'b');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text('a', 'b', '0');
SELECT auth.claim_text('c.d', '');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text(VARIADIC '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text(VARIADIC NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text('a', NULL, 'c');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '"a"';
SELECT auth.claim_text('a');
\echo :LAST_ERROR_SQLSTATE

-- A claim of a megabyte.
SELECT set_config('request.jwt.claims', json_build_object('a', repeat('x', 1048576))::text, true) <> '' AS set;
SELECT length(auth.claim_text('a'));

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SET LOCAL request.jwt.claims = '{"a": "before", "b": "B"}';
SAVEPOINT before;
SELECT auth.claim_text('a'), set_config('request.jwt.claims', '{"a": "after, and longer"}', true) <> '' AS set, auth.claim_text('a');
ROLLBACK TO before;
SELECT key, auth.claim_text(key) FROM (VALUES ('a'), ('b'), ('c'), ('b')) AS keys (key);

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.claim_text('a');
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.claim_text(text[])'::regprocedure;
ROLLBACK;
