-- auth.tenant_id(): the claim at rowguard.tenant_claim as uuid.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.tenant_id() IS NULL AS none;
SHOW rowguard.tenant_claim;
SET LOCAL request.jwt.claims = '';
SELECT auth.tenant_id() IS NULL AS none;
SET LOCAL request.jwt.claims = '{"sub": "alice", "tenant_id": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.tenant_id() IS NULL AS none;
SET LOCAL request.jwt.claims = '{"app_metadata": {"tenant_id": null}}';
SELECT auth.tenant_id() IS NULL AS none;
SET LOCAL request.jwt.claims = '{"app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}';
SELECT auth.tenant_id();

-- A claim that is no uuid, and claims that are no JSON object.
SET LOCAL request.jwt.claims = '{"app_metadata": {"tenant_id": "secret"}}';
SELECT auth.tenant_id();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"app_metadata": {"tenant_id": ["00000000-0000-4000-8000-00000000000a"]}}';
SELECT auth.tenant_id();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '"app_metadata"';
SELECT auth.tenant_id();
\echo :LAST_ERROR_SQLSTATE

-- The path is a setting, which takes effect at once, inside a query too.
SET LOCAL request.jwt.claims =
  '{"app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}, "https://example.com/tenant": "00000000-0000-4000-8000-00000000000b", "orgs": ["00000000-0000-4000-8000-00000000000c"]}';
SELECT auth.tenant_id(), set_config('rowguard.tenant_claim', '"https://example.com/tenant"', true) AS path, auth.tenant_id();
SET LOCAL rowguard.tenant_claim = 'orgs.0';
SELECT auth.tenant_id();
SET LOCAL rowguard.tenant_claim = 'orgs.-2';
SELECT auth.tenant_id() IS NULL AS none;
SAVEPOINT before;
SET LOCAL rowguard.tenant_claim = '';
SELECT auth.tenant_id() IS NULL AS none;
SET LOCAL rowguard.tenant_claim = 'orgs.0';
ROLLBACK TO before;
SELECT auth.tenant_id() IS NULL AS none;
RESET rowguard.tenant_claim;
SELECT auth.tenant_id();

-- What is no path is refused when it is set, and raised when it comes from where nobody is told.
SET LOCAL rowguard.tenant_claim = 'app_metadata..tenant_id';
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.tenant_claim = 'app_metadata, tenant_id';
\echo :LAST_ERROR_SQLSTATE
SELECT current_database() AS db \gset
ALTER DATABASE :"db" SET rowguard.tenant_claim = 'app_metadata.';
\echo :LAST_ERROR_SQLSTATE

-- Who could choose the path could choose the tenant.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.tenant_id();
SET LOCAL rowguard.tenant_claim = 'user_metadata.tenant_id';
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('rowguard.tenant_claim', 'user_metadata.tenant_id', true);
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION pg_temp.as_b() RETURNS uuid LANGUAGE sql SET rowguard.tenant_claim = 'user_metadata.tenant_id' AS 'SELECT auth.tenant_id()';
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- A query that changes the claims keeps what it has read and sees what it has set.
SELECT auth.tenant_id(), set_config('request.jwt.claims', '{"app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000d"}}', true) <> '' AS set,
       auth.tenant_id();

-- A prepared statement follows the tenant and the path, its generic plan too.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE tenant AS SELECT auth.tenant_id();
EXECUTE tenant;
SET LOCAL request.jwt.claims = '{"app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}, "org": "00000000-0000-4000-8000-00000000000b"}';
EXECUTE tenant;
SET LOCAL rowguard.tenant_claim = 'org';
EXECUTE tenant;
DEALLOCATE tenant;

-- A parallel worker reads the same claim at the same path; the planner knows the tenant.
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_leader_participation = off;
CREATE TABLE public.rows_of (tenant uuid);
INSERT INTO public.rows_of
SELECT CASE WHEN i <= 200 THEN auth.tenant_id() ELSE md5(i::text)::uuid END FROM generate_series(1, 2000) AS i;
ANALYZE public.rows_of;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.rows_of WHERE tenant = auth.tenant_id();
SELECT count(*) FROM public.rows_of WHERE tenant = auth.tenant_id();
CREATE FUNCTION pg_temp.estimate() RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) SELECT FROM public.rows_of WHERE tenant = auth.tenant_id()' INTO plan;
  RETURN plan #>> '{0,Plan,Plan Rows}';
END $$;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT pg_temp.estimate() BETWEEN 100 AND 400 AS estimate_within_factor_2;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.tenant_id()'::regprocedure;
ROLLBACK;

-- A path that somebody set before the library came does not count unless he may set it.
\c
BEGIN;
CREATE ROLE regress_anybody;
SET LOCAL request.jwt.claims = '{"user_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}, "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}';
SET LOCAL ROLE regress_anybody;
SET LOCAL rowguard.tenant_claim = 'user_metadata.tenant_id';
SELECT auth.tenant_id();
SHOW rowguard.tenant_claim;
ROLLBACK;
\c
SET rowguard.tenant_clam = 'user_metadata.tenant_id';
SELECT auth.tenant_id() IS NULL AS none;
SET rowguard.tenant_clam = 'user_metadata.tenant_id';
\echo :LAST_ERROR_SQLSTATE
-- A path from the catalog that is none: no other claim is read in its place.
\c
ALTER DATABASE :"db" SET rowguard.tenant_claim = 'app_metadata..tenant_id';
\c
SET request.jwt.claims = '{"app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}';
SELECT auth.tenant_id();
\echo :LAST_ERROR_SQLSTATE
SHOW rowguard.tenant_claim;
ALTER DATABASE :"db" RESET rowguard.tenant_claim;
