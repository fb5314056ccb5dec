-- rls.claim_matches(): whether a claim, a value or an array, holds any of some values, or all.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
SELECT rls.claim_matches('{role}', '{x}') AS without_claims;
CREATE FUNCTION pg_temp.matches(claim jsonb, match text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', jsonb_build_object('a', jsonb_build_object('b', claim))::text, true);
  RETURN rls.claim_matches('{a,b}', '{x,7,true}', match);
EXCEPTION WHEN invalid_text_representation THEN RETURN SQLSTATE;
END $$;
SELECT claim, pg_temp.matches(claim, 'any') AS any, pg_temp.matches(claim, 'all') AS all
FROM (VALUES (1, '"x"'::jsonb), (2, '["x"]'), (3, '["x", 7, true]'), (4, '[true, "7", "x", "y"]'), (5, '[]'), (6, 'null'), (7, '7'), (8, '7.0'),
  (9, '"X"'), (10, '{"x": 1}'), (11, '[["x"]]'), (12, '[null, "x"]'), (13, '"x,7,true"')) AS given (no, claim) ORDER BY no;
SET LOCAL request.jwt.claims = '{"a": "x"}';
SELECT rls.claim_matches('{b}', '{x}') AS absent, rls.claim_matches('{a}', '{}') AS none_wanted, rls.claim_matches('{a}', '{}', 'all') AS all_of_none;
-- What is remembered at a call site follows claims and arguments.
CREATE TABLE arguments (path text[], allowed text[], match text);
INSERT INTO arguments VALUES ('{a}', '{x}', 'any'), ('{a}', '{y}', 'any'), ('{a}', '{y,x}', 'any'), ('{a}', '{y,x}', 'all'), ('{b}', '{x}', 'any');
SELECT *, rls.claim_matches(path, allowed, match) FROM arguments;
SELECT set_config('request.jwt.claims', claims, true) AS claims, rls.claim_matches('{a}', '{y}') FROM (VALUES ('{"a": "y"}'), ('{"a": "x"}'), ('')) AS given (claims);
PREPARE asked AS SELECT rls.claim_matches('{a}', '{x}');
EXECUTE asked;
SET LOCAL request.jwt.claims = '{"a": ["x"]}';
EXECUTE asked;
-- Anybody asks about himself; what cannot be read is an error.
SET LOCAL ROLE anon;
SELECT rls.claim_matches('{a}', '{x}');
RESET ROLE;
SET LOCAL request.jwt.claims = 'x';
SELECT rls.claim_matches('{a}', '{x}');
\echo :LAST_ERROR_SQLSTATE
RESET request.jwt.claims;
SELECT rls.claim_matches('{a}', '{x}', 'some');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.claim_matches(NULL, '{x}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.claim_matches('{a}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.claim_matches('{a}', '{x}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.claim_matches('{a,NULL}', '{x}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
