-- The example at the top of the README.
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
GRANT USAGE ON SCHEMA public TO authenticated;
\pset footer off
CREATE TABLE posts (id, author_id, title) AS
  VALUES (1, gen_random_uuid(), 'a stranger''s'), (2, '00000000-0000-4000-8000-00000000000a', 'mine');
GRANT SELECT, INSERT, UPDATE, DELETE ON posts TO authenticated;
SELECT level, rule, message FROM rls.audit();
SELECT step, kind, object, action FROM rls.owner_access('posts', 'author_id');
SELECT count(*) AS findings FROM rls.audit();
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
SELECT id, title, auth.uid() FROM posts;
ROLLBACK;
