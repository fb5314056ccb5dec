-- rls.list_managed(): the rows of view rls.managed.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE TABLE posts (id int PRIMARY KEY, author_id uuid);
SELECT count(*) FROM rls.owner_access('posts', 'author_id');
SELECT count(*) AS listed, count(*) FILTER (WHERE row(l) IS NOT DISTINCT FROM row(m)) AS in_view
FROM rls.list_managed() l JOIN rls.managed m USING (object);
SET LOCAL ROLE anon;
SELECT * FROM rls.list_managed();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
