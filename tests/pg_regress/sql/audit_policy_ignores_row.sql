-- Rule policy_ignores_row: a permissive policy does not look at the row.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge
CREATE FUNCTION app.listed() RETURNS uuid LANGUAGE plpgsql STABLE AS 'BEGIN RETURN NULL; END';
SET LOCAL rowguard.identity_functions = 'app.listed';

SELECT condition, pg_temp.judge('policy_ignores_row', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.logged_in()'),
  ('app.asked() IS NOT NULL'),
  ('auth.uid() IS NOT NULL'),
  ('(SELECT auth.uid()) IS NOT NULL'),
  ('NOT auth.uid() IS NULL'),
  ('auth.is_authenticated()'),
  ('auth.user_id() <> '''''),
  ('auth.uid() = auth.uid()'),
  ('auth.role() = ''authenticated'''),
  ('''authenticated'' = (SELECT auth.role())'),
  ('auth.role() IN (''authenticated'', ''service_role'')'),
  ('auth.role() = ANY (ARRAY[''anon'', ''authenticated''])'),
  ('auth.role() <> ''anon'''),
  ('coalesce(auth.role(), '''') <> ''anon'''),
  ('auth.has_role(''authenticated'')'),
  ('auth.jwt() ->> ''role'' = ''authenticated'''),
  ('auth.jwt() @> ''{"role": "authenticated"}'''),
  ('(auth.jwt() ->> ''sub'') IS NOT NULL'),
  ('current_setting(''request.jwt.claim.role'', true) = ''authenticated'''),
  ('auth.email() LIKE ''%'''),
  ('auth.uid() IS NOT NULL OR auth.has_role(''admin'')'),
  ('CASE WHEN auth.uid() IS NULL THEN false ELSE true END'),
  ('EXISTS (SELECT WHERE auth.uid() IS NOT NULL)'),
  ('EXISTS (SELECT FROM app.docs WHERE is_public)'),
  ('EXISTS (SELECT FROM app.t other WHERE other.is_public)'),
  ('(SELECT c.role = ''authenticated'' FROM (SELECT auth.role() AS role) c)'),
  ('(WITH c AS (SELECT auth.jwt() AS claims) SELECT claims ->> ''sub'' IS NOT NULL FROM c)'),
  ('now() > ''2024-01-01'''),
  ('auth.uid() IS NOT NULL AND EXISTS (SELECT FROM app.docs)'),
  ('app.listed() IS NOT NULL')) c(condition);
-- Near misses: the row, a value that not every caller has, a look-up of the caller, or a constant.
SELECT condition, pg_temp.judge('policy_ignores_row', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.is_admin()'),
  ('app.owns(owner_id)'),
  ('app.not_null(owner_id)'),
  ('org_id IN (SELECT app.my_orgs())'),
  ('owner_id = auth.uid()'),
  ('is_public'),
  ('auth.uid() IS NOT NULL AND is_public'),
  ('EXISTS (SELECT FROM app.members m WHERE m.org_id = t.org_id)'),
  ('org_id IN (SELECT m.org_id FROM app.members m WHERE m.user_id = auth.uid())'),
  ('auth.role() = ''service_role'''),
  ('auth.has_role(''admin'')'),
  ('NOT auth.has_role(''banned'')'),
  ('auth.jwt() ->> ''role'' IN (''admin'', ''editor'')'),
  ('(auth.jwt() ->> ''is_admin'')::boolean'),
  ('auth.jwt() -> ''app_metadata'' -> ''roles'' ? ''admin'''),
  ('(SELECT c.claims ->> ''role'' = ''admin'' FROM (SELECT auth.jwt() AS claims) c)'),
  ('(WITH c AS (SELECT auth.jwt() AS claims) SELECT claims ->> ''role'' = ''admin'' FROM c)'),
  ('(SELECT c.mine FROM (SELECT owner_id = auth.uid() AS mine) c)'),
  ('EXISTS (SELECT FROM (SELECT auth.uid() AS uid) me JOIN app.members m ON m.user_id = me.uid)'),
  ('(SELECT d.role = ''admin'' FROM (SELECT auth.jwt() AS claims) c, LATERAL (SELECT c.claims ->> ''role'' AS role) d)'),
  ('auth.email() LIKE ''%@example.com'''),
  ('auth.uid() = ''00000000-0000-4000-8000-000000000001'''),
  ('current_user = ''app_owner'''),
  ('current_setting(''app.open'', true) = ''yes'''),
  ('EXISTS (SELECT FROM app.admins WHERE user_id = auth.uid())'),
  ('auth.uid() IN (SELECT user_id FROM app.admins)'),
  ('(SELECT role FROM app.members WHERE user_id = auth.uid()) = ''admin'''),
  ('NOT EXISTS (SELECT FROM app.admins WHERE user_id = auth.uid())'),
  ('auth.uid() IS NOT NULL AND auth.has_role(''admin'')'),
  ('true'),
  ('false'),
  ('1 = 1'),
  ('t IS NOT NULL')) c(condition);
-- Where only running a function would tell, the row says so.
SELECT condition, pg_temp.judge('policy_ignores_row', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.unreadable()'),
  ('auth.uid() IS NOT NULL AND app.unreadable()'),
  ('app.unreadable() AND is_public')) c(condition);
-- Each clause is judged by itself; restrictive policies are not.
SELECT clauses, pg_temp.judge('policy_ignores_row', clauses) AS verdict FROM (VALUES
  ('FOR INSERT WITH CHECK (auth.uid() IS NOT NULL)'),
  ('FOR UPDATE USING (auth.uid() IS NOT NULL) WITH CHECK (owner_id = auth.uid())'),
  ('USING (owner_id = auth.uid()) WITH CHECK (auth.uid() IS NOT NULL)'),
  ('AS RESTRICTIVE USING (auth.uid() IS NOT NULL)')) c(clauses);
CREATE POLICY logged_in ON app.t TO authenticated USING (auth.uid() IS NOT NULL);
SELECT level, policy, message, detail -> 'ignores_row' AS ignores_row, fix FROM rls.audit('{app}', '{policy_ignores_row}');
-- The server agrees: anybody with an identity reads everybody's rows.
INSERT INTO app.t VALUES (1, '00000000-0000-4000-8000-000000000001', gen_random_uuid(), NULL, false);
GRANT USAGE ON SCHEMA app TO authenticated;
GRANT SELECT ON app.t TO authenticated;
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000f"}');
SELECT count(*) FROM app.t;
SELECT rls.act_reset();
ROLLBACK;
