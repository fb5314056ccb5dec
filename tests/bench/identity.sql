-- What it costs a policy to ask who is asking: 1,000,000 rows, no index, claims of 400 bytes.
\set ON_ERROR_STOP on
\ir include/compare.psql
SET client_min_messages = warning;
CREATE EXTENSION rowguard;
-- The helper as people write it who follow their linter: with a search_path of its own.
CREATE FUNCTION claims_by_json() RETURNS uuid LANGUAGE sql STABLE SET search_path = '' AS
  $$ SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                     nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
-- The same without: the server inlines it, and what is left is the parsing.
CREATE FUNCTION claims_by_json_inlined() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                     nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;

CREATE TABLE items (owner_id uuid NOT NULL, n int NOT NULL);
INSERT INTO items SELECT md5((n % 10)::text)::uuid, n FROM generate_series(1, 1000000) n;
VACUUM ANALYZE items;
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
SELECT md5('1')::uuid AS me \gset
SELECT json_build_object('sub', :'me', 'role', 'authenticated', 'email', 'me@example.com',
         'app_metadata', json_build_object('tenant_id', :'me', 'roles', json_build_array('reader', 'writer')),
         'padding', repeat('x', 177))::text AS claims \gset
SELECT set_config('request.jwt.claims', :'claims', false) <> '' AS set \g /dev/null

CREATE FUNCTION add_case(name text, condition text, peer text, at_most numeric, rounds int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE ROLE %I', 'bench ' || name);
  EXECUTE format('GRANT SELECT ON items TO %I', 'bench ' || name);
  EXECUTE format('CREATE POLICY %I ON items FOR SELECT TO %I USING (%s)', name, 'bench ' || name, condition);
  INSERT INTO bench_case (name, peer, at_most, role_name, sql, rounds)
  VALUES (name, peer, at_most, 'bench ' || name, 'SELECT count(*) FROM items', rounds);
END $$;
-- What the scan itself costs, to tell from it what a policy adds.
SELECT add_case('any row', 'true', NULL, NULL, 41) \g /dev/null
SELECT add_case('constant', format('owner_id = %L', :'me'), NULL, NULL, 41) \g /dev/null
SELECT add_case('auth.uid()', 'owner_id = auth.uid()', 'constant', 1.05, 41) \g /dev/null
SELECT add_case('auth.tenant_id()', 'owner_id = auth.tenant_id()', 'constant', 1.2, 41) \g /dev/null
SELECT add_case('auth.claim_uuid(...)', 'owner_id = auth.claim_uuid(''app_metadata'', ''tenant_id'')', 'constant', 1.2, 41) \g /dev/null
-- OR keeps the planner from asking once for all rows.
SELECT add_case('or auth.has_role(...)', format('owner_id = %L OR auth.has_role(''nobody'')', :'me'), 'constant', 1.3, 41) \g /dev/null
SELECT add_case('constant text', format('owner_id::text = %L', :'me'), NULL, NULL, 5) \g /dev/null
SELECT add_case('auth.jwt() ->> ...', 'owner_id::text = auth.jwt() ->> ''sub''', 'constant text', NULL, 5) \g /dev/null
SELECT add_case('claims parsed per row', 'owner_id = claims_by_json()', 'constant', NULL, 3) \g /dev/null
SELECT add_case('parsed, inlined', 'owner_id = claims_by_json_inlined()', 'constant', NULL, 3) \g /dev/null

SET jit = off;
SET max_parallel_workers_per_gather = 0;
\! echo "identity: a scan of 1,000,000 rows under a policy"
CALL run_bench();
SELECT "case", ms, peer, ratio, at_most, target FROM bench_result ORDER BY ord;
-- Of a query the scan is a part that no reader can shorten: what the policy adds to it is compared, too.
SELECT c."case", round(c.ms / fast.ms, 1) AS "query: times auth.uid()",
       CASE WHEN c."case" <> 'claims parsed per row' THEN NULL
            WHEN c.ms / fast.ms >= 80 THEN 'met' ELSE 'MISSED' END AS "target: 80",
       (c.ms - bare.ms)::numeric(8, 1) AS "policy: ns per row",
       round((c.ms - bare.ms) / (fast.ms - bare.ms), 1) AS "policy: times auth.uid()"
FROM bench_result c, bench_result fast, bench_result bare
WHERE c."case" IN ('constant', 'auth.uid()', 'claims parsed per row', 'parsed, inlined')
  AND fast."case" = 'auth.uid()' AND bare."case" = 'any row'
ORDER BY c.ord;

-- The same with parallel query as servers have it by default: the helper, like most that people write, is
-- not declared PARALLEL SAFE, and a policy that calls it keeps every query to one process.
RESET max_parallel_workers_per_gather;
DELETE FROM bench_time;
DELETE FROM bench_case WHERE name NOT IN ('constant', 'auth.uid()', 'claims parsed per row', 'parsed, inlined');
\! echo "identity: the same scan, parallel query allowed"
CALL run_bench();
SELECT r."case", r.ms, round(r.ms / fast.ms, 1) AS "times auth.uid()"
FROM bench_result r, bench_result fast
WHERE fast."case" = 'auth.uid()' ORDER BY r.ord;
SET max_parallel_workers_per_gather = 0;

-- What it costs a gateway to set 1 KiB of claims, beside a setting that nobody reads.
SELECT rpad(left(:'claims', -2), 1022, 'x') || '"}' AS claims \gset
CREATE TABLE bench_set (setting text, microseconds double precision);
CREATE PROCEDURE time_setting(setting text, value text) LANGUAGE plpgsql AS $$
DECLARE
  started timestamptz := clock_timestamp();
BEGIN
  FOR i IN 1..20000 LOOP
    PERFORM set_config(setting, value, true);
  END LOOP;
  INSERT INTO bench_set VALUES (setting, extract(epoch FROM clock_timestamp() - started) / 20000 * 1e6);
END $$;
SELECT format('CALL time_setting(%L, %L)', setting, :'claims')
FROM generate_series(1, 9), (VALUES ('bench.plain'), ('request.jwt.claims')) AS settings (setting)
\gexec
\! echo "identity: setting 1 KiB of claims, microseconds"
SELECT plain::numeric(8, 2) AS "plain setting", claims::numeric(8, 2), (claims - plain)::numeric(8, 2) AS more,
       CASE WHEN claims - plain <= 10 THEN 'met' ELSE 'MISSED' END AS "target: 10"
FROM (SELECT min(microseconds) FILTER (WHERE setting = 'bench.plain') AS plain,
             min(microseconds) FILTER (WHERE setting = 'request.jwt.claims') AS claims
      FROM bench_set) AS least;

-- What it costs to give a token and have it verified, once per transaction, beside setting claims.
\set jwks `cat tests/tokens/jwks.json`
\set tokens `cat tests/tokens/tokens.txt`
CREATE TABLE bench_login (token text, microseconds double precision);
SET rowguard.identity_mode = 'verified';
SET rowguard.jwks = :'jwks';
CREATE PROCEDURE time_login(name text, token text) LANGUAGE plpgsql AS $$
DECLARE
  started timestamptz := clock_timestamp();
BEGIN
  FOR i IN 1..100 LOOP
    PERFORM auth.login(token);
  END LOOP;
  INSERT INTO bench_login VALUES (name, extract(epoch FROM clock_timestamp() - started) / 100 * 1e6);
END $$;
SELECT format('CALL time_login(%L, %L)', split_part(line, ' ', 1), split_part(line, ' ', 2))
FROM generate_series(1, 41), regexp_split_to_table(:'tokens', E'\n') AS line
WHERE line ~ '^(eddsa|es256|es384|rs256) '
\gexec
\! echo "identity: verifying a token, microseconds"
SELECT token, least::numeric(8, 1) AS microseconds,
       (least / (SELECT min(microseconds) FROM bench_set WHERE setting = 'request.jwt.claims'))::numeric(8, 1)
         AS "times setting claims",
       CASE WHEN token <> 'es256' THEN NULL WHEN least <= 150 THEN 'met' ELSE 'MISSED' END AS "target: 150"
FROM (SELECT token, min(microseconds) AS least FROM bench_login GROUP BY token) AS times
ORDER BY token COLLATE "C";
