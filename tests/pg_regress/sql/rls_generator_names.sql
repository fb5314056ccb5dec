-- Generators and names: whatever tables, columns, sets and roles are called.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
-- Three hundred names of 1 to 63 bytes, from quotes, key words, blanks, wide characters and what
-- statements, comments and formats are made of; the seed is fixed, so that a failure comes back.
SELECT setseed(0.42);
CREATE FUNCTION pg_temp.name() RETURNS name LANGUAGE sql VOLATILE AS $name$
  SELECT left(string_agg((ARRAY['a', 'Z', '"', '''', '\', ' ', '.', ',', ';', '--', '/*', '*/', '$', '$$', '%I', '%', '{', '}',
    '(', ')', 'é', '日', '😀', 'select', 'user', '_', '0', E'\n', E'\t', ':x', '?', 'U&"', 'rowguard:managed {}'])[1 + floor(random() * 33)], ''), 60)
  FROM generate_series(1, 1 + floor(random() * 12)::int)
$name$;
CREATE TEMP TABLE outcome (what text, good boolean);
DO $$
DECLARE
  relation name; owner name; tenant name; grantee name; set_name name; target regclass;
BEGIN
  FOR n IN 1..60 LOOP
    relation := pg_temp.name(); owner := pg_temp.name(); tenant := pg_temp.name(); set_name := pg_temp.name();
    grantee := 'regress_' || left(pg_temp.name(), 40);
    CONTINUE WHEN owner = tenant OR to_regclass(format('%I', relation)) IS NOT NULL
      OR EXISTS (SELECT FROM pg_roles WHERE rolname = grantee);
    EXECUTE format('CREATE ROLE %I', grantee);
    EXECUTE format('CREATE TABLE %I (%I uuid, %I text, deleted_at timestamptz)', relation, owner, tenant);
    target := format('%I', relation)::regclass;
    PERFORM rls.owner_access(target, owner, roles => ARRAY[grantee]);
    PERFORM rls.public_read(target, owner, published_when => format('%I = %L', tenant, set_name), read_roles => ARRAY[grantee], name => set_name);
    PERFORM rls.tenant_isolation(target, tenant, ARRAY[set_name::text], roles => ARRAY[grantee]);
    PERFORM rls.soft_delete(target, visible_to => ARRAY[grantee]);
    INSERT INTO outcome
    SELECT 'made', count(*) = 15 FROM pg_policy WHERE polrelid = target
    UNION ALL SELECT 'again nothing to do', bool_and(s.action = 'unchanged')
    FROM (SELECT action FROM rls.owner_access(target, owner, roles => ARRAY[grantee])
          UNION ALL SELECT action FROM rls.tenant_isolation(target, tenant, ARRAY[set_name::text], roles => ARRAY[grantee])
          UNION ALL SELECT action FROM rls.soft_delete(target, visible_to => ARRAY[grantee])
          UNION ALL SELECT action FROM rls.public_read(target, owner, published_when => format('%I = %L', tenant, set_name), read_roles => ARRAY[grantee], name => set_name)) AS s
    UNION ALL SELECT 'nothing drifts', count(*) = 0 FROM rls.drift()
    UNION ALL SELECT 'all are listed', count(*) = 15 FROM rls.managed m WHERE m."table" = (
      SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target) AND kind = 'policy';
    PERFORM rls.revert(target, m.set) FROM (SELECT DISTINCT "table", set FROM rls.managed) AS m
    WHERE m."table" = (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target);
    INSERT INTO outcome
    SELECT 'reverted', (SELECT count(*) FROM pg_policy WHERE polrelid = target) + (SELECT count(*) FROM pg_index WHERE indrelid = target)
      + (SELECT count(*) FROM pg_trigger WHERE tgrelid = target) + (SELECT count(*) FROM rls.managed) = 0;
  END LOOP;
END $$;
SELECT what, bool_and(good) AS always, count(*) > 40 AS often FROM outcome GROUP BY what ORDER BY what COLLATE "C";
ROLLBACK;
