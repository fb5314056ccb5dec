\echo
\echo '== 1. A back end like many: written before anybody looked twice'
\echo
SET client_min_messages = warning;
-- The two roles that a gateway such as PostgREST works as.
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;

CREATE TABLE profiles (user_id uuid PRIMARY KEY, display_name text NOT NULL, email text NOT NULL, phone text);
CREATE TABLE settings (user_id uuid PRIMARY KEY, theme text NOT NULL, api_key text NOT NULL);
CREATE TABLE teams (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE team_members (team_id uuid NOT NULL REFERENCES teams, user_id uuid NOT NULL, PRIMARY KEY (team_id, user_id));
CREATE TABLE projects (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), team_id uuid NOT NULL REFERENCES teams, name text NOT NULL);
CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author_id uuid NOT NULL, title text NOT NULL);
CREATE TABLE organisations (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE organisation_members (organisation_id uuid NOT NULL REFERENCES organisations, user_id uuid NOT NULL, PRIMARY KEY (user_id, organisation_id));
CREATE TABLE documents (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organisation_id uuid NOT NULL REFERENCES organisations, body text NOT NULL);
CREATE TABLE accounts (id uuid PRIMARY KEY, owner_id uuid NOT NULL, balance numeric NOT NULL CHECK (balance >= 0));
CREATE TABLE transactions (from_id uuid, to_id uuid, amount numeric NOT NULL, at timestamptz NOT NULL DEFAULT now());

-- Identities of the demo: users 1 to 1000; Alice is 1, Bob is 2, Mallory is 666.
CREATE FUNCTION id_of(what text, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5(what || ' ' || n)::uuid $$;

INSERT INTO profiles SELECT id_of('user', n), CASE n WHEN 1 THEN 'Alice' WHEN 2 THEN 'Bob' WHEN 666 THEN 'Mallory' ELSE 'User ' || n END,
  'user' || n || '@example.com', '+44 20 7946 ' || lpad(n::text, 4, '0') FROM generate_series(1, 1000) n;
INSERT INTO settings SELECT id_of('user', n), 'dark', 'key_' || left(md5('key' || n), 16) FROM generate_series(1, 1000) n;
INSERT INTO teams SELECT id_of('team', n), 'Team ' || n FROM generate_series(1, 100) n;
INSERT INTO team_members SELECT id_of('team', 1 + (n * 7 + k) % 100), id_of('user', n) FROM generate_series(1, 1000) n, generate_series(0, 2) k;
INSERT INTO projects SELECT id_of('project', n), id_of('team', 1 + n % 100), 'Project ' || n FROM generate_series(1, 2000) n;
INSERT INTO posts (author_id, title) SELECT id_of('user', 1 + n % 1000), 'Draft ' || n FROM generate_series(1, 5000) n;
INSERT INTO organisations SELECT id_of('organisation', n), 'Organisation ' || n FROM generate_series(1, 20) n;
INSERT INTO organisation_members SELECT id_of('organisation', 1 + n % 20), id_of('user', n) FROM generate_series(1, 1000) n;
INSERT INTO documents SELECT id_of('document', n), id_of('organisation', 1 + n % 20), 'Contract ' || n FROM generate_series(1, 4000) n;
INSERT INTO accounts SELECT id_of('account', n), id_of('user', n), 1000 FROM generate_series(1, 1000) n;

-- Who is asking, as snippets on the web do it.
CREATE FUNCTION my_id() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid $$;

-- "Everybody needs to see profiles", and the update policy was copied from the one above it.
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY profiles_read ON profiles FOR SELECT USING (true);
CREATE POLICY profiles_update ON profiles FOR UPDATE USING (true);
-- settings was added later; nobody switched row security on.
-- Drafts are private, and found by reading all of them.
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY posts_own ON posts USING (author_id = my_id());
-- The policies of documents were written, and row security never switched on.
CREATE POLICY documents_members ON documents FOR SELECT USING (EXISTS (
  SELECT FROM organisation_members m WHERE m.organisation_id = documents.organisation_id AND m.user_id = my_id()));
-- Nobody can read organisations; the client shows an empty list.
ALTER TABLE organisations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_members_own ON organisation_members FOR SELECT USING (user_id = my_id());
-- Membership is looked up by user; the primary key begins with the team.
ALTER TABLE team_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY team_members_own ON team_members FOR SELECT USING (user_id = my_id());
ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
CREATE POLICY teams_members ON teams FOR SELECT USING (id IN (SELECT team_id FROM team_members WHERE user_id = my_id()));
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY projects_members ON projects USING (team_id IN (SELECT team_id FROM team_members WHERE user_id = my_id()));

-- Money moves in a function that runs as the owner, so that clients need no rights on the tables.
CREATE FUNCTION transfer_funds(p_from uuid, p_to uuid, p_amount numeric) RETURNS numeric
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE available numeric;
BEGIN
  SELECT balance INTO available FROM accounts WHERE id = p_from;
  IF available < p_amount THEN
    RAISE EXCEPTION 'insufficient funds';
  END IF;
  UPDATE accounts SET balance = balance - p_amount WHERE id = p_from;
  UPDATE accounts SET balance = balance + p_amount WHERE id = p_to;
  INSERT INTO transactions (from_id, to_id, amount) VALUES (p_from, p_to, p_amount);
  RETURN (SELECT balance FROM accounts WHERE id = p_from);
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON profiles, settings, teams, team_members, projects, posts,
  organisations, organisation_members, documents TO anon, authenticated;
ANALYZE;

SELECT relname AS "table", reltuples::int AS rows,
       CASE WHEN relrowsecurity THEN 'on' ELSE 'off' END AS "row security",
       (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies
FROM pg_class c
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
ORDER BY relname;
