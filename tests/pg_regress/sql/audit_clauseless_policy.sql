-- Rule clauseless_policy: a permissive policy lacks a clause that its command needs.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge

SELECT clauses, pg_temp.judge('clauseless_policy', clauses) AS verdict FROM (VALUES
  (''),
  ('FOR SELECT'),
  ('FOR INSERT'),
  ('FOR UPDATE'),
  ('FOR DELETE'),
  ('WITH CHECK (is_public)'),
  ('FOR UPDATE WITH CHECK (is_public)'),
  ('TO anon')) c(clauses);
-- Near misses: complete, or restrictive, where a missing clause asks nothing.
SELECT clauses, pg_temp.judge('clauseless_policy', clauses) AS verdict FROM (VALUES
  ('USING (is_public)'),
  ('FOR SELECT USING (is_public)'),
  ('FOR INSERT WITH CHECK (is_public)'),
  ('FOR UPDATE USING (is_public)'),
  ('FOR DELETE USING (is_public)'),
  ('USING (is_public) WITH CHECK (true)'),
  ('AS RESTRICTIVE'),
  ('AS RESTRICTIVE FOR INSERT')) c(clauses);

-- The server agrees: every command that the finding names is denied, and INSERT by the one that has a check alone is not.
CREATE POLICY half ON app.t WITH CHECK (true);
SELECT policy, message, detail -> 'denies' AS denies, fix FROM rls.audit('{app}', '{clauseless_policy}');
GRANT USAGE ON SCHEMA app TO anon;
GRANT ALL ON app.t TO anon;
INSERT INTO app.t VALUES (1, NULL, gen_random_uuid(), NULL, true);
SET LOCAL ROLE anon;
INSERT INTO app.t VALUES (2, NULL, gen_random_uuid(), NULL, true);
SELECT count(*) FROM app.t;
UPDATE app.t SET id = 3;
DELETE FROM app.t;
RESET ROLE;
-- With the clause there is nothing to find.
ALTER POLICY half ON app.t USING (is_public);
SELECT policy FROM rls.audit('{app}', '{clauseless_policy}');
ROLLBACK;
