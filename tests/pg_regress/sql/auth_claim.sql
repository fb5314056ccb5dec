-- auth.claim(VARIADIC path): the claim at a path as jsonb.
\set ON_ERROR_ROLLBACK on
BEGIN;
-- Nobody has no claims, not even with an empty path.
SELECT auth.claim('sub') IS NULL AS absent, auth.claim(VARIADIC '{}') IS NULL AS nothing;
SET LOCAL request.jwt.claims = '';
SELECT auth.claim('sub') IS NULL AS absent, auth.claim(VARIADIC '{}') IS NULL AS nothing;

-- The same claim that the server's operator finds; JSON null is NULL.
SELECT set_config('request.jwt.claims', claims, true) <> '' AS set,
       path, auth.claim(VARIADIC path), auth.claim(VARIADIC path) IS NOT DISTINCT FROM nullif(claims::jsonb #> path, 'null') AS same
FROM (VALUES ('{"a": {"b": [10, [11], {"c": "\u0063"}, null], "1": true}, "": {"": 1.50}, "a.b": 2, "n": null, "d": {"x": 1}, "d": {"y": 2}}')) AS given (claims),
     (VALUES ('{}'::text[]), ('{a}'), ('{a,b}'), ('{a,b,0}'), ('{a,b,1,0}'), ('{a,b,2,c}'), ('{a,b,3}'), ('{a,b,-2,c}'), ('{a,b,4}'),
             ('{a,b,-5}'), ('{a,b,+1}'), ('{a,b," 1"}'), ('{a,b,"1 "}'), ('{a,b,""}'), ('{a,b,x}'), ('{a,b,2147483648}'), ('{a,b,-2147483648}'),
             ('{a,1}'), ('{"",""}'), ('{a.b}'), ('{n}'), ('{n,n}'), ('{d,x}'), ('{d,y}'), ('{A}'), ('{"{}"}'), ('{{a,b},{2,c}}')) AS paths (path);

-- Numbers come back as they were sent.
SET LOCAL request.jwt.claims = '{"n": 123456789012345678901234567890.12345678901234567890, "e": 1E40, "t": "\ud83d\ude00 \"\\"}';
SELECT auth.claim('n'), auth.claim('e') = '1e40' AS e, auth.claim('t');

-- A path that is not known.
SELECT auth.claim(VARIADIC NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim('a', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim(NULL);
\echo :LAST_ERROR_SQLSTATE

-- Claims that are no JSON object are nobody's.
SET LOCAL request.jwt.claims = '[{"sub": "alice"}]';
SELECT auth.claim('0', 'sub');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": "alice"';
SELECT auth.claim('sub');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"x": "\u0000"}';
SELECT auth.claim('sub');
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('request.jwt.claims', '{"x": ' || repeat('[', 128) || repeat(']', 128) || '}', true) <> '' AS set;
SELECT auth.claim('sub');
\echo :LAST_ERROR_SQLSTATE

-- As deep as claims go, and a claim of a megabyte behind another.
SELECT set_config('request.jwt.claims', '{"x": ' || repeat('[', 126) || '7' || repeat(']', 126) || '}', true) <> '' AS set;
SELECT auth.claim(VARIADIC '{x}'::text[] || array_fill('0'::text, '{126}'));
SELECT set_config('request.jwt.claims', json_build_object('x', json_build_object('y', repeat('y', 1048576), 'z', 1))::text, true) <> '' AS set;
SELECT length(auth.claim('x', 'y') #>> '{}'), auth.claim('x', 'z');

-- A path that changes from row to row, stored inline, compressed or out of line, or is NULL at times.
SET LOCAL request.jwt.claims = '{"a": 1, "b": 2, "c": {"d": 3}}';
CREATE TABLE public.paths (i int, path text[], key text);
INSERT INTO public.paths VALUES (1, '{a}', 'a'), (2, '{a}', 'a'), (3, '{b}', 'b'), (4, '{c,d}', 'c'), (5, '{b}', 'b');
INSERT INTO public.paths SELECT 6, array_agg(repeat('x', 100) || i), repeat('y', 100000) FROM generate_series(1, 2000) AS i;
INSERT INTO public.paths VALUES (7, '{a}', 'a');
SELECT i, auth.claim(VARIADIC path), auth.claim(key) FROM public.paths ORDER BY i;
SELECT jsonb_agg(auth.claim(VARIADIC path) ORDER BY i) FROM public.paths;
DO $$
DECLARE
  path text[];
  key text;
  seen text := '';
  value jsonb;
BEGIN
  FOREACH key IN ARRAY '{a,b,b,c,a}'::text[] LOOP
    path := CASE key WHEN 'c' THEN '{c,d}'::text[] ELSE ARRAY[key] END;
    value := auth.claim(VARIADIC path);
    seen := seen || value || '/';
    value := auth.claim(key);
    seen := seen || value || ' ';
  END LOOP;
  RAISE NOTICE 'seen %', seen;
END $$;

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SAVEPOINT before;
SELECT auth.claim('a'), set_config('request.jwt.claims', '{"a": "after"}', true) <> '' AS set, auth.claim('a');
ROLLBACK TO before;
SELECT auth.claim('a');
SELECT jsonb_agg(a ORDER BY i) FROM (
  SELECT i, auth.claim('a') AS a, set_config('request.jwt.claims', format('{"a": [%s]}', i), true)
  FROM generate_series(1, 4) AS i OFFSET 0) AS changing;

-- A prepared statement follows the claims and its parameter, its generic plan too.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE claim (text[]) AS SELECT auth.claim(VARIADIC $1), auth.claim('a');
SET LOCAL request.jwt.claims = '{"a": 1, "b": 2}';
EXECUTE claim ('{a}');
EXECUTE claim ('{b}');
SET LOCAL request.jwt.claims = '{"a": 3, "b": 4}';
EXECUTE claim ('{b}');
EXECUTE claim (NULL);
\echo :LAST_ERROR_SQLSTATE
DEALLOCATE claim;

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.claim('a');
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.claim(text[])'::regprocedure;
ROLLBACK;
