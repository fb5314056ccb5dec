-- rls.drift(): what is no longer as it was generated, with both texts.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid);
CREATE TABLE app.notes (user_id uuid, body text);
SELECT count(*) FROM rls.owner_access('app.posts', 'author_id');
SELECT count(*) FROM rls.owner_access('app.notes', roles => '{public}', commands => '{select}');
SELECT * FROM rls.drift();
-- A policy edited by hand: its clause, its roles, or a clause more.
SAVEPOINT generated;
\x on
ALTER POLICY posts_owner_access_select ON app.posts USING (author_id = auth.uid() OR author_id IS NULL);
ALTER POLICY posts_owner_access_delete ON app.posts TO anon, authenticated;
ALTER POLICY notes_owner_access_select ON app.notes TO PUBLIC USING (body IS NOT NULL);
SELECT * FROM rls.drift();
\x off
ROLLBACK TO generated;
-- Writing the same in other words is no difference, nor is a comment beside the mark.
ALTER POLICY posts_owner_access_select ON app.posts USING ((author_id) = (auth.uid()));
SELECT format('COMMENT ON POLICY posts_owner_access_select ON app.posts IS %L',
              E'Ask Bob.\n' || obj_description(oid, 'pg_policy'))
FROM pg_policy WHERE polname = 'posts_owner_access_select' \gexec
SELECT * FROM rls.drift();
-- Nor is another name of schema or table.
ALTER TABLE app.posts RENAME TO articles;
ALTER SCHEMA app RENAME TO blog;
SELECT * FROM rls.drift();
-- A column renamed: the policy follows, what was generated cannot be read any more, and says so.
ALTER TABLE blog.articles RENAME author_id TO writer_id;
SELECT object, what, generated, found FROM rls.drift() ORDER BY object;
-- Generated again, by the name of today: no index is made anew.
COMMENT ON INDEX blog.posts_author_id_idx IS 'rowguard:managed {"template":"owner_access","name":"posts_owner_access","does":"finds rows by author_id","by":"x"}
Ask Bob.';
SELECT kind, object, action FROM rls.owner_access('blog.articles', 'writer_id', name => 'posts_owner_access');
SELECT kind, object, action FROM rls.owner_access('blog.articles', 'writer_id', name => 'posts_owner_access') WHERE kind = 'index';
SELECT d LIKE '%Ask Bob.%' AS kept, d LIKE '%finds rows by writer_id%' AS said FROM obj_description('blog.posts_author_id_idx'::regclass) AS d;
SELECT * FROM rls.drift();
ROLLBACK TO generated;
-- Row security switched off, and an index that queries cannot use.
ALTER TABLE app.notes DISABLE ROW LEVEL SECURITY;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.posts_author_id_idx'::regclass;
SELECT "table", set, kind, object, what FROM rls.drift() ORDER BY object;
ROLLBACK TO generated;
-- The generator refuses to overwrite what was edited, and does it when told to.
ALTER POLICY posts_owner_access_select ON app.posts USING (true);
SELECT * FROM rls.owner_access('app.posts', 'author_id');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FILTER (WHERE action = 'alter') AS altered FROM rls.owner_access('app.posts', 'author_id', overwrite => true);
SELECT * FROM rls.drift();
-- A mark without what was made, or one that cannot be read, is no evidence of an edit.
COMMENT ON POLICY posts_owner_access_select ON app.posts IS
  'rowguard:managed {"template":"owner_access","name":"posts_owner_access","does":"","by":"x"}';
COMMENT ON POLICY posts_owner_access_insert ON app.posts IS 'rowguard:managed {';
SELECT * FROM rls.drift();
-- Nor does the server fall over what people write into one.
CREATE FUNCTION pg_temp.made(clause text) RETURNS text LANGUAGE sql AS $$
  SELECT format('COMMENT ON POLICY notes_owner_access_select ON app.notes IS %L', 'rowguard:managed ' ||
    (jsonb_build_object('template', 'owner_access', 'name', 'notes_owner_access', 'does', '', 'by', 'x', 'made', jsonb_build_object('to', ARRAY['PUBLIC'], 'using', clause)))::text)
$$;
DO $$
DECLARE clause text; seen text;
BEGIN
  FOREACH clause IN ARRAY ARRAY['', ' ', '1 UNION SELECT 1', 'true; DROP TABLE app.notes', 'true FROM app.posts', '*', 'notes.*', 'posts.*', '(notes).*', 'DISTINCT true', 'true INTO x', 'count(*) > 0', '(', '$1', 'true, true', '"x', 'user_id = ''no uuid''', 'lag(1) OVER () = 1', 'user_id = auth.uid() --'] LOOP
    EXECUTE pg_temp.made(clause);
    SELECT string_agg(what, ', ') INTO seen FROM rls.drift() WHERE object LIKE 'notes%';
    RAISE NOTICE '%: %', clause, seen;
  END LOOP;
END $$;
SELECT count(*) FROM app.notes;
-- However the server quotes what it keeps.
SET LOCAL quote_all_identifiers = on;
CREATE TABLE app.quoted (id int);
SELECT count(*) FROM rls.column_guard('app.quoted', '{id}', 'immutable');
SELECT DISTINCT action FROM rls.column_guard('app.quoted', '{id}', 'immutable');
RESET quote_all_identifiers;
SELECT object, what FROM rls.drift() WHERE object ~ 'quoted';
SET LOCAL ROLE authenticated;
SELECT * FROM rls.drift();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- What was generated is read with the caller's rights: no answer is not the answer that nothing has changed.
CREATE ROLE regress_elsewhere;
SELECT rls.grant_to('regress_elsewhere', 'migrate');
CREATE TABLE app.drift_members (team_id int, user_id uuid);
CREATE TABLE app.drift_tasks (id int, team_id int);
SELECT count(*) AS steps FROM rls.team_access('app.drift_tasks', 'team_id', 'app.drift_members', 'team_id', 'user_id');
REVOKE USAGE ON SCHEMA app FROM PUBLIC;
SET LOCAL ROLE regress_elsewhere;
SELECT * FROM rls.drift();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
