-- A session whose claims change for ever does not grow, whatever it reads of them.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE FUNCTION pg_temp.memory() RETURNS numeric LANGUAGE sql AS
  'SELECT sum(total_bytes) FROM pg_catalog.pg_backend_memory_contexts';
-- What the server allocates outside its contexts, as it does for values of settings, shows in the process alone.
CREATE FUNCTION pg_temp.resident() RETURNS bigint LANGUAGE sql AS $$
  SELECT substring(pg_read_file('/proc/self/status') FROM 'VmRSS:\s+(\d+) kB')::bigint * 1024 $$;
-- Every reader at a call site that stays, and every other round an argument that changes.
CREATE FUNCTION pg_temp.churn(rounds int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  path text[];
  t text;
  u uuid;
  j jsonb;
  b boolean;
  l text[];
  k uuid[];
  at timestamptz;
BEGIN
  FOR i IN 1..rounds LOOP
    PERFORM set_config('request.jwt.claims', format(
      '{"sub": "00000000-0000-4000-8000-%s", "role": "r%s", "email": "e%s", "exp": %s, "n": 1.5e2, "pad": "%s",
        "app_metadata": {"tenant_id": "00000000-0000-4000-8000-%s", "roles": ["a", "r%s"], "ids": ["00000000-0000-4000-8000-%s"], "yes": true}}',
      lpad(i::text, 12, '0'), i, i, i, repeat('x', i % 500), lpad(i::text, 12, '0'), i, lpad(i::text, 12, '0')), true);
    path := CASE i % 2 WHEN 0 THEN '{app_metadata,roles,1}'::text[] ELSE '{n}' END;
    u := auth.uid(); u := auth.require_uid(); u := auth.tenant_id(); u := auth.claim_uuid('app_metadata', 'tenant_id');
    t := auth.user_id(); t := auth.role(); t := auth.email(); t := auth.claim_text(VARIADIC path); t := auth.claim_text('n');
    j := auth.jwt(); j := auth.claim(VARIADIC path); j := auth.claim('app_metadata'); j := auth.explain();
    l := auth.claim_text_array('app_metadata', 'roles'); k := auth.claim_uuid_array('app_metadata', 'ids');
    b := auth.has_role('r' || i); b := auth.is_authenticated(); b := auth.claim_bool('app_metadata', 'yes'); at := auth.expires_at();
    IF NOT auth.has_role('r' || i) OR t IS DISTINCT FROM '150' OR u IS DISTINCT FROM auth.claim_uuid('sub') THEN
      RAISE EXCEPTION 'wrong in round %', i;
    END IF;
  END LOOP;
END $$;
-- One statement is one set of call sites, so that nothing is freed by the end of a statement.
SELECT pg_temp.churn(2000);
SELECT pg_temp.memory() AS memory, pg_temp.resident() AS resident \gset
SELECT pg_temp.churn(50000);
SELECT pg_temp.memory() - :memory < 1000000 AS contexts_steady, pg_temp.resident() - :resident < 8000000 AS process_steady;

-- A million changes, each of which somebody looks at.
CREATE FUNCTION pg_temp.change(times int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  u uuid;
BEGIN
  FOR i IN 1..times LOOP
    PERFORM set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-' || lpad(i::text, 12, '0') || '"}', true);
    u := auth.uid();
  END LOOP;
  IF right(u::text, 12)::int <> times THEN
    RAISE EXCEPTION 'wrong in the end: %', u;
  END IF;
END $$;
SELECT pg_temp.change(10000);
SELECT pg_temp.memory() AS memory, pg_temp.resident() AS resident \gset
SELECT pg_temp.change(1000000);
SELECT pg_temp.memory() - :memory < 1000000 AS contexts_steady, pg_temp.resident() - :resident < 8000000 AS process_steady;

-- Rows of one query: its call sites live until it ends, and are looked at while it runs.
SELECT max(memory) - min(memory) < 1000000 AS contexts_steady, max(resident) - min(resident) < 8000000 AS process_steady, bool_and(same)
FROM (SELECT i,
             set_config('request.jwt.claims', format('{"sub": "s%s", "role": "%s"}', i, repeat('x', i % 500)), true) <> '' AS set,
             auth.user_id() = 's' || i AND auth.claim_text('sub') = 's' || i AND length(auth.role()) = i % 500
             AND auth.jwt() ->> 'sub' = 's' || i AND auth.has_role(repeat('x', i % 500)) AS same,
             CASE WHEN i % 10000 = 0 THEN pg_temp.memory() END AS memory,
             CASE WHEN i % 10000 = 0 THEN pg_temp.resident() END AS resident
      FROM generate_series(1, 100000) AS i OFFSET 0) AS changing;
ROLLBACK;
