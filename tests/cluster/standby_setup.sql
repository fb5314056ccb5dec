-- On the primary: what the standby is to show. Runs while the standby is streaming.
CREATE EXTENSION rowguard;
SET client_min_messages = warning;
CREATE TABLE notes (id int PRIMARY KEY, owner_id uuid, note text);
INSERT INTO notes VALUES
  (1, '00000000-0000-4000-8000-00000000000a', 'Alice''s'),
  (2, '00000000-0000-4000-8000-00000000000b', 'Bob''s'),
  (3, '00000000-0000-4000-8000-00000000000a', 'Alice''s, too');
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;
SELECT rls.owner_access('notes', 'owner_id') \g /dev/null

CREATE TABLE members (team_id int, user_id uuid);
CREATE TABLE tasks (id int PRIMARY KEY, team_id int);
INSERT INTO members VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, '00000000-0000-4000-8000-00000000000b');
INSERT INTO tasks VALUES (1, 1), (2, 2);
GRANT SELECT ON tasks TO authenticated;
SELECT rls.team_access('tasks', 'team_id', 'members', 'team_id', 'user_id', commands => '{select}') \g /dev/null

-- For the audit.
CREATE TABLE bare (id int, owner_id uuid);
GRANT SELECT ON bare TO authenticated;
CREATE TABLE lists (id int PRIMARY KEY, owner_id uuid);
GRANT SELECT ON lists TO authenticated;
ALTER TABLE lists ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON lists FOR SELECT TO authenticated USING (true);
CREATE POLICY own ON lists FOR SELECT TO authenticated USING (owner_id = auth.uid());

-- For the operations.
CREATE TABLE accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE transfers (from_id uuid, to_id uuid, amount numeric);
INSERT INTO accounts VALUES
  ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-00000000000a', 100),
  ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b', 0);
SELECT atomic.attach_ledger('main', 'accounts', 'transfers') \g /dev/null
ANALYZE;
