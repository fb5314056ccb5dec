-- auth.claim_uuid(VARIADIC path): the claim at a path as uuid.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.claim_uuid('org') IS NULL AS absent, auth.claim_uuid(VARIADIC '{}') IS NULL AS nothing;
SET LOCAL request.jwt.claims = '';
SELECT auth.claim_uuid('org') IS NULL AS absent;
SET LOCAL request.jwt.claims = '{"org": null, "x": {}}';
SELECT auth.claim_uuid('org') IS NULL AS absent, auth.claim_uuid('x', 'org') IS NULL AS absent;

-- A string in every form that the type takes.
SELECT form, set_config('request.jwt.claims', json_build_object('x', json_build_array(form))::text, true) <> '' AS set,
       auth.claim_uuid('x', '0') = form::uuid AS same
FROM (VALUES ('00000000-0000-4000-8000-00000000000a'), ('0000000000004000800000000000000A'),
             ('{00000000-0000-4000-8000-00000000000a}'), ('0000-0000-00004000-8000-00000000-000a')) AS forms (form);

-- Anything else is an error, and its message does not tell the value.
SET LOCAL request.jwt.claims = '{"a": "secret", "b": 7, "c": true, "d": ["00000000-0000-4000-8000-00000000000a"], "e": ""}';
SELECT auth.claim_uuid('a');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid('b');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid('c');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid('d');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid('e');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid(VARIADIC '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid(VARIADIC NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_uuid('d', NULL);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '[]';
SELECT auth.claim_uuid('a');
\echo :LAST_ERROR_SQLSTATE

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SET LOCAL request.jwt.claims = '{"o": {"id": "00000000-0000-4000-8000-00000000000a"}}';
SAVEPOINT before;
SELECT auth.claim_uuid('o', 'id'), set_config('request.jwt.claims', '{"o": {"id": "00000000-0000-4000-8000-00000000000b"}}', true) <> '' AS set,
       auth.claim_uuid('o', 'id');
ROLLBACK TO before;
SELECT auth.claim_uuid('o', 'id');
SELECT array_agg(id ORDER BY i) FROM (
  SELECT i, auth.claim_uuid('o', 'id') AS id,
         set_config('request.jwt.claims', format('{"o": {"id": "00000000-0000-4000-8000-00000000000%s"}}', i), true)
  FROM generate_series(1, 4) AS i OFFSET 0) AS changing;

-- A parallel worker reads the same claim.
SET LOCAL request.jwt.claims = '{"o": {"id": "00000000-0000-4000-8000-00000000000a"}}';
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_leader_participation = off;
CREATE TABLE public.rows_of (org uuid, key text);
INSERT INTO public.rows_of SELECT auth.claim_uuid('o', 'id'), CASE i % 2 WHEN 0 THEN 'id' ELSE 'no' END FROM generate_series(1, 2000) AS i;
ANALYZE public.rows_of;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.rows_of WHERE org = auth.claim_uuid('o', 'id');
SELECT count(*) FROM public.rows_of WHERE org = auth.claim_uuid('o', 'id');
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.rows_of WHERE org = auth.claim_uuid('o', key);
SELECT count(*) FROM public.rows_of WHERE org = auth.claim_uuid('o', key);

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.claim_uuid('o', 'id');
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.claim_uuid(text[])'::regprocedure;
ROLLBACK;
