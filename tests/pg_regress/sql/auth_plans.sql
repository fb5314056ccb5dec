-- What the planner makes of a policy that asks who is asking: what it makes of a constant.
\getenv abs_srcdir PG_ABS_SRCDIR
\set include :abs_srcdir '/include/roles.psql'
BEGIN;
\i :include
-- Owner 1, who is tenant 1, too, has 10 % of the rows; 1,800 others have ten each. What the planner
-- supposes of a value that it does not know, the average, is far from both.
CREATE TABLE public.items (owner_id uuid NOT NULL, tenant_id uuid NOT NULL, n int NOT NULL);
INSERT INTO public.items
SELECT owner, owner, n
FROM (SELECT CASE WHEN n % 10 = 0 THEN '00000000-0000-4000-8000-000000000001'::uuid
                  ELSE md5((n % 2000)::text)::uuid END AS owner, n
      FROM generate_series(1, 20000) AS n) AS rows;
ANALYZE public.items;
GRANT SELECT ON public.items TO authenticated, anon;
ALTER TABLE public.items ENABLE ROW LEVEL SECURITY;

-- The planner's figure for the rows of a query is at most twice or half of what there is.
CREATE FUNCTION pg_temp.estimate_fits(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  plan json;
  estimated numeric;
  found bigint;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  EXECUTE 'SELECT count(*) FROM (' || query || ') AS q' INTO found;
  estimated := (plan #>> '{0,Plan,Plan Rows}')::numeric;
  RETURN found > 0 AND estimated BETWEEN found / 2.0 AND found * 2.0;
END $$;
SET LOCAL request.jwt.claims =
  '{"sub": "00000000-0000-4000-8000-000000000001", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001", "roles": ["reader"]}}';

SET LOCAL max_parallel_workers_per_gather = 0;
CREATE POLICY items_read ON public.items FOR SELECT TO authenticated, anon USING (owner_id = auth.uid());
SET LOCAL ROLE authenticated;
SELECT count(*), pg_temp.estimate_fits('SELECT FROM public.items') FROM public.items;
-- The same for somebody who has ten rows.
SET LOCAL request.jwt.claims = '{"sub": "c4ca4238-a0b9-2382-0dcc-509a6f75849b"}';
SELECT count(*), pg_temp.estimate_fits('SELECT FROM public.items') FROM public.items;
SET LOCAL request.jwt.claims =
  '{"sub": "00000000-0000-4000-8000-000000000001", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001", "roles": ["reader"]}}';
RESET ROLE;
ALTER POLICY items_read ON public.items USING (tenant_id = auth.tenant_id());
SET LOCAL ROLE authenticated;
SELECT count(*), pg_temp.estimate_fits('SELECT FROM public.items') FROM public.items;
RESET ROLE;
ALTER POLICY items_read ON public.items USING (tenant_id = auth.claim_uuid('app_metadata', 'tenant_id'));
SET LOCAL ROLE authenticated;
SELECT count(*), pg_temp.estimate_fits('SELECT FROM public.items') FROM public.items;
-- Asked through a subquery, which the planner does not look into, the estimate is the average owner's.
RESET ROLE;
ALTER POLICY items_read ON public.items USING (tenant_id = (SELECT auth.tenant_id()));
SET LOCAL ROLE authenticated;
SELECT count(*), pg_temp.estimate_fits('SELECT FROM public.items') FROM public.items;

-- A parallel plan where a constant gets one.
RESET ROLE;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
ALTER POLICY items_read ON public.items USING (owner_id = '00000000-0000-4000-8000-000000000001');
SET LOCAL ROLE authenticated;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.items;
RESET ROLE;
ALTER POLICY items_read ON public.items USING (owner_id = auth.uid());
SET LOCAL ROLE authenticated;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.items;
SELECT count(*) FROM public.items;
RESET ROLE;
ALTER POLICY items_read ON public.items
  USING (tenant_id = auth.tenant_id() AND auth.has_role('reader') AND auth.jwt() ->> 'sub' <> '');
SET LOCAL ROLE authenticated;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.items;
SELECT count(*) FROM public.items;
ROLLBACK;
