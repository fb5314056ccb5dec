-- rls.public_read(): everybody reads what is published, authors write what is theirs.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated, anon;
CREATE FUNCTION pg_temp.become(letter text, more jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
  SELECT set_config('request.jwt.claims', CASE WHEN letter <> ''
    THEN (jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000' || letter) || more)::text ELSE '' END, true)
$$;
CREATE TABLE app.articles (id int PRIMARY KEY, author_id uuid NOT NULL, published boolean NOT NULL DEFAULT false, title text);
GRANT SELECT ON app.articles TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.articles TO authenticated;
INSERT INTO app.articles VALUES
  (1, '00000000-0000-4000-8000-00000000000a', true, 'of a'), (2, '00000000-0000-4000-8000-00000000000a', false, 'draft of a'),
  (3, '00000000-0000-4000-8000-00000000000b', true, 'of b'), (4, '00000000-0000-4000-8000-00000000000b', false, 'draft of b');
SELECT kind, object, action, sql FROM rls.public_read('app.articles', published_when => 'published', dry_run => true);
SELECT kind, object, action FROM rls.public_read('app.articles', published_when => 'published');
SELECT DISTINCT action FROM rls.public_read('app.articles', published_when => 'published');
SET LOCAL ROLE anon;
SELECT id FROM app.articles ORDER BY id;
UPDATE app.articles SET title = 'x';
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
SELECT id FROM app.articles ORDER BY id;
UPDATE app.articles SET title = title || '!' RETURNING id;
UPDATE app.articles SET author_id = '00000000-0000-4000-8000-00000000000b' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
INSERT INTO app.articles VALUES (5, '00000000-0000-4000-8000-00000000000b', true, 'forged');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO app.articles VALUES (5, auth.uid(), true, 'new of a');
DELETE FROM app.articles RETURNING id;
SELECT pg_temp.become('');
SELECT id FROM app.articles ORDER BY id;
RESET ROLE;
-- Everything is public: on purpose, and the audit is told so.
SELECT kind, object, action FROM rls.public_read('app.articles', commands => '{select}', read_roles => '{public}');
SELECT obj_description(oid, 'pg_policy') FROM pg_policy WHERE polrelid = 'app.articles'::regclass;
SELECT DISTINCT action FROM rls.public_read('app.articles', commands => '{select}', read_roles => '{public}');
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info';
SELECT rule, policy, suppressed_by FROM rls.audit(ARRAY['app'], include_suppressed => true) WHERE suppressed_by IS NOT NULL;
SET LOCAL ROLE anon;
SELECT id FROM app.articles ORDER BY id;
RESET ROLE;
-- The condition is one expression over the row, whatever comes in.
SELECT * FROM rls.public_read('app.articles', published_when => 'true) TO PUBLIC; DROP TABLE app.articles; --');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', published_when => '1) FROM pg_class WHERE (true');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', published_when => 'true), (true');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', published_when => 'true) UNION SELECT (true');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', published_when => 'title');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', published_when => 'nothing > 1');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', published_when => '');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', published_when => 'count(*) > 1');
\echo :LAST_ERROR_SQLSTATE
SELECT sql FROM rls.public_read('app.articles', published_when => E'published -- or\n AND title <> ''a''''b'' /* c */', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT * FROM rls.public_read('app.articles', read_roles => '{regress_nobody}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', read_roles => '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.public_read('app.articles', NULL);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
