-- auth.is_authenticated(): whether claim sub is a string that is not empty.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.is_authenticated();
SELECT claims, set_config('request.jwt.claims', claims, true) IS NOT NULL AS set, auth.is_authenticated()
FROM (VALUES (''), ('{}'), ('{"role": "authenticated"}'), ('{"sub": null}'), ('{"sub": ""}'), ('{"sub": "alice"}'), ('{"sub": " "}'),
             ('{"sub": "00000000-0000-4000-8000-00000000000a"}'), ('{"sub": 7}'), ('{"sub": true}'), ('{"sub": ["alice"]}'), ('{"sub": {"sub": "alice"}}'),
             ('{"sub": "alice", "sub": ""}'), ('{"sub": "", "\u0073ub": "alice"}')) AS given (claims);

-- Claims that are no JSON object are an error, never false.
SET LOCAL request.jwt.claims = 'null';
SELECT auth.is_authenticated();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": "alice"';
SELECT auth.is_authenticated();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": "al\u0000ice"}';
SELECT auth.is_authenticated();
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('request.jwt.claims', '{"sub": "alice", "x": ' || repeat('[', 128) || repeat(']', 128) || '}', true) <> '' AS set;
SELECT auth.is_authenticated();
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('request.jwt.claims', json_build_object('sub', repeat('x', 1048576))::text, true) <> '' AS set;
SELECT auth.is_authenticated();

-- A query that changes the identity keeps what it has read and sees what it has set; a savepoint restores it.
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SAVEPOINT before;
SELECT auth.is_authenticated(), set_config('request.jwt.claims', '{}', true) <> '' AS set, auth.is_authenticated();
ROLLBACK TO before;
SELECT auth.is_authenticated();

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.is_authenticated();
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.is_authenticated()'::regprocedure;
ROLLBACK;
