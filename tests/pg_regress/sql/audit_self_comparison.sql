-- Rule self_comparison: a condition compares a column with itself.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge

SELECT condition, pg_temp.judge('self_comparison', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.captures(org_id)'),
  ('CASE WHEN app.captures(org_id) THEN is_public END'),
  ('owner_id = owner_id'),
  ('t.owner_id = owner_id'),
  ('owner_id <> owner_id'),
  ('owner_id IS NOT DISTINCT FROM owner_id'),
  ('id <= id'),
  ('NOT owner_id <> owner_id'),
  ('owner_id::text = owner_id::text'),
  ('lower(status) = lower(status)'),
  ('status LIKE status'),
  ('status IN (status, ''x'')'),
  ('editors @> editors'),
  ('owner_id = (SELECT owner_id)'),
  ('(owner_id, id) = (owner_id, 3)'),
  ('(id, doc_id) < (id, 3)'),
  ('id BETWEEN id AND 5'),
  ('CASE owner_id WHEN owner_id THEN true END'),
  ('EXISTS (SELECT FROM app.members WHERE members.user_id = auth.uid() AND members.org_id = org_id)'),
  ('EXISTS (SELECT FROM app.members m WHERE m.org_id = m.org_id AND m.user_id = auth.uid())'),
  ('EXISTS (SELECT FROM app.docs d JOIN app.members m ON m.org_id = m.org_id)'),
  ('doc_id IN (SELECT doc_id FROM app.docs)'),
  ('org_id IN (SELECT org_id FROM app.docs d UNION SELECT org_id FROM app.members)'),
  ('doc_id = (SELECT doc_id FROM app.docs LIMIT 1)'),
  ('doc_id = ANY (ARRAY(SELECT doc_id FROM app.docs))'),
  ('doc_id NOT IN (SELECT doc_id FROM app.docs WHERE is_public)'),
  ('(doc_id, owner_id) IN (SELECT doc_id, d.owner_id FROM app.docs d)'),
  ('EXISTS (SELECT FROM app.docs d WHERE EXISTS (SELECT FROM app.members WHERE doc_id = t.doc_id))')) c(condition);
-- Near misses: another entry of FROM, another column, another level, or no column.
SELECT condition, pg_temp.judge('self_comparison', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.is_member(org_id)'),
  ('owner_id = app.me()'),
  ('owner_id = org_id'),
  ('owner_id = auth.uid()'),
  ('auth.uid() = auth.uid()'),
  ('EXISTS (SELECT FROM app.members m WHERE m.org_id = t.org_id)'),
  ('EXISTS (SELECT FROM app.members a JOIN app.members b ON a.org_id = b.org_id AND a.user_id <> b.user_id)'),
  ('EXISTS (SELECT FROM app.t other WHERE other.id = t.id)'),
  ('doc_id IN (SELECT id FROM app.docs)'),
  ('EXISTS (SELECT FROM app.members x, app.members y WHERE x.org_id = t.org_id AND y.org_id = x.org_id)'),
  ('nullif(status, status) IS NULL'),
  ('1 = 1'),
  ('random() = random()'),
  ('id + 1 = id'),
  ('status = lower(status)'),
  ('(SELECT count(*) FROM app.docs) = (SELECT count(*) FROM app.docs)'),
  ('owner_id IS NOT NULL'),
  ('doc_id = (SELECT d.id FROM app.docs d WHERE d.id = doc_id)')) c(condition);
-- Where a part cannot be read, the row says so.
SELECT pg_temp.judge('self_comparison', 'USING (xmlserialize(CONTENT xmlelement(name a) AS text) = status)');

-- What is compared is named; restrictive policies and checks count.
CREATE POLICY captured ON app.t AS RESTRICTIVE FOR INSERT TO anon
  WITH CHECK (EXISTS (SELECT FROM app.members WHERE members.org_id = org_id) AND owner_id = owner_id);
SELECT level, policy, columns, message, detail -> 'compared' AS compared, fix FROM rls.audit('{app}', '{self_comparison}');
-- The server agrees: members of any organisation pass.
INSERT INTO app.members VALUES (gen_random_uuid());
SELECT EXISTS (SELECT FROM app.members WHERE members.org_id = org_id) AS passes
FROM (VALUES (gen_random_uuid())) t(org_id);
ALTER POLICY captured ON app.t
  WITH CHECK (EXISTS (SELECT FROM app.members WHERE members.org_id = t.org_id) AND owner_id = auth.uid());
SELECT policy FROM rls.audit('{app}', '{self_comparison}');
ROLLBACK;
