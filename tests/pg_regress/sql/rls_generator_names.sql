-- Generators and names: whatever tables, columns, sets and roles are called.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
-- Hundreds of names of 1 to 63 bytes, from quotes, key words, blanks, wide characters and what
-- statements, comments and formats are made of; the seed is fixed, so that a failure comes back.
SET LOCAL client_min_messages = warning;
SELECT setseed(0.42);
CREATE FUNCTION pg_temp.name() RETURNS name LANGUAGE sql VOLATILE AS $name$
  SELECT left(string_agg((ARRAY['a', 'Z', '"', '''', '\', ' ', '.', ',', ';', '--', '/*', '*/', '$', '$$', '%I', '%', '{', '}',
    '(', ')', 'é', '日', '😀', 'select', 'user', '_', '0', E'\n', E'\t', ':x', '?', 'U&"', 'rowguard:managed {}'])[1 + floor(random() * 33)], ''), 60)
  FROM generate_series(1, 1 + floor(random() * 12)::int)
$name$;
CREATE TEMP TABLE outcome (what text, good boolean);
DO $$
DECLARE
  schema_name name; relation name; owner name; tenant name; starts name; ends name; shown name; grantee name; set_name name;
  target regclass; view regclass; document jsonb; statement text; state text;
BEGIN
  FOR n IN 1..15 LOOP
    schema_name := 'regress_' || left(pg_temp.name(), 40); relation := pg_temp.name(); shown := pg_temp.name();
    owner := pg_temp.name(); tenant := pg_temp.name(); starts := pg_temp.name(); ends := pg_temp.name(); set_name := pg_temp.name();
    grantee := 'regress_' || left(pg_temp.name(), 40);
    CONTINUE WHEN (SELECT count(DISTINCT c) < 5 FROM unnest(ARRAY[owner, tenant, starts, ends, 'deleted_at']) AS c) OR relation = shown
      OR to_regnamespace(format('%I', schema_name)) IS NOT NULL OR EXISTS (SELECT FROM pg_roles WHERE rolname = grantee);
    EXECUTE format('CREATE ROLE %I', grantee);
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    EXECUTE format('CREATE TABLE %I.%I (%I uuid, %I text, %I timestamptz, %I timestamptz, deleted_at timestamptz)', schema_name, relation, owner, tenant, starts, ends);
    EXECUTE format('CREATE VIEW %I.%I AS SELECT * FROM %1$I.%3$I', schema_name, shown, relation);
    target := format('%I.%I', schema_name, relation)::regclass;
    view := format('%I.%I', schema_name, shown)::regclass;
    PERFORM rls.enable_all(schema_name, event_trigger => true);
    PERFORM rls.owner_access(target, owner, roles => ARRAY[grantee]);
    PERFORM rls.claim_access(target, ARRAY[set_name::text, 'x'], ARRAY[tenant::text], roles => ARRAY[grantee]);
    PERFORM rls.public_read(target, owner, published_when => format('%I = %L', tenant, set_name), roles => ARRAY[grantee], read_roles => ARRAY[grantee], name => set_name);
    PERFORM rls.custom(target, format('%I > now() OR %I = %L', starts, tenant, shown), roles => ARRAY[grantee]);
    PERFORM rls.tenant_isolation(target, tenant, ARRAY[set_name::text], roles => ARRAY[grantee]);
    PERFORM rls.soft_delete(target, visible_to => ARRAY[grantee]);
    PERFORM rls.time_window(target, starts, ends, roles => ARRAY[grantee]);
    PERFORM rls.mfa_required(target, roles => ARRAY[grantee]);
    PERFORM rls.column_guard(target, ARRAY[tenant, owner], 'owner_only', owner_column => owner, exempt => ARRAY[grantee], force => true);
    PERFORM rls.column_guard(target, ARRAY[tenant, owner], 'immutable');
    PERFORM rls.secure_view(view);
    PERFORM rls.team_access(target, ARRAY[tenant, owner], target, ARRAY[tenant, owner], owner, tenant, read_roles => ARRAY[set_name::text, tenant],
      active_when => format('%I <> %L', tenant, shown), roles => ARRAY[grantee]);
    PERFORM rls.hierarchy_access(target, jsonb_build_array(jsonb_build_object('column', owner, 'members', target::text, 'members_column', owner, 'members_user_column', owner),
      jsonb_build_object('column', tenant, 'members', format('%I', relation), 'members_column', tenant, 'members_user_column', tenant)), roles => ARRAY[grantee]);
    PERFORM rls.tree_access(target, owner, target, owner, owner, target, owner, tenant, roles => ARRAY[grantee]);
    document := jsonb_build_object('options', jsonb_build_object('roles', ARRAY[grantee]),
      'schemas', jsonb_build_object(schema_name, '{"enable_all": {"event_trigger": true}}'::jsonb),
      'views', jsonb_build_object(format('%I.%I', schema_name, shown), '{"secure_view": {}}'::jsonb),
      'tables', jsonb_build_object(format('%I.%I', schema_name, relation), jsonb_build_object(
        'owner_access', jsonb_build_object('owner_column', owner),
        'claim_access', jsonb_build_object('claim', ARRAY[set_name, 'x'], 'allowed', ARRAY[tenant]),
        'public_read', jsonb_build_object('author_column', owner, 'published_when', format('%I = %L', tenant, set_name), 'read_roles', ARRAY[grantee], 'name', set_name),
        'custom', jsonb_build_object('using_expr', format('%I > now() OR %I = %L', starts, tenant, shown)),
        'tenant_isolation', jsonb_build_object('tenant_column', tenant, 'claim', ARRAY[set_name]),
        'soft_delete', jsonb_build_object('visible_to', ARRAY[grantee], 'roles', ARRAY['authenticated']),
        'time_window', jsonb_build_object('from_column', starts, 'until_column', ends),
        'mfa_required', '{}'::jsonb,
        'team_access', jsonb_build_object('team_column', ARRAY[tenant, owner], 'members', target::text, 'members_team_column', ARRAY[tenant, owner], 'members_user_column', owner,
          'members_role_column', tenant, 'read_roles', ARRAY[set_name::text, tenant], 'active_when', format('%I <> %L', tenant, shown)),
        'hierarchy_access', jsonb_build_object('levels', jsonb_build_array(jsonb_build_object('column', owner, 'members', target::text, 'members_column', owner, 'members_user_column', owner),
          jsonb_build_object('column', tenant, 'members', format('%I', relation), 'members_column', tenant, 'members_user_column', tenant))),
        'tree_access', jsonb_build_object('node_column', owner, 'tree', target::text, 'tree_id_column', owner, 'tree_parent_column', owner,
          'members', target::text, 'members_node_column', owner, 'members_user_column', tenant),
        'column_guard', jsonb_build_array(
          jsonb_build_object('columns', ARRAY[tenant, owner], 'rule', 'owner_only', 'owner_column', owner, 'exempt', ARRAY[grantee], 'force', true),
          jsonb_build_object('columns', ARRAY[tenant, owner], 'rule', 'immutable')))));
    INSERT INTO outcome
    SELECT 'made', count(*) = 40 FROM pg_policy WHERE polrelid = target
    UNION ALL SELECT 'again, as a document, nothing to do', bool_and(a.action = 'unchanged') FROM rls.apply(document) AS a
    UNION ALL SELECT 'nothing drifts', count(*) = 0 FROM rls.drift()
    UNION ALL SELECT 'all are listed', count(*) = 40 FROM rls.managed m WHERE m."table" = (
      SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target) AND kind = 'policy';
    EXECUTE format('INSERT INTO %s (%I) VALUES (''x'')', target, tenant);
    state := 'nothing';
    BEGIN
      EXECUTE format('UPDATE %s SET %I = ''y''', target, tenant);
    EXCEPTION WHEN check_violation THEN
      GET STACKED DIAGNOSTICS state = COLUMN_NAME;
    END;
    INSERT INTO outcome VALUES ('guarded, and the column is named', state = tenant);
    EXECUTE format('CREATE TABLE %I.%I ()', schema_name, left(relation, 20) || ' later');
    INSERT INTO outcome SELECT 'born closed', relrowsecurity FROM pg_class WHERE relname = left(relation, 20) || ' later' AND relnamespace = format('%I', schema_name)::regnamespace;
    PERFORM rls.revert(m."table"::regclass, m.set) FROM (SELECT DISTINCT "table", set FROM rls.managed WHERE template <> 'enable_all') AS m;
    PERFORM rls.enable_all(schema_name, event_trigger => false);
    INSERT INTO outcome
    SELECT 'reverted', (SELECT count(*) FROM pg_policy WHERE polrelid = target) + (SELECT count(*) FROM pg_index WHERE indrelid = target)
      + (SELECT count(*) FROM pg_trigger WHERE tgrelid = target) + (SELECT count(*) FROM rls.managed) + (SELECT count(*) FROM pg_event_trigger)
      + (SELECT count(*) FROM pg_proc WHERE pronamespace = format('%I', schema_name)::regnamespace)
      + (SELECT count(reloptions) FROM pg_class WHERE oid = view) = 0;
    -- The SQL for another server runs as it stands, and makes as much.
    FOR statement IN SELECT p.sql FROM rls.plan(document, standalone => true) AS p WHERE p.sql IS NOT NULL LOOP
      EXECUTE statement;
    END LOOP;
    INSERT INTO outcome SELECT 'standalone', (SELECT count(*) FROM pg_policy WHERE polrelid = target) = 40 AND (SELECT count(*) FROM pg_event_trigger) = 1;
    EXECUTE format('DROP SCHEMA %I CASCADE', schema_name);
  END LOOP;
END $$;
SELECT what, bool_and(good) AS always, count(*) > 12 AS often FROM outcome GROUP BY what ORDER BY what COLLATE "C";
ROLLBACK;
