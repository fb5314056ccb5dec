-- auth.uid(): the claim sub as uuid.
\set ON_ERROR_ROLLBACK on
BEGIN;
-- Nobody: no setting, what a pooled connection resets it to, no sub, a null sub.
SELECT auth.uid();
SET LOCAL request.jwt.claims = '';
SELECT auth.uid();
SET LOCAL request.jwt.claims = '{"role": "anon"}';
SELECT auth.uid();
SET LOCAL request.jwt.claims = '{"sub": null}';
SELECT auth.uid();

-- Somebody, in every form that the type uuid takes; of duplicate keys the last.
SELECT form, set_config('request.jwt.claims', json_build_object('sub', form)::text, true) <> '' AS set,
       auth.uid() = form::uuid AS same
FROM (VALUES ('00000000-0000-4000-8000-00000000000a'),
             ('0000000000004000800000000000000A'),
             ('{00000000-0000-4000-8000-00000000000a}'),
             ('0000-0000-00004000-8000-00000000-000a')) AS forms (form);
SET LOCAL request.jwt.claims =
  '{"sub": "nobody", "s\u0075b": "00000000-0000-4000-8000-00000000000b"}';
SELECT auth.uid();

-- A sub that is no uuid is an error when somebody asks, not when it is set.
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": ""}';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": 7}';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": ["00000000-0000-4000-8000-00000000000a"]}';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE

-- So are claims that are no JSON object, and what jsonb refuses in claims that nobody reads.
SET LOCAL request.jwt.claims = 'alice';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = 'null';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"x": "\u0000"}';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"x": "\ud800"}';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('request.jwt.claims', '{"x": ' || repeat('[', 127) || repeat(']', 127) || '}', true) <> '';
SELECT auth.uid();
SELECT set_config('request.jwt.claims', repeat('[', 500000), true) <> '';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE

-- The server restores the identity with the setting.
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SAVEPOINT before;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b"}';
SELECT auth.uid();
ROLLBACK TO before;
SELECT auth.uid();
RESET request.jwt.claims;
SELECT auth.uid();
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
CREATE FUNCTION pg_temp.as_b() RETURNS uuid LANGUAGE plpgsql
  SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b"}'
  AS $$ BEGIN RETURN auth.uid(); END $$;
SELECT auth.uid() AS before, pg_temp.as_b() AS inside, auth.uid() AS after;

-- A query that changes the identity keeps what it has read and sees what it has set.
SELECT auth.uid() AS before,
       set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b"}', true) <> '' AS set,
       auth.uid() AS after;
SELECT i, auth.uid(),
       set_config('request.jwt.claims', format('{"sub": "00000000-0000-4000-8000-00000000000%s"}', i), true) <> '' AS set
FROM generate_series(1, 4) AS i;
SELECT array_agg(uid ORDER BY i) FROM (
  SELECT i, auth.uid() AS uid,
         set_config('request.jwt.claims', format('{"sub": "00000000-0000-4000-8000-00000000000%s"}', i), true)
  FROM generate_series(1, 4) AS i OFFSET 0) AS changing;

-- What one call has read stays, whatever calls elsewhere read after it, and where their memory went.
CREATE FUNCTION pg_temp.others(held uuid, n int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE seen text := '';
BEGIN
  FOR i IN 1..n LOOP
    PERFORM set_config('request.jwt.claims', format('{"sub": "00000000-0000-4000-8000-00000000000%s"}', i % 10), true);
    EXECUTE 'SELECT $1 || right(auth.uid()::text, 1)' INTO seen USING right(seen, 11);
  END LOOP;
  RETURN right(held::text, 1) || ' ' || seen;
END $$;
SELECT i, pg_temp.others(auth.uid(), 25) AS one, pg_temp.others(auth.uid(), i) AS another, auth.uid() AS after
FROM generate_series(1, 3) AS i;

-- A prepared statement follows the identity, its generic plan too.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE who AS SELECT auth.uid();
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
EXECUTE who;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b"}';
EXECUTE who;
DEALLOCATE who;
DO $$
DECLARE seen text := '';
BEGIN
  FOR i IN 1..3 LOOP
    PERFORM set_config('request.jwt.claims', format('{"sub": "00000000-0000-4000-8000-00000000000%s"}', i), true);
    seen := seen || right(auth.uid()::text, 1);
  END LOOP;
  RAISE NOTICE 'seen %', seen;
END $$;

-- A parallel worker reads the same identity.
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_leader_participation = off;
CREATE TABLE public.rows_of (owner uuid);
INSERT INTO public.rows_of SELECT auth.uid() FROM generate_series(1, 2000);
ANALYZE public.rows_of;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.rows_of WHERE owner = auth.uid();
SELECT count(*) FROM public.rows_of WHERE owner = auth.uid();

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.uid();
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.uid()'::regprocedure;
ROLLBACK;
SELECT auth.uid();

-- Set before the library is loaded, which the first call of the session does.
\c
SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.uid();
DISCARD ALL;
SELECT auth.uid();
\c
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SAVEPOINT before;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b"}';
SELECT auth.uid();
ROLLBACK TO before;
SELECT auth.uid();
ROLLBACK;
SELECT auth.uid();
