-- auth.jwt(): all claims.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.jwt() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '';
SELECT auth.jwt() IS NULL AS nobody;
SET LOCAL request.jwt.claims = '{}';
SELECT auth.jwt();

-- Exactly what the server's jsonb makes of the text.
SELECT claims, set_config('request.jwt.claims', claims, true) <> '' AS set, auth.jwt() = claims::jsonb AS same, auth.jwt()
FROM (VALUES ('{"sub": "alice", "app_metadata": {"roles": ["admin", null]}}'),
             ('{"n": 123456789012345678901234567890.12345678901234567890, "e": 1E40, "z": -0.0}'),
             ('{"a": 1, "a": 2}'), (E' {\n"\\u00e9": "\\ud83d\\ude00" } ')) AS given (claims);
SELECT set_config('request.jwt.claims', '{"x": ' || repeat('[', 127) || repeat(']', 127) || '}', true) <> '' AS set;
SELECT auth.jwt() = current_setting('request.jwt.claims')::jsonb AS same;
SELECT set_config('request.jwt.claims', json_build_object('x', repeat('y', 1048576))::text, true) <> '' AS set;
SELECT length(auth.jwt() ->> 'x');

-- Claims that are no JSON object are nobody's.
SET LOCAL request.jwt.claims = 'null';
SELECT auth.jwt();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '[{"sub": "alice"}]';
SELECT auth.jwt();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": "alice"';
SELECT auth.jwt();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": "al\u0000ice"}';
SELECT auth.jwt();
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('request.jwt.claims', '{"x": ' || repeat('[', 128) || repeat(']', 128) || '}', true) <> '' AS set;
SELECT auth.jwt();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
