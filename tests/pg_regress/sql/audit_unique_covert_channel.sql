-- Rule unique_covert_channel: a uniqueness or foreign key check tells of rows that policies hide.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE ROLE regress_other;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.teams (id int PRIMARY KEY, user_id uuid NOT NULL);
CREATE TABLE app.lookup (code int PRIMARY KEY);
CREATE TABLE app.secret (code int PRIMARY KEY);
INSERT INTO app.lookup VALUES (1);
INSERT INTO app.secret VALUES (1);
INSERT INTO app.teams VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, '00000000-0000-4000-8000-00000000000b');
GRANT SELECT ON app.lookup, app.teams TO anon;
CREATE TABLE app.t (
  id int, owner_id uuid NOT NULL DEFAULT auth.uid(), team_id int, email text, slug text, span int4range,
  other int, code int);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.t TO anon;
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, columns, message, detail, fix FROM rls.audit('{app}', '{unique_covert_channel}');

-- One finding: an error tells bob of alice's row.
CREATE POLICY own ON app.t USING (owner_id = auth.uid());
ALTER TABLE app.t ADD CONSTRAINT one_mail UNIQUE (email);
SELECT * FROM pg_temp.found;
INSERT INTO app.t (owner_id, email) VALUES ('00000000-0000-4000-8000-00000000000a', 'alice@example.org');
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b"}', true) <> '' AS bob;
SET ROLE anon;
SELECT count(*) FROM app.t;
INSERT INTO app.t (email) VALUES ('alice@example.org');
RESET ROLE;
ALTER TABLE app.t DROP CONSTRAINT one_mail, ADD CONSTRAINT one_mail UNIQUE (owner_id, email);
SELECT * FROM pg_temp.found;
SET ROLE anon;
INSERT INTO app.t (email) VALUES ('alice@example.org');
RESET ROLE;
ALTER TABLE app.t DROP CONSTRAINT one_mail;
DELETE FROM app.t;

-- Each case: what the audit finds, and what bob learns of a row of alice's by writing the same values.
CREATE FUNCTION pg_temp.try(setup text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    learns text := 'nothing';
BEGIN
    BEGIN
        EXECUTE setup;
        SELECT coalesce(string_agg(concat_ws(' ', nullif(rule, 'unique_covert_channel'), columns::text, detail -> 'keys'), '; '), '-')
          INTO verdict FROM pg_temp.found;
        INSERT INTO app.t (owner_id, id, email, slug, team_id, span, other, code)
        VALUES ('00000000-0000-4000-8000-00000000000a', 7, 'a', 'b', 2, '[1,3)', 1, 1);
        SET LOCAL ROLE anon;
        BEGIN
            IF EXISTS (SELECT FROM app.t) THEN
                learns := 'what it may read';
            END IF;
            INSERT INTO app.t (id, email, slug, team_id, span, other, code) VALUES (7, 'A', 'b', 2, '[2,4)', 1, 1);
        EXCEPTION WHEN unique_violation OR exclusion_violation THEN
            learns := coalesce(nullif(learns, 'nothing'), SQLSTATE);
        WHEN insufficient_privilege THEN
            learns := 'refused';
        END;
        RESET ROLE;
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
    RETURN format('found %s; learns %s', verdict, learns);
END $$;
SELECT setup, pg_temp.try(setup) AS result FROM (VALUES
  ('SELECT'),
  -- Unique, in whatever form.
  ('ALTER TABLE app.t ADD CONSTRAINT k PRIMARY KEY (id)'),
  ('CREATE UNIQUE INDEX k ON app.t (lower(email))'),
  ('CREATE UNIQUE INDEX k ON app.t (slug) INCLUDE (owner_id)'),
  ('CREATE UNIQUE INDEX k ON app.t (slug) WHERE id > 0'),
  ('ALTER TABLE app.t ADD CONSTRAINT k UNIQUE (slug, id)'),
  ('ALTER TABLE app.t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (slug)'),
  ('ALTER TABLE app.t ADD CONSTRAINT k EXCLUDE USING gist (span WITH &&)'),
  ('ALTER TABLE app.t ADD CONSTRAINT k EXCLUDE (slug WITH =)'),
  ('CREATE INDEX k ON app.t (slug)'),
  -- With a column that policies compare with the identity.
  ('ALTER TABLE app.t ADD CONSTRAINT k PRIMARY KEY (id, owner_id)'),
  ('CREATE UNIQUE INDEX k ON app.t (lower(email), owner_id)'),
  ('CREATE UNIQUE INDEX k ON app.t ((owner_id::text || email))'),
  ('ALTER TABLE app.t ADD CONSTRAINT k EXCLUDE (slug WITH =, owner_id WITH =)'),
  ('ALTER TABLE app.t ADD CONSTRAINT k UNIQUE (owner_id)'),
  -- Primary keys that are generated; unlike other keys, and others that look like one.
  ('ALTER TABLE app.t ADD COLUMN n int GENERATED ALWAYS AS IDENTITY PRIMARY KEY'),
  ('ALTER TABLE app.t ADD COLUMN n bigserial PRIMARY KEY'),
  ('ALTER TABLE app.t ADD COLUMN n uuid DEFAULT gen_random_uuid() PRIMARY KEY'),
  ('ALTER TABLE app.t ADD COLUMN n text DEFAULT gen_random_uuid()::text PRIMARY KEY'),
  ('ALTER TABLE app.t ADD COLUMN n uuid DEFAULT gen_random_uuid() CONSTRAINT k UNIQUE'),
  ('ALTER TABLE app.t ADD COLUMN n bigserial, ADD CONSTRAINT k PRIMARY KEY (n, slug)'),
  ('ALTER TABLE app.t ADD CONSTRAINT k PRIMARY KEY (id), ALTER id SET DEFAULT 3'),
  -- Nothing to learn: everybody reads all rows, or no policy lets anybody write.
  ('CREATE UNIQUE INDEX k ON app.t (slug); CREATE POLICY all_read ON app.t FOR SELECT USING (true)'),
  ('CREATE UNIQUE INDEX k ON app.t (slug); CREATE POLICY all_read ON app.t FOR SELECT TO regress_other USING (true)'),
  ('CREATE UNIQUE INDEX k ON app.t (slug); CREATE POLICY all_read ON app.t FOR SELECT USING (true); CREATE POLICY floor ON app.t AS RESTRICTIVE FOR SELECT USING (owner_id = auth.uid())'),
  ('CREATE UNIQUE INDEX k ON app.t (slug); DROP POLICY own ON app.t'),
  ('CREATE UNIQUE INDEX k ON app.t (slug); DROP POLICY own ON app.t; CREATE POLICY own ON app.t FOR SELECT USING (owner_id = auth.uid())'),
  ('CREATE UNIQUE INDEX k ON app.t (slug); DROP POLICY own ON app.t; CREATE POLICY own ON app.t TO regress_other USING (owner_id = auth.uid())'),
  ('CREATE UNIQUE INDEX k ON app.t (slug); ALTER TABLE app.t DISABLE ROW LEVEL SECURITY'),
  -- What counts as compared: by a sub-query or a function about the identity, not beside one.
  ('CREATE UNIQUE INDEX k ON app.t (team_id, slug); DROP POLICY own ON app.t; CREATE POLICY p ON app.t USING (team_id IN (SELECT id FROM app.teams WHERE user_id = auth.uid()))'),
  ('CREATE UNIQUE INDEX k ON app.t (team_id, slug); DROP POLICY own ON app.t; CREATE POLICY p ON app.t USING (EXISTS (SELECT FROM app.teams m WHERE m.id = t.team_id AND m.user_id = (SELECT auth.uid())))'),
  ('CREATE FUNCTION app.mine(int) RETURNS boolean LANGUAGE plpgsql STABLE AS ''BEGIN RETURN EXISTS (SELECT FROM app.teams WHERE id = $1 AND user_id = auth.uid()); END''; CREATE UNIQUE INDEX k ON app.t (team_id, slug); DROP POLICY own ON app.t; CREATE POLICY p ON app.t USING (app.mine(team_id))'),
  ('CREATE UNIQUE INDEX k ON app.t (slug); DROP POLICY own ON app.t; CREATE POLICY p ON app.t USING (owner_id = auth.uid() AND slug <> ''''::text)'),
  ('CREATE UNIQUE INDEX k ON app.t (team_id); DROP POLICY own ON app.t; CREATE POLICY p ON app.t USING (owner_id = auth.uid() OR team_id = 5)')) c(setup);

-- Foreign keys: to a table with row security, or one that not every writer may read.
SELECT setup, pg_temp.try(setup) AS result FROM (VALUES
  ('ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES app.lookup'),
  ('ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES app.secret'),
  ('ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES app.lookup; ALTER TABLE app.lookup ENABLE ROW LEVEL SECURITY'),
  ('ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (other) REFERENCES app.teams; ALTER TABLE app.teams ENABLE ROW LEVEL SECURITY'),
  ('DROP POLICY own ON app.t; CREATE POLICY p ON app.t USING (team_id IN (SELECT id FROM app.teams WHERE user_id = auth.uid()));
    ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (team_id) REFERENCES app.teams; ALTER TABLE app.teams ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON app.teams USING (true)')) c(setup);
ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES app.secret;
SET ROLE anon;
INSERT INTO app.t (code) VALUES (1);
INSERT INTO app.t (code) VALUES (2);
RESET ROLE;
ALTER TABLE app.t DROP CONSTRAINT k;

-- A partition's share of its table's key is found at the table.
CREATE TABLE app.parent (id int PRIMARY KEY, owner_id uuid) PARTITION BY LIST (id);
CREATE TABLE app.child PARTITION OF app.parent DEFAULT;
ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.child ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.parent USING (owner_id = auth.uid());
CREATE POLICY own ON app.child USING (owner_id = auth.uid());
SELECT object_name, detail FROM pg_temp.found;
CREATE UNIQUE INDEX own_key ON app.child (owner_id, id);
CREATE UNIQUE INDEX other_key ON app.child ((id + 0));
SELECT object_name, detail FROM pg_temp.found;
ROLLBACK;
