-- Generated policies beside the best that people write by hand: 1,000,000 rows, the same table, each
-- policy for a role of its own.
\set ON_ERROR_STOP on
\ir include/compare.psql
SET client_min_messages = warning;
CREATE EXTENSION rowguard;

CREATE TABLE items (
  id int PRIMARY KEY,
  owner_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  published boolean NOT NULL,
  deleted_at timestamptz,
  valid_from timestamptz,
  valid_until timestamptz
);
INSERT INTO items
SELECT n, md5((n % 1000)::text)::uuid, md5((n % 10)::text)::uuid, n % 2 = 0,
       CASE WHEN n % 5 = 0 THEN '2020-01-01'::timestamptz END, NULL, CASE WHEN n % 3 = 0 THEN '2100-01-01'::timestamptz END
FROM generate_series(1, 1000000) AS n;
CREATE INDEX ON items (owner_id);
CREATE INDEX ON items (tenant_id);
VACUUM ANALYZE items;
ALTER TABLE items ENABLE ROW LEVEL SECURITY;

SELECT set_config('request.jwt.claims', json_build_object('sub', md5('1')::uuid, 'role', 'authenticated', 'aal', 'aal2',
  'app_metadata', json_build_object('tenant_id', md5('1')::uuid, 'roles', json_build_array('reader', 'analyst')))::text, false) <> '' AS set \g /dev/null

-- A case by hand and one by a generator, each a role that reads the table. Floors stand on a policy
-- that admits everybody.
CREATE FUNCTION add_role(name text) RETURNS name LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE ROLE %I', 'bench ' || name);
  EXECUTE format('GRANT SELECT ON items TO %I', 'bench ' || name);
  RETURN 'bench ' || name;
END $$;
CREATE FUNCTION add_case(generator text, arguments text, by_hand text, floor boolean, rounds int, label text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  what text := coalesce(label, generator);
  hand name := add_role(what || ' by hand');
  made name := add_role(what);
  query text := 'SELECT count(*) FROM items';
BEGIN
  IF floor THEN
    EXECUTE format('CREATE POLICY %I ON items FOR SELECT TO %I, %I USING (true)', what || ' base', hand, made);
  END IF;
  EXECUTE format('CREATE POLICY %I ON items AS %s FOR SELECT TO %I USING (%s)',
    what || ' by hand', CASE WHEN floor THEN 'RESTRICTIVE' ELSE 'PERMISSIVE' END, hand, by_hand);
  EXECUTE format('SELECT count(*) FROM rls.%I(''items'' %s, roles => ARRAY[%L]::name[], commands => ''{select}'')', generator, arguments, made);
  INSERT INTO bench_case (name, peer, at_most, role_name, sql, rounds) VALUES
    (what || ' by hand', NULL, NULL, hand, query, rounds), (what, what || ' by hand', 1.1, made, query, rounds);
END $$;
SELECT add_case('owner_access', ', ''owner_id''', 'owner_id = (SELECT auth.uid())', false, 41) \g /dev/null
SELECT add_case('claim_access', ', ''{app_metadata,roles}'', ''{analyst,admin}''',
  '(SELECT auth.claim_text_array(''app_metadata'', ''roles'') && ''{analyst,admin}'')', false, 21) \g /dev/null
SELECT add_case('public_read', ', ''owner_id'', ''published'', read_roles => ''{bench public_read}''', 'published OR owner_id = (SELECT auth.uid())', false, 21) \g /dev/null
SELECT add_case('tenant_isolation', '', 'tenant_id = (SELECT auth.claim_uuid(''app_metadata'', ''tenant_id''))', true, 41) \g /dev/null
SELECT add_case('soft_delete', '', 'deleted_at IS NULL OR deleted_at = now()', true, 21) \g /dev/null
SELECT add_case('time_window', '', '(valid_from IS NULL OR valid_from <= now()) AND (valid_until IS NULL OR valid_until > now())', true, 21) \g /dev/null
SELECT add_case('mfa_required', '', '(SELECT auth.claim_text(''aal'') IN (''aal2'', ''aal3''))', true, 21) \g /dev/null
SELECT add_case('custom', ', ''owner_id = auth.uid() AND published''', 'owner_id = (SELECT auth.uid()) AND published', false, 41) \g /dev/null

-- A view over the owner's policy, and by hand.
CREATE VIEW shown_by_hand WITH (security_invoker = true, security_barrier = true) AS SELECT id, owner_id FROM items;
CREATE VIEW shown AS SELECT id, owner_id FROM items;
SELECT count(*) FROM rls.secure_view('shown') \g /dev/null
GRANT SELECT ON shown_by_hand, shown TO "bench owner_access";
INSERT INTO bench_case (name, peer, at_most, role_name, sql, rounds) VALUES
  ('secure_view by hand', NULL, NULL, 'bench owner_access', 'SELECT count(*) FROM shown_by_hand', 41),
  ('secure_view', 'secure_view by hand', 1.1, 'bench owner_access', 'SELECT count(*) FROM shown', 41);

-- A guard while 100,000 of 1,000,000 rows are updated, and the trigger that people write for it, on
-- tables alike in which a row has room for its next version.
CREATE FUNCTION add_guarded(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, owner_id uuid NOT NULL, tenant_id uuid NOT NULL, price numeric, n int) WITH (fillfactor = 50, autovacuum_enabled = off)', name);
  EXECUTE format('INSERT INTO %I SELECT id, owner_id, tenant_id, 1.5, 0 FROM items', name);
  EXECUTE format('CREATE ROLE %I', 'bench ' || name);
  EXECUTE format('GRANT SELECT, UPDATE ON %I TO %I', name, 'bench ' || name);
END $$;
SELECT add_guarded(name) FROM unnest(ARRAY['by hand', 'guarded', 'compared by hand', 'compared']) AS name \g /dev/null
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'immutable'; END $$;
CREATE TRIGGER guard BEFORE UPDATE ON "by hand" FOR EACH ROW
  WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id OR OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION refuse();
SELECT count(*) FROM rls.column_guard('guarded', '{owner_id,tenant_id}', 'immutable') \g /dev/null
-- A column whose equal values may differ: 1.5 and 1.50.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.price::text IS DISTINCT FROM OLD.price::text THEN
    RAISE EXCEPTION 'immutable';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON "compared by hand" FOR EACH ROW EXECUTE FUNCTION refuse_change();
SELECT count(*) FROM rls.column_guard('compared', '{price}', 'immutable') \g /dev/null
INSERT INTO bench_case (name, peer, at_most, role_name, sql, rounds)
SELECT name, peer, CASE WHEN peer IS NOT NULL THEN 1.1 END, 'bench ' || place, format('UPDATE %I SET n = n + 1 WHERE id <= 100000', place), 11
FROM (VALUES ('column_guard by hand', NULL, 'by hand'), ('column_guard', 'column_guard by hand', 'guarded'),
             ('column_guard of numeric by hand', NULL, 'compared by hand'), ('column_guard of numeric', 'column_guard of numeric by hand', 'compared')) AS c (name, peer, place);

-- Memberships: 1,000 users, each in five teams of 1,000 rows, one organisation of 100,000 rows, and
-- four nodes of a tree of 999. By hand, the policy reads the junction itself, which every caller then
-- has to be let do.
CREATE TABLE team_members (org_id uuid, team_id uuid, user_id uuid, role text);
INSERT INTO team_members SELECT md5((u % 10)::text)::uuid, md5(((u + t * 10) % 1000)::text)::uuid, md5(u::text)::uuid, CASE t WHEN 1 THEN 'admin' ELSE 'member' END
FROM generate_series(0, 999) AS u, generate_series(1, 5) AS t;
CREATE TABLE org_members (org_id uuid, user_id uuid);
INSERT INTO org_members SELECT md5((u % 10)::text)::uuid, md5(u::text)::uuid FROM generate_series(0, 999) AS u;
CREATE TABLE nodes (id uuid PRIMARY KEY, parent_id uuid);
INSERT INTO nodes SELECT md5(n::text)::uuid, md5((n / 10)::text)::uuid FROM generate_series(1, 999) AS n;
CREATE TABLE node_members (node_id uuid, user_id uuid);
INSERT INTO node_members SELECT md5(((u * 7 + n) % 90 + 1)::text)::uuid, md5(u::text)::uuid FROM generate_series(0, 999) AS u, generate_series(1, 4) AS n;
CREATE INDEX ON team_members (user_id);
CREATE INDEX ON org_members (user_id);
CREATE INDEX ON node_members (user_id);
CREATE INDEX ON nodes (parent_id);
CREATE INDEX ON items (tenant_id, owner_id);
VACUUM ANALYZE team_members, org_members, nodes, node_members;
GRANT SELECT ON team_members, org_members, nodes, node_members TO PUBLIC;
SELECT add_case('team_access', ', ''owner_id'', ''team_members'', ''team_id'', ''user_id'', ''role'', read_roles => ''{admin,member}''',
  'owner_id = ANY (ARRAY(SELECT m.team_id FROM team_members m WHERE m.user_id = (SELECT auth.uid()) AND m.role IN (''admin'', ''member'')))', false, 41) \g /dev/null
SELECT add_case('team_access', ', ''{tenant_id,owner_id}'', ''team_members'', ''{org_id,team_id}'', ''user_id'', name => ''composite''',
  'tenant_id = ANY (ARRAY(SELECT m.org_id FROM team_members m WHERE m.user_id = (SELECT auth.uid()))) AND owner_id = ANY (ARRAY(SELECT m.team_id FROM team_members m WHERE m.user_id = (SELECT auth.uid()))) AND (tenant_id, owner_id) IN (SELECT m.org_id, m.team_id FROM team_members m WHERE m.user_id = (SELECT auth.uid()))',
  false, 41, 'team_access, composite') \g /dev/null
SELECT add_case('hierarchy_access', ', ''[{"column": "tenant_id", "members": "org_members", "members_column": "org_id", "members_user_column": "user_id"}, {"column": "owner_id", "members": "team_members", "members_column": "team_id", "members_user_column": "user_id"}]''',
  'tenant_id = ANY (ARRAY(SELECT m.org_id FROM org_members m WHERE m.user_id = (SELECT auth.uid()))) OR owner_id = ANY (ARRAY(SELECT m.team_id FROM team_members m WHERE m.user_id = (SELECT auth.uid())))', false, 41) \g /dev/null
SELECT add_case('tree_access', ', ''owner_id'', ''nodes'', ''id'', ''parent_id'', ''node_members'', ''node_id'', ''user_id''',
  'owner_id = ANY (ARRAY(WITH RECURSIVE reached (node) AS (SELECT m.node_id FROM node_members m WHERE m.user_id = (SELECT auth.uid()) UNION SELECT n.id FROM reached JOIN nodes n ON n.parent_id = reached.node) SELECT node FROM reached))', false, 41) \g /dev/null

SET jit = off;
SET max_parallel_workers_per_gather = 0;
\! echo "policies: a count over 1,000,000 rows, an update of 100,000 of them"
CALL run_bench();
SELECT "case", ms, peer, ratio, at_most, target FROM bench_result ORDER BY ord;
