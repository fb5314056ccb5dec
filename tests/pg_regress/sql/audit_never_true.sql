-- Rule never_true: a permissive policy lets no row through.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge
CREATE TEMP TABLE never (condition text);
INSERT INTO never VALUES
  ('app.never(is_public)'),
  ('false'),
  ('NULL'),
  ('owner_id = NULL'),
  ('1 = 2'),
  ('owner_id = auth.uid() AND false'),
  ('org_id IS NULL'),
  ('owner_id <> owner_id'),
  ('is_public AND NOT is_public'),
  ('status IN (NULL)'),
  ('NOT true'),
  ('coalesce(NULL, false)'),
  ('CASE WHEN is_public THEN false ELSE NULL END'),
  ('(SELECT false)'),
  ('EXISTS (SELECT FROM app.docs WHERE false)'),
  ('EXISTS (SELECT FROM app.docs d JOIN app.members m ON false)'),
  ('EXISTS (SELECT FROM (SELECT 1 WHERE false) nothing)'),
  ('owner_id IN (SELECT NULL::uuid)'),
  ('owner_id = ANY (NULL::uuid[])'),
  ('status = ANY (''{}'')'),
  ('(owner_id = auth.uid()) IS NULL AND owner_id IS NOT NULL AND auth.uid() IS NOT NULL'),
  ('nullif(1, 1) = 1'),
  ('''abc'' LIKE ''b%'''),
  ('ARRAY[1] @> ARRAY[2]'),
  ('ARRAY[1, 2] @> ARRAY[ARRAY[1], ARRAY[3]]'),
  ('id < 3 AND id >= 3'),
  ('id < 3 AND id > 3'),
  ('id > 3 AND id < 4'),
  ('status = ''a'' AND status = ''b'''),
  ('(SELECT count(*) FROM app.docs) < 0'),
  ('length(status) = -1'),
  ('EXISTS (SELECT FROM app.docs d WHERE d.id = 1 AND d.id = 2)'),
  ('EXISTS (SELECT FROM app.docs d WHERE d.id BETWEEN 5 AND 1)'),
  ('EXISTS (SELECT FROM app.members m JOIN app.docs d ON d.id > 5 AND is_public AND 3 >= d.id)'),
  ('id IN (SELECT d.id FROM app.docs d WHERE lower(t.status) = ''a'' AND lower(t.status) <> ''a'')'),
  ('EXISTS (SELECT FROM app.docs EXCEPT SELECT) AND false'),
  ('app.explodes() AND false');
SELECT condition, pg_temp.judge('never_true', format('USING (%s)', condition)) AS verdict
FROM never WHERE pg_temp.judge('never_true', format('USING (%s)', condition)) <> 'info never_true';
SELECT count(*) AS caught FROM never
WHERE pg_temp.judge('never_true', format('USING (%s)', condition)) = 'info never_true';
-- The server agrees: no row passes, with an identity or without.
INSERT INTO app.t
SELECT id, owner, gen_random_uuid(), NULL, public, status, id
FROM unnest('{1,2,3,4}'::int[]) id,
     unnest(ARRAY[NULL, '00000000-0000-4000-8000-000000000001'::uuid]) owner,
     unnest('{true,false}'::boolean[]) public, unnest('{NULL,a,b}'::text[]) status;
INSERT INTO app.docs VALUES (1, true);
CREATE FUNCTION pg_temp.passing(condition text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM app.t WHERE (%s)', condition) INTO n;
    RETURN n;
END $$;
SELECT condition FROM never WHERE condition NOT LIKE '%explodes%' AND pg_temp.passing(condition) > 0;
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-000000000001"}', true) <> '' AS identified;
SELECT condition FROM never WHERE condition NOT LIKE '%explodes%' AND pg_temp.passing(condition) > 0;
CREATE COLLATION app.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
-- Near misses.
SELECT condition, pg_temp.judge('never_true', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.owns(owner_id)'),
  ('app.not_null(owner_id)'),
  ('true'),
  ('owner_id IS NULL'),
  ('owner_id = auth.uid()'),
  ('is_public'),
  ('owner_id = owner_id'),
  ('id < 3 AND id > 1'),
  ('coalesce(status = ''a'' AND status = ''b'', true)'),
  ('status = NULL OR is_public'),
  ('EXISTS (SELECT FROM app.docs d WHERE d.id >= 1 AND d.id <= 1)'),
  ('EXISTS (SELECT FROM app.docs d JOIN app.docs e ON d.id = 1 AND e.id = 2)'),
  ('EXISTS (SELECT FROM app.docs d WHERE d.id = 1 OR d.id = 2)'),
  ('EXISTS (SELECT FROM app.docs d WHERE random() * d.id = 1 AND random() * d.id = 2)'),
  ('EXISTS (SELECT FROM app.docs d WHERE status COLLATE app.loose = ''a'' AND status COLLATE app.loose = ''A'')'),
  ('EXISTS (SELECT FROM app.docs)'),
  ('app.unreadable()'),
  ('status LIKE ''a'' AND status LIKE ''b'''),
  -- Casts that change what is compared.
  ('id::oid > 5::oid AND id::oid < (-1)::oid'),
  ('status::bpchar = ''a''::text::bpchar AND status::bpchar = ''a ''::text::bpchar'),
  -- Arrays in an array, of which NULL is without elements.
  ('NOT 1 = ANY (ARRAY[NULL::int[]])'),
  ('ARRAY[1] @> ARRAY[ARRAY[]::int[]]'),
  ('EXISTS (SELECT count(*) FROM app.docs WHERE false)'),
  ('auth.uid() IS NULL'),
  ('NOT EXISTS (SELECT WHERE false)')) c(condition);
-- A table that inherits NOT NULL may drop it, as is seen where the parent is read.
CREATE TABLE app.parent (id int NOT NULL, kept int NOT NULL);
CREATE TABLE app.child () INHERITS (app.parent);
CREATE TABLE app.grandchild () INHERITS (app.child);
ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY gone ON app.parent USING (id IS NULL);
CREATE POLICY kept ON app.parent USING (kept IS NULL);
SELECT policy FROM rls.audit('{app}', '{never_true}');
DO $$ BEGIN ALTER TABLE app.grandchild ALTER id DROP NOT NULL; EXCEPTION WHEN invalid_table_definition THEN
  -- PostgreSQL 18 keeps what a parent has, but a parent may have it for itself alone.
  DROP TABLE app.grandchild, app.child;
  ALTER TABLE app.parent ALTER id DROP NOT NULL;
  EXECUTE 'ALTER TABLE app.parent ADD CONSTRAINT own NOT NULL id NO INHERIT';
  CREATE TABLE app.child () INHERITS (app.parent);
END $$;
SELECT policy FROM rls.audit('{app}', '{never_true}');
DROP POLICY kept ON app.parent;
-- Either clause counts; a restrictive policy is there to keep out.
CREATE POLICY reads ON app.t USING (is_public) WITH CHECK (false);
CREATE POLICY floor ON app.t AS RESTRICTIVE USING (false);
SELECT level, policy, message, detail -> 'never_true' AS never_true, fix FROM rls.audit('{app}', '{never_true}');
ROLLBACK;
