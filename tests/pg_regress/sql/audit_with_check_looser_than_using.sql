-- Rule with_check_looser_than_using: new rows are checked less strictly than old ones.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge

CREATE TEMP TABLE looser (using_clause text, check_clause text);
INSERT INTO looser VALUES
  ('app.owns(owner_id)', 'app.logged_in()'),
  ('org_id IN (SELECT app.my_orgs())', 'is_public'),
  ('owner_id = auth.uid()', 'true'),
  ('owner_id = auth.uid()', '1 = 1'),
  ('owner_id = auth.uid()', 'org_id IS NOT NULL'),
  ('owner_id = auth.uid()', 'status = ''open'''),
  ('owner_id = auth.uid()', 'auth.uid() IS NOT NULL'),
  ('owner_id = auth.uid()', 'auth.role() = ''authenticated'''),
  ('owner_id = auth.uid()', 'owner_id IS NOT NULL'),
  ('owner_id = auth.uid()', 'owner_id <> auth.uid()'),
  ('owner_id = auth.uid()', 'is_public OR owner_id = auth.uid()'),
  ('owner_id = auth.uid()', 'CASE WHEN is_public THEN true ELSE owner_id = auth.uid() END'),
  ('owner_id = auth.uid()', 'EXISTS (SELECT FROM app.docs d WHERE d.id = t.doc_id)'),
  ('auth.uid() IS NOT NULL', 'is_public'),
  ('auth.has_role(''editor'')', 'status = ''open'''),
  ('is_public OR owner_id = auth.uid()', 'status = ''open'''),
  ('org_id IN (SELECT m.org_id FROM app.members m WHERE m.user_id = auth.uid())', 'org_id IN (SELECT m.org_id FROM app.members m)'),
  ('EXISTS (SELECT FROM app.members m WHERE m.org_id = t.org_id AND m.user_id = auth.uid())', 'EXISTS (SELECT FROM app.members m WHERE m.org_id = t.org_id)'),
  ('is_public', 'true'),
  ('owner_id = auth.uid()', 'owner_id = owner_id');
SELECT using_clause, check_clause,
  pg_temp.judge('with_check_looser_than_using', format('FOR UPDATE USING (%s) WITH CHECK (%s)', using_clause, check_clause)) AS verdict
FROM looser;
-- Near misses: as strict in other words, strict in another way, or never true; USING that asks for nobody has nothing to drop.
SELECT using_clause, check_clause,
  pg_temp.judge('with_check_looser_than_using', format('FOR UPDATE USING (%s) WITH CHECK (%s)', using_clause, check_clause)) AS verdict
FROM (VALUES
  ('owner_id = auth.uid()', 'app.owns(owner_id)'),
  ('owner_id = auth.uid()', 'org_id IN (SELECT * FROM app.my_orgs())'),
  ('owner_id = auth.uid()', 'app.is_member(org_id)'),
  ('owner_id = auth.uid()', 'EXISTS (SELECT FROM jsonb_array_elements_text(auth.jwt() -> ''orgs'') o WHERE o = t.org_id::text)'),
  ('owner_id = auth.uid()', 'owner_id = auth.uid()'),
  ('owner_id = auth.uid()', 'auth.uid() = owner_id AND is_public'),
  ('owner_id = auth.uid()', '(SELECT auth.uid()) IN (owner_id)'),
  ('owner_id = auth.uid()', 'false'),
  ('owner_id = auth.uid()', 'NULL'),
  ('owner_id = auth.uid()', 'auth.has_role(''admin'')'),
  ('owner_id = auth.uid()', 'org_id IN (SELECT m.org_id FROM app.members m WHERE m.user_id = auth.uid())'),
  ('owner_id = auth.uid()', 'owner_id = auth.uid() OR auth.has_role(''admin'')'),
  ('is_public', 'status = ''open'''),
  ('is_public OR owner_id = auth.uid()', 'is_public'),
  ('is_public OR owner_id = auth.uid()', 'owner_id = auth.uid()'),
  ('true', 'true'),
  ('auth.uid() IS NOT NULL', 'owner_id = auth.uid()')) c(using_clause, check_clause);
-- Other commands have one clause; FOR ALL and restrictive policies have two.
SELECT clauses, pg_temp.judge('with_check_looser_than_using', clauses) AS verdict FROM (VALUES
  ('USING (owner_id = auth.uid()) WITH CHECK (true)'),
  ('AS RESTRICTIVE USING (org_id = auth.tenant_id()) WITH CHECK (true)'),
  ('FOR UPDATE USING (owner_id = auth.uid())'),
  ('FOR INSERT WITH CHECK (true)'),
  ('FOR UPDATE USING (owner_id = auth.uid()) WITH CHECK (app.unreadable())')) c(clauses);

-- The server agrees: a row is given away. The printed fix mends it.
CREATE POLICY "Reads ""all""" ON app.t FOR SELECT USING (true);
CREATE POLICY "gives ""away""" ON app.t FOR UPDATE USING (owner_id = auth.uid()) WITH CHECK (status = 'open');
INSERT INTO app.t VALUES (1, '00000000-0000-4000-8000-000000000001', gen_random_uuid(), NULL, true, 'open');
GRANT USAGE ON SCHEMA app TO authenticated;
GRANT ALL ON app.t TO authenticated;
SAVEPOINT before;
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-000000000001"}');
UPDATE app.t SET owner_id = '00000000-0000-4000-8000-00000000000f' RETURNING owner_id;
ROLLBACK TO before;
SELECT level, policy, message, detail -> 'check_always_true' AS always_true, fix FROM rls.audit('{app}', '{with_check_looser_than_using}');
SELECT fix FROM rls.audit('{app}', '{with_check_looser_than_using}') \gexec
SELECT policy FROM rls.audit('{app}', '{with_check_looser_than_using}');
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-000000000001"}');
UPDATE app.t SET owner_id = '00000000-0000-4000-8000-00000000000f' RETURNING owner_id;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
