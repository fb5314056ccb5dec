-- rls.checklist(identities): the questions that only trying access answers.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon, authenticated;
\set alice 00000000-0000-4000-8000-00000000000a
\set bob 00000000-0000-4000-8000-00000000000b
\set carol 00000000-0000-4000-8000-00000000000c
\set identities '''{"stranger": {"role": "anon"}, "alice": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}}, "bob": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated"}}, "carol": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000c", "app_metadata": {"roles": ["admin"]}}}}'''
CREATE VIEW pg_temp.tried AS SELECT item, status, findings, evidence FROM rls.checklist(:identities) WHERE item IN (4, 5, 6);
CREATE VIEW pg_temp.said AS SELECT t.item, t.status, t.findings, e ->> 'object' AS object, e ->> 'message' AS message FROM pg_temp.tried t LEFT JOIN jsonb_array_elements(t.evidence) e ON true;

-- Nothing there to try it on.
SELECT * FROM pg_temp.said;
-- A table that is nobody's to reach.
CREATE TABLE app.closed (id int PRIMARY KEY);
SELECT * FROM pg_temp.said;
-- Owners, and administrators.
CREATE TABLE app.notes (id int PRIMARY KEY, owner_id uuid, body text);
INSERT INTO app.notes VALUES (1, :'alice', 'x'), (2, :'alice', 'x'), (3, :'bob', 'x'), (4, NULL, 'x');
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notes TO anon, authenticated;
CREATE POLICY own ON app.notes TO authenticated USING (owner_id = auth.uid());
CREATE POLICY admins ON app.notes TO authenticated USING (auth.has_role('admin'));
SELECT * FROM pg_temp.said;
-- The other rows are as they were.
SELECT item, title, status FROM rls.checklist(:identities);

-- 4. Rows of one that reach another, by each command.
SAVEPOINT leak;
CREATE POLICY leak ON app.notes FOR SELECT TO authenticated USING (body = 'x' AND auth.uid() IS NOT NULL);
SELECT * FROM pg_temp.said;
SELECT evidence -> 0 AS evidence FROM pg_temp.tried WHERE item = 4;
ROLLBACK TO leak;
CREATE POLICY leak ON app.notes FOR UPDATE TO authenticated USING (id < 4);
SELECT * FROM pg_temp.said WHERE item = 4;
ROLLBACK TO leak;
CREATE POLICY leak ON app.notes FOR DELETE TO authenticated USING (id = 4 OR owner_id IN (SELECT auth.uid()));
SELECT * FROM pg_temp.said WHERE item = 4;
ROLLBACK TO leak;
-- What a stranger reads is nobody's, and item 6 asks whether he should.
CREATE POLICY leak ON app.notes FOR SELECT USING (id = 4);
SELECT * FROM pg_temp.said WHERE item IN (4, 6);
ROLLBACK TO leak;
-- What is meant to be read by everybody, or was reviewed.
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid, published boolean);
INSERT INTO app.posts VALUES (1, :'alice', true), (2, :'bob', false);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.posts TO anon, authenticated;
SELECT count(*) FROM rls.public_read('app.posts', 'author_id', 'published');
SELECT * FROM pg_temp.said;
CREATE POLICY wider ON app.posts FOR SELECT USING (id = 1);
SELECT * FROM pg_temp.said WHERE item = 6;
COMMENT ON TABLE app.posts IS E'all posts\nrowguard:reviewed alice: the first post is an advertisement';
SELECT * FROM pg_temp.said WHERE item = 6;
DROP TABLE app.posts;

-- 5. Policies for administrators that let none in, or everybody.
ALTER POLICY admins ON app.notes USING (auth.has_role('administrator'));
SELECT * FROM pg_temp.said WHERE item = 5;
SELECT evidence -> 0 AS evidence FROM pg_temp.tried WHERE item = 5;
CREATE TABLE app.admins (user_id uuid PRIMARY KEY);
GRANT SELECT ON app.admins TO authenticated;
INSERT INTO app.admins VALUES (:'carol');
CREATE TABLE app.settings (id int PRIMARY KEY);
INSERT INTO app.settings VALUES (1), (2);
GRANT SELECT, UPDATE ON app.settings TO authenticated;
ALTER TABLE app.settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY looked_up ON app.settings TO authenticated USING (EXISTS (SELECT FROM app.admins a WHERE a.user_id = auth.uid()));
ALTER POLICY admins ON app.notes USING (auth.has_role('admin'));
SELECT * FROM pg_temp.said WHERE item = 5;
CREATE POLICY removes ON app.settings FOR DELETE TO authenticated USING (auth.has_role('admin'));
SELECT * FROM pg_temp.said WHERE item = 5;
DELETE FROM app.admins;
SELECT * FROM pg_temp.said WHERE item = 5;
INSERT INTO app.admins VALUES (:'bob');
SELECT * FROM pg_temp.said WHERE item = 5;
-- A role of their own, and a kind that is said.
CREATE ROLE regress_staff;
GRANT USAGE ON SCHEMA app TO regress_staff;
GRANT SELECT ON app.settings TO regress_staff;
CREATE POLICY staff ON app.settings FOR SELECT TO regress_staff USING (id > 5);
SELECT item, status, findings, e ->> 'object' AS object, e ->> 'policies' AS policies, e ->> 'message' AS message
FROM rls.checklist('{"s": {"role": "regress_staff", "kind": "admin"}, "a": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}}') LEFT JOIN jsonb_array_elements(evidence) e ON true WHERE item = 5;

-- 6. A view that is read with its owner's rights; TRUNCATE.
CREATE VIEW app.peek AS SELECT * FROM app.notes;
GRANT SELECT ON app.peek TO anon;
GRANT TRUNCATE ON app.notes TO anon;
SELECT * FROM pg_temp.said WHERE item = 6;
COMMENT ON VIEW app.peek IS 'rowguard:reviewed bob: a sample';
REVOKE TRUNCATE ON app.notes FROM anon;
SELECT * FROM pg_temp.said WHERE item = 6;

-- Too few to try with.
SELECT item, status, findings, evidence FROM rls.checklist('{"carol": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000c"}}}') WHERE item IN (4, 5, 6);
-- What raises is told, and the rest goes on; so are tables without rows.
CREATE TABLE app.empty (id int PRIMARY KEY);
CREATE TABLE app.faults (id int PRIMARY KEY);
INSERT INTO app.faults VALUES (1);
GRANT SELECT ON app.empty, app.faults TO anon, authenticated;
ALTER TABLE app.faults ENABLE ROW LEVEL SECURITY;
CREATE POLICY divides ON app.faults USING (1 / (id - 1) = 1);
SELECT * FROM pg_temp.said WHERE item IN (4, 6);
SELECT * FROM rls.checklist('{"a": {"role": "anon", "kind": "boss"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.checklist('[]');
\echo :LAST_ERROR_SQLSTATE
-- By whom row security binds: what there is he does not know.
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT authenticated, anon TO regress_owner;
GRANT USAGE ON SCHEMA app TO regress_owner;
DROP TABLE app.faults, app.empty, app.settings, app.admins;
DROP VIEW app.peek;
SET LOCAL ROLE regress_owner;
SELECT item, status, findings, evidence FROM rls.checklist(:identities) WHERE item IN (4, 6);
ROLLBACK;
