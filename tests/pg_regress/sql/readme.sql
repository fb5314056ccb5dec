-- The example at the top of the README.
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
GRANT USAGE ON SCHEMA public TO authenticated;
\pset footer off
CREATE TABLE posts (id int, author_id uuid, title text);
GRANT SELECT, INSERT, UPDATE, DELETE ON posts TO authenticated;
SELECT level, rule, message FROM rls.audit();
SELECT step, kind, object, action FROM rls.owner_access('posts', 'author_id');
SELECT count(*) AS findings FROM rls.audit();
INSERT INTO posts VALUES (1, gen_random_uuid(), 'a stranger''s'), (2, '00000000-0000-4000-8000-00000000000a', 'mine');
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
SELECT id, title, auth.uid() FROM posts;
ROLLBACK;
