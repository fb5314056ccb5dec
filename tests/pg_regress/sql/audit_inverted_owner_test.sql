-- Rule inverted_owner_test: a permissive policy lets everybody through but the owner.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge
CREATE TEMP TABLE inverted (condition text);
INSERT INTO inverted VALUES
  ('NOT app.owns(owner_id)'),
  ('owner_id <> app.me()'),
  ('org_id <> app.my_org()'),
  ('owner_id <> auth.uid()'),
  ('owner_id != (SELECT auth.uid())'),
  ('NOT (owner_id = auth.uid())'),
  ('NOT auth.uid() = owner_id'),
  ('owner_id IS DISTINCT FROM auth.uid()'),
  ('NOT owner_id IS NOT DISTINCT FROM auth.uid()'),
  ('(owner_id = auth.uid()) IS NOT TRUE'),
  ('(owner_id = auth.uid()) IS FALSE'),
  ('(owner_id = auth.uid()) = false'),
  ('(owner_id <> auth.uid()) = true'),
  ('owner_id NOT IN (auth.uid())'),
  ('owner_id NOT IN (SELECT auth.uid())'),
  ('owner_id <> ALL (ARRAY[auth.uid()])'),
  ('NOT auth.uid() = ANY (editors)'),
  ('NOT editors @> ARRAY[auth.uid()]'),
  ('CASE WHEN owner_id = auth.uid() THEN false ELSE true END'),
  ('CASE owner_id WHEN auth.uid() THEN false ELSE true END'),
  ('coalesce(owner_id <> auth.uid(), true)'),
  ('coalesce(NOT owner_id = auth.uid(), false)'),
  ('owner_id::text <> auth.jwt() ->> ''sub'''),
  ('owner_id::text <> current_setting(''request.jwt.claim.sub'', true)'),
  ('org_id <> auth.tenant_id()'),
  ('status <> current_user'),
  ('is_public AND owner_id <> auth.uid()'),
  ('is_public OR owner_id <> auth.uid()'),
  ('auth.uid() IS NOT NULL AND owner_id <> auth.uid()'),
  ('auth.role() = ''authenticated'' AND owner_id <> auth.uid()'),
  ('NOT (owner_id = auth.uid() OR is_public)'),
  ('EXISTS (SELECT WHERE owner_id <> auth.uid())'),
  ('owner_id <> (SELECT user_id FROM app.members WHERE user_id = auth.uid())');
SELECT condition, pg_temp.judge('inverted_owner_test', format('USING (%s)', condition)) AS verdict FROM inverted;
-- Near misses: the right way round, or beside a test that says who may.
SELECT condition, pg_temp.judge('inverted_owner_test', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.owns(owner_id)'),
  ('app.is_admin() AND NOT app.owns(owner_id)'),
  ('app.is_member(org_id) AND owner_id <> app.me()'),
  ('owner_id = auth.uid()'),
  ('NOT owner_id <> auth.uid()'),
  ('owner_id <> auth.uid() AND auth.uid() = ANY (editors)'),
  ('owner_id <> auth.uid() AND EXISTS (SELECT FROM app.members m WHERE m.org_id = t.org_id AND m.user_id = auth.uid())'),
  ('auth.has_role(''moderator'') AND owner_id <> auth.uid()'),
  ('owner_id IS DISTINCT FROM auth.uid() AND auth.jwt() ->> ''role'' = ''auditor'''),
  ('org_id = auth.tenant_id() AND NOT (owner_id = auth.uid())'),
  ('owner_id NOT IN (SELECT m.user_id FROM app.members m WHERE m.org_id = auth.tenant_id())'),
  ('NOT EXISTS (SELECT FROM app.members m WHERE m.user_id = auth.uid())'),
  ('CASE WHEN owner_id = auth.uid() THEN true ELSE is_public END'),
  ('CASE WHEN owner_id <> auth.uid() THEN is_public ELSE true END AND auth.tenant_id() = org_id'),
  ('status <> ''draft'' AND owner_id = auth.uid()'),
  ('owner_id <> org_id'),
  ('auth.uid() <> ''00000000-0000-4000-8000-000000000001'''),
  ('owner_id IS NOT NULL'),
  ('NOT is_public'),
  ('false AND owner_id <> auth.uid()')) c(condition);
-- A restrictive policy keeps the owner out on purpose.
SELECT pg_temp.judge('inverted_owner_test', 'AS RESTRICTIVE USING (owner_id <> auth.uid())');

-- The server agrees: each opens somebody else's row.
INSERT INTO app.t VALUES (
  1, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002',
  ARRAY['00000000-0000-4000-8000-000000000001'::uuid], false, 'x'), (
  2, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002',
  ARRAY['00000000-0000-4000-8000-000000000001'::uuid], true, 'x');
INSERT INTO app.members VALUES (NULL, '00000000-0000-4000-8000-00000000000f');
SELECT set_config('request.jwt.claims', jsonb_build_object(
    'sub', u, 'role', 'authenticated', 'app_metadata', jsonb_build_object('tenant_id', u))::text, true) <> '' AS stranger,
  set_config('request.jwt.claim.sub', u, true) <> '' AS legacy
FROM (VALUES ('00000000-0000-4000-8000-00000000000f')) v(u);
CREATE FUNCTION pg_temp.passing(condition text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM app.t WHERE (%s)', condition) INTO n;
    RETURN n;
END $$;
SELECT condition FROM inverted WHERE pg_temp.passing(condition) = 0;

CREATE POLICY others ON app.t FOR SELECT USING (owner_id <> auth.uid());
SELECT level, policy, message, detail -> 'inverted' AS inverted, fix FROM rls.audit('{app}', '{inverted_owner_test}');
ALTER POLICY others ON app.t USING (owner_id = auth.uid());
SELECT policy FROM rls.audit('{app}', '{inverted_owner_test}');
ROLLBACK;
