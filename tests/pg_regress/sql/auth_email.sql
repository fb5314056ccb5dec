-- auth.email(): the claim email as text.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.email() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '';
SELECT auth.email() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT auth.email() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '{"email": null}';
SELECT auth.email() IS NULL AS nobody;

-- Strings as they are; numbers and booleans as jsonb prints them.
SELECT claims, set_config('request.jwt.claims', claims, true) <> '' AS set,
       auth.email(), auth.email() IS NOT DISTINCT FROM claims::jsonb ->> 'email' AS as_jsonb
FROM (VALUES ('{"email": "alice@example.com"}'), ('{"email": ""}'), ('{"email": 7}'), ('{"email": 1e2}'), ('{"email": false}'),
             ('{"email": "a", "\u0065mail": "b"}')) AS given (claims);

-- An object or an array has no text; claims that are no JSON object are nobody's.
SET LOCAL request.jwt.claims = '{"email": ["alice"]}';
SELECT auth.email();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"email": {}}';
SELECT auth.email();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = 'null';
SELECT auth.email();
\echo :LAST_ERROR_SQLSTATE

-- A claim of a megabyte.
SELECT set_config('request.jwt.claims', json_build_object('email', repeat('x', 1048576))::text, true) <> '' AS set;
SELECT length(auth.email());

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores it.
SET LOCAL request.jwt.claims = '{"email": "before"}';
SAVEPOINT before;
SELECT auth.email(), set_config('request.jwt.claims', '{"email": "after"}', true) <> '' AS set, auth.email();
ROLLBACK TO before;
SELECT auth.email();

-- A prepared statement follows the claims, its generic plan too.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE who AS SELECT auth.email();
EXECUTE who;
SET LOCAL request.jwt.claims = '{"email": "somebody else"}';
EXECUTE who;
DEALLOCATE who;

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.email();
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.email()'::regprocedure;
ROLLBACK;
