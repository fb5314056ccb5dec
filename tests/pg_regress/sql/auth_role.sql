-- auth.role(): the claim role as text.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.role() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '';
SELECT auth.role() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT auth.role() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '{"role": null}';
SELECT auth.role() IS NULL AS nobody;

-- Strings as they are; numbers and booleans as jsonb prints them.
SELECT claims, set_config('request.jwt.claims', claims, true) <> '' AS set,
       auth.role(), auth.role() IS NOT DISTINCT FROM claims::jsonb ->> 'role' AS as_jsonb
FROM (VALUES ('{"role": "authenticated"}'), ('{"role": ""}'), ('{"role": "a\u0062\"\\\ud83d\ude00"}'),
             ('{"role": true}'), ('{"role": 1.50}'), ('{"role": 1e2}'), ('{"role": -0}'),
             ('{"role": 123456789012345678901234567890.5}'), ('{"role": "a", "role": "b"}')) AS given (claims);

-- An object or an array has no text.
SET LOCAL request.jwt.claims = '{"role": ["admin"]}';
SELECT auth.role();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"role": {"$serde_json::private::Number": "1"}}';
SELECT auth.role();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '"admin"';
SELECT auth.role();
\echo :LAST_ERROR_SQLSTATE

-- A claim of a megabyte.
SELECT set_config('request.jwt.claims', json_build_object('role', repeat('x', 1048576))::text, true) <> '' AS set;
SELECT length(auth.role());

-- A query that changes the role keeps what it has read and sees what it has set.
SET LOCAL request.jwt.claims = '{"role": "before"}';
SELECT auth.role(), set_config('request.jwt.claims', '{"role": "after, and longer"}', true) <> '' AS set, auth.role();
SELECT string_agg(role, ' ' ORDER BY i) FROM (
  SELECT i, auth.role(), set_config('request.jwt.claims', format('{"role": "r%s"}', repeat(i::text, i)), true)
  FROM generate_series(1, 4) AS i OFFSET 0) AS changing;
ROLLBACK;
