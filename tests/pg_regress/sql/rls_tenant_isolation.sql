-- rls.tenant_isolation(): a floor under all other policies: nobody leaves his tenant.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated, anon;
CREATE FUNCTION pg_temp.become(letter text, more jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
  SELECT set_config('request.jwt.claims', CASE WHEN letter <> ''
    THEN (jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000' || letter) || more)::text ELSE '' END, true)
$$;
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line; END LOOP;
  RETURN plan;
END $$;
CREATE TABLE app.notes (id int PRIMARY KEY, tenant_id uuid, owner_id uuid, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notes TO authenticated, anon;
INSERT INTO app.notes SELECT n, ('00000000-0000-4000-8000-0000000000' || lpad((n % 100)::text, 2, '0'))::uuid, gen_random_uuid(), 'note'
FROM generate_series(1, 100000) AS n;
SELECT count(*) FROM rls.claim_access('app.notes', '{role}', '{authenticated}');
SELECT step, kind, object, action, sql FROM rls.tenant_isolation('app.notes', commands => '{update}', dry_run => true);
SELECT kind, object, action FROM rls.tenant_isolation('app.notes');
SELECT DISTINCT action FROM rls.tenant_isolation('app.notes');
SELECT polname, polpermissive FROM pg_policy WHERE polname LIKE 'notes_tenant%' ORDER BY polname;
ANALYZE app.notes;
-- The other policies give, the floor takes away.
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a', '{"role": "authenticated", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000007"}}');
SELECT count(*), count(DISTINCT tenant_id) AS tenants FROM app.notes;
UPDATE app.notes SET tenant_id = '00000000-0000-4000-8000-000000000008' WHERE id = 7;
\echo :LAST_ERROR_SQLSTATE
INSERT INTO app.notes VALUES (0, '00000000-0000-4000-8000-000000000008');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO app.notes VALUES (0, auth.tenant_id());
DELETE FROM app.notes WHERE id = 8;
SELECT plan LIKE '%Seq Scan%' AS whole_table, plan LIKE '%notes_tenant_id_idx%' AS by_index
FROM (SELECT pg_temp.plan('SELECT * FROM app.notes')) AS explained (plan);
SELECT pg_temp.become('a', '{"role": "authenticated"}');
SELECT count(*) AS without_a_tenant FROM app.notes;
SELECT pg_temp.become('a', '{"role": "authenticated", "app_metadata": {"tenant_id": "seven"}}');
SELECT count(*) FROM app.notes;
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.become('');
SELECT count(*) AS nobody FROM app.notes;
RESET ROLE;
-- Another claim, and tenants by text or number.
CREATE TABLE app.texts (tenant text, n bigint);
GRANT SELECT ON app.texts TO authenticated;
INSERT INTO app.texts VALUES ('acme', 1), ('other', 2);
SELECT count(*) FROM rls.claim_access('app.texts', '{role}', '{authenticated}', commands => '{select}');
SELECT count(*) FROM rls.tenant_isolation('app.texts', 'tenant', '{org}', commands => '{select}');
SELECT count(*) FROM rls.tenant_isolation('app.texts', 'n', '{number}', commands => '{select}', name => 'numbers');
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a', '{"role": "authenticated", "org": "acme", "number": 1}');
SELECT * FROM app.texts;
SELECT pg_temp.become('a', '{"role": "authenticated", "org": "acme", "number": 2}');
SELECT * FROM app.texts;
RESET ROLE;
SELECT sql FROM rls.tenant_isolation('app.notes', commands => '{select}', dry_run => true, standalone => true) WHERE kind = 'policy';
-- The permissive policies below the floor let every logged-in user pass, on purpose.
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info' AND (rule, policy) IS DISTINCT FROM ('policy_ignores_row', object_name || '_claim_access_' || split_part(policy, '_', 4));
-- Refusals.
SELECT * FROM rls.tenant_isolation('app.notes', 'nothing');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE app.arrays (tenant_id uuid[]);
SELECT * FROM rls.tenant_isolation('app.arrays');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tenant_isolation('app.notes', claim => '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tenant_isolation('app.notes', claim => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.tenant_isolation('app.notes', NULL);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
