-- Rule write_through_read_branch: a policy for writing has an arm that was meant for reading.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge

SELECT condition, pg_temp.judge('write_through_read_branch', format('FOR UPDATE USING (%s)', condition)) AS verdict FROM (VALUES
  ('is_public OR app.owns(owner_id)'),
  ('app.not_null(owner_id) OR app.owns(owner_id)'),
  ('is_public OR owner_id = auth.uid()'),
  ('owner_id = (SELECT auth.uid()) OR status = ''open'''),
  ('owner_id IS NULL OR owner_id = auth.uid()'),
  ('owner_id = auth.uid() OR (is_public AND id > 3)'),
  ('CASE WHEN is_public THEN true ELSE owner_id = auth.uid() END'),
  ('CASE WHEN owner_id = auth.uid() THEN true ELSE is_public END'),
  ('NOT (NOT is_public AND owner_id <> auth.uid())'),
  ('(SELECT is_public OR owner_id = auth.uid())'),
  ('coalesce(owner_id = auth.uid(), is_public)'),
  ('true IN (is_public, owner_id = auth.uid())'),
  ('owner_id IN (auth.uid(), ''00000000-0000-4000-8000-000000000001'')'),
  ('(is_public OR owner_id = auth.uid()) IS TRUE'),
  ('(is_public OR owner_id = auth.uid()) = true'),
  ('status = ''a'' AND (is_public OR owner_id = auth.uid())'),
  ('EXISTS (SELECT WHERE is_public OR owner_id = auth.uid())'),
  ('EXISTS (SELECT FROM app.docs d WHERE d.id = t.doc_id AND (d.is_public OR d.owner_id = auth.uid()))'),
  ('doc_id IN (SELECT d.id FROM app.docs d WHERE d.is_public OR d.owner_id = auth.uid())'),
  ('doc_id IN (SELECT id FROM app.docs WHERE is_public UNION SELECT id FROM app.docs WHERE owner_id = auth.uid())'),
  ('EXISTS (SELECT FROM (SELECT d.id FROM app.docs d WHERE d.is_public OR d.owner_id = auth.uid()) x WHERE x.id = t.doc_id)'),
  ('EXISTS (WITH mine AS (SELECT d.id FROM app.docs d WHERE d.is_public OR d.owner_id = auth.uid()) SELECT FROM mine WHERE mine.id = t.doc_id)'),
  ('is_public OR status = ''open'''),
  ('EXISTS (SELECT FROM app.members m JOIN app.docs d ON d.is_public OR d.owner_id = auth.uid())')) c(condition);
-- Near misses: no arm, an identity test above or in every arm, an arm that is never true; and always true is another rule's.
SELECT condition, pg_temp.judge('write_through_read_branch', format('FOR UPDATE USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.owns(owner_id)'),
  ('app.not_null(owner_id)'),
  ('app.is_admin() OR app.is_member(org_id)'),
  ('app.anybody(owner_id)'),
  ('CASE WHEN status = ''a'' THEN false ELSE is_public END'),
  ('EXISTS (SELECT FROM app.my_orgs() o WHERE o = t.org_id AND (t.is_public OR t.id = 1))'),
  ('owner_id = auth.uid()'),
  ('is_public'),
  ('owner_id = auth.uid() AND (is_public OR id > 3)'),
  ('auth.uid() IS NOT NULL AND (is_public OR owner_id = auth.uid())'),
  ('org_id = auth.tenant_id() AND (is_public OR owner_id = auth.uid())'),
  ('CASE WHEN auth.has_role(''editor'') THEN is_public ELSE owner_id = auth.uid() END'),
  ('owner_id = auth.uid() OR auth.uid() = ANY (editors)'),
  ('owner_id = auth.uid() OR auth.role() = ''service_role'''),
  ('owner_id = auth.uid() OR EXISTS (SELECT FROM app.members m WHERE m.user_id = auth.uid() AND m.org_id = t.org_id)'),
  ('EXISTS (SELECT FROM app.docs d WHERE d.id = t.doc_id AND d.owner_id = auth.uid() AND (d.is_public OR t.is_public))'),
  ('coalesce(owner_id = auth.uid(), false)'),
  ('false OR is_public'),
  ('EXISTS (SELECT FROM (SELECT auth.uid() AS uid) me JOIN app.members m ON m.user_id = me.uid WHERE m.org_id = t.org_id) OR owner_id = auth.uid()'),
  ('owner_id = auth.uid() OR false'),
  ('owner_id = auth.uid() OR owner_id = NULL'),
  ('(is_public AND false) OR owner_id = auth.uid()'),
  ('true OR owner_id = auth.uid()')) c(condition);
-- Where only running a function would tell, the row says so.
SELECT condition, pg_temp.judge('write_through_read_branch', format('FOR UPDATE USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.unreadable() OR owner_id = auth.uid()'),
  ('app.unreadable() AND owner_id = auth.uid()'),
  ('app.unreadable()')) c(condition);
-- The commands that write count; a strict WITH CHECK does not help; a restrictive policy opens nothing.
SELECT clauses, pg_temp.judge('write_through_read_branch', clauses) AS verdict FROM (VALUES
  ('USING (is_public OR owner_id = auth.uid())'),
  ('FOR DELETE USING (is_public OR owner_id = auth.uid())'),
  ('FOR UPDATE USING (is_public OR owner_id = auth.uid()) WITH CHECK (owner_id = auth.uid())'),
  ('FOR SELECT USING (is_public OR owner_id = auth.uid())'),
  ('FOR INSERT WITH CHECK (is_public OR owner_id = auth.uid())'),
  ('FOR UPDATE USING (owner_id = auth.uid()) WITH CHECK (is_public OR owner_id = auth.uid())'),
  ('AS RESTRICTIVE USING (is_public OR owner_id = auth.uid())')) c(clauses);

-- The server agrees: a stranger takes a public row over.
CREATE POLICY public_or_own ON app.t USING (is_public OR owner_id = auth.uid()) WITH CHECK (owner_id = auth.uid());
SELECT level, policy, message, detail -> 'opens' AS opens, fix FROM rls.audit('{app}', '{write_through_read_branch}');
INSERT INTO app.t VALUES (1, '00000000-0000-4000-8000-000000000001', gen_random_uuid(), NULL, true);
GRANT USAGE ON SCHEMA app TO authenticated;
GRANT ALL ON app.t TO authenticated;
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000f"}');
UPDATE app.t SET owner_id = auth.uid() RETURNING owner_id;
SELECT rls.act_reset();
-- One policy to read and one to write.
DROP POLICY public_or_own ON app.t;
CREATE POLICY reads ON app.t FOR SELECT USING (is_public OR owner_id = auth.uid());
CREATE POLICY writes ON app.t FOR UPDATE USING (owner_id = auth.uid());
SELECT policy FROM rls.audit('{app}', '{write_through_read_branch}');
ROLLBACK;
