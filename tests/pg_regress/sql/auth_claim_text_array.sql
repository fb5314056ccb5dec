-- auth.claim_text_array(VARIADIC path): the claim at a path as an array of texts.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.claim_text_array('a') IS NULL AS absent, auth.claim_text_array(VARIADIC '{}') IS NULL AS nothing;
SET LOCAL request.jwt.claims = '';
SELECT auth.claim_text_array('a') IS NULL AS absent;
SET LOCAL request.jwt.claims = '{"a": ["x", "", "a \"b\", {c}", "null", null, 1.50, 1e2, true], "empty": [], "null": null, "deep": {"er": [["y"]]}, "text": "x", "mixed": ["x", ["y"]], "objects": [{"x": 1}]}';
SELECT auth.claim_text_array('a');
SELECT auth.claim_text_array('empty'), auth.claim_text_array('null') IS NULL AS null, auth.claim_text_array('absent') IS NULL AS absent,
       auth.claim_text_array('deep', 'er', '0');

-- Only an array of scalars is one.
SELECT auth.claim_text_array('text');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text_array('mixed');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text_array('objects');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text_array('deep');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text_array(VARIADIC '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text_array(VARIADIC NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_text_array('a', NULL);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '["a"]';
SELECT auth.claim_text_array('a');
\echo :LAST_ERROR_SQLSTATE

-- An array of a megabyte.
SELECT set_config('request.jwt.claims', json_build_object('a', array_fill(repeat('x', 1024), '{1024}'))::text, true) <> '' AS set;
SELECT cardinality(auth.claim_text_array('a')), length(array_to_string(auth.claim_text_array('a'), ''));

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SET LOCAL request.jwt.claims = '{"a": ["before"], "b": ["B"]}';
SAVEPOINT before;
SELECT auth.claim_text_array('a'), set_config('request.jwt.claims', '{"a": ["after", "longer"]}', true) <> '' AS set, auth.claim_text_array('a');
ROLLBACK TO before;
SELECT key, auth.claim_text_array(key) FROM (VALUES ('a'), ('b'), ('c'), ('a')) AS keys (key);

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.claim_text_array('a');
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.claim_text_array(text[])'::regprocedure;
ROLLBACK;
