-- A database worth a dump: policies by a generator and by hand, an accepted finding and others, a
-- ledger, and a payment with an idempotency key.
CREATE EXTENSION rowguard;
SET client_min_messages = warning;
GRANT CREATE ON DATABASE :"DBNAME" TO app_owner;
GRANT CREATE ON SCHEMA public TO app_owner;
SELECT rls.grant_to('app_owner', 'migrate'), rls.grant_to('authenticated', 'app') \g /dev/null
INSERT INTO atomic.rate_limits VALUES ('POST', '/rpc/login', '1 minute', 5, 'address');
SET ROLE app_owner;

CREATE TABLE notes (id int PRIMARY KEY, owner_id uuid, note text);
INSERT INTO notes VALUES
  (1, '00000000-0000-4000-8000-00000000000a', 'Alice''s'),
  (2, '00000000-0000-4000-8000-00000000000b', 'Bob''s');
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;
SELECT rls.owner_access('notes', 'owner_id', force => true) \g /dev/null
SELECT concat_ws(E'\n', 'somebody''s own words', obj_description(oid, 'pg_policy')) AS comment
FROM pg_policy WHERE polname = 'notes_owner_access_delete' \gset
COMMENT ON POLICY notes_owner_access_delete ON notes IS :'comment';

CREATE SCHEMA "Odd Names";
CREATE TABLE "Odd Names"."My Posts" ("Id" int, "Author Id" uuid);
INSERT INTO "Odd Names"."My Posts" VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, NULL);
GRANT USAGE ON SCHEMA "Odd Names" TO authenticated;
GRANT SELECT ON "Odd Names"."My Posts" TO authenticated;
SELECT rls.owner_access('"Odd Names"."My Posts"', 'Author Id', commands => '{select}', name => 'My "own"') \g /dev/null

-- Memberships of a junction that binds its owner, too: the registration names tables and roles, which
-- have other numbers elsewhere.
CREATE TABLE members (team_id int, user_id uuid, role text);
CREATE TABLE tasks (id int PRIMARY KEY, team_id int);
INSERT INTO members VALUES
  (1, '00000000-0000-4000-8000-00000000000a', 'admin'), (2, '00000000-0000-4000-8000-00000000000a', 'viewer'),
  (3, '00000000-0000-4000-8000-00000000000b', 'admin');
INSERT INTO tasks VALUES (1, 1), (2, 2), (3, 3);
GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO authenticated;
SELECT rls.team_access('tasks', 'team_id', 'members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'role IS NOT NULL') \g /dev/null
SELECT rls.team_access('members', 'team_id', 'members', 'team_id', 'user_id', commands => '{select}', force => true) \g /dev/null

-- For the audit: by hand, and accepted or not.
CREATE TABLE catalogue (id int PRIMARY KEY, editor_id uuid);
GRANT SELECT, UPDATE ON catalogue TO anon, authenticated;
ALTER TABLE catalogue ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_all ON catalogue FOR SELECT TO anon, authenticated USING (true);
COMMENT ON POLICY read_all ON catalogue IS 'rowguard:allow policy_always_true a public catalogue';
CREATE POLICY edit_own ON catalogue FOR UPDATE TO authenticated USING (editor_id = (SELECT auth.uid()));
CREATE TABLE bare (id int);
GRANT SELECT ON bare TO anon;

CREATE TABLE accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric(12,2) CHECK (balance >= 0));
CREATE TABLE transfers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), from_id uuid, to_id uuid, amount numeric(12,2));
INSERT INTO accounts VALUES
  ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-00000000000a', 100),
  ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b', 0);
SELECT atomic.attach_ledger('main', 'accounts', 'transfers', '{"transfer_id": "id"}') \g /dev/null

SET ROLE authenticated;
SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1',
                             25, idempotency_key => 'order 1') \g /dev/null
