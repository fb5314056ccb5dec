-- auth.user_id(): the claim sub as text.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.user_id() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '';
SELECT auth.user_id() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '{"role": "anon"}';
SELECT auth.user_id() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '{"sub": null}';
SELECT auth.user_id() IS NULL AS nobody;

-- Strings as they are; numbers and booleans as jsonb prints them.
SELECT claims, set_config('request.jwt.claims', claims, true) <> '' AS set,
       auth.user_id(), auth.user_id() IS NOT DISTINCT FROM claims::jsonb ->> 'sub' AS as_jsonb
FROM (VALUES ('{"sub": "auth0|alice"}'), ('{"sub": ""}'), ('{"sub": 7}'), ('{"sub": 1e2}'), ('{"sub": false}'),
             ('{"sub": "00000000-0000-4000-8000-00000000000A"}'), ('{"sub": "a", "s\u0075b": "b"}')) AS given (claims);

-- An object or an array has no text; claims that are no JSON object are nobody's.
SET LOCAL request.jwt.claims = '{"sub": ["alice"]}';
SELECT auth.user_id();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": {}}';
SELECT auth.user_id();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = 'null';
SELECT auth.user_id();
\echo :LAST_ERROR_SQLSTATE

-- A claim of a megabyte.
SELECT set_config('request.jwt.claims', json_build_object('sub', repeat('x', 1048576))::text, true) <> '' AS set;
SELECT length(auth.user_id());

-- A query that changes the identity keeps what it has read and sees what it has set; a savepoint restores it.
SET LOCAL request.jwt.claims = '{"sub": "before"}';
SAVEPOINT before;
SELECT auth.user_id(), set_config('request.jwt.claims', '{"sub": "after"}', true) <> '' AS set, auth.user_id();
ROLLBACK TO before;
SELECT auth.user_id();

-- A prepared statement follows the identity, its generic plan too.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE who AS SELECT auth.user_id();
EXECUTE who;
SET LOCAL request.jwt.claims = '{"sub": "somebody else"}';
EXECUTE who;
DEALLOCATE who;

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.user_id();
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.user_id()'::regprocedure;
ROLLBACK;
