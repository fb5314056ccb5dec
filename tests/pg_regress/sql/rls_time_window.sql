-- rls.time_window(): rows from one time until before another.
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
CREATE TABLE app.offers (id int PRIMARY KEY, user_id uuid, valid_from timestamptz, valid_until timestamptz);
GRANT SELECT, UPDATE ON app.offers TO authenticated;
INSERT INTO app.offers VALUES
  (1, '00000000-0000-4000-8000-00000000000a', NULL, NULL),
  (2, '00000000-0000-4000-8000-00000000000a', now() - interval '1 hour', now() + interval '1 hour'),
  (3, '00000000-0000-4000-8000-00000000000a', now() + interval '1 hour', NULL),
  (4, '00000000-0000-4000-8000-00000000000a', NULL, now() - interval '1 hour'),
  (5, '00000000-0000-4000-8000-00000000000a', now(), NULL),
  (6, '00000000-0000-4000-8000-00000000000a', NULL, now()),
  (7, '00000000-0000-4000-8000-00000000000b', NULL, NULL),
  (8, '00000000-0000-4000-8000-00000000000a', '-infinity', 'infinity');
SELECT count(*) FROM rls.owner_access('app.offers');
SELECT kind, object, action, sql FROM rls.time_window('app.offers', dry_run => true);
SELECT kind, object, action FROM rls.time_window('app.offers');
SELECT DISTINCT action FROM rls.time_window('app.offers');
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
SELECT id FROM app.offers ORDER BY id;
RESET ROLE;
-- Times without a zone, and days.
CREATE TABLE app.days (id int, "from" date, "until" timestamp);
GRANT SELECT ON app.days TO authenticated;
INSERT INTO app.days VALUES (1, now() AT TIME ZONE 'UTC', NULL), (2, (now() AT TIME ZONE 'UTC')::date + 1, NULL), (3, NULL, now() AT TIME ZONE 'UTC'), (4, NULL, now() AT TIME ZONE 'UTC' + interval '1 hour');
CREATE POLICY everybody ON app.days FOR SELECT USING (true);
SELECT sql FROM rls.time_window('app.days', 'from', 'until', dry_run => true) WHERE kind = 'policy';
SELECT count(*) FROM rls.time_window('app.days', 'from', 'until');
SET LOCAL ROLE authenticated;
SELECT id FROM app.days ORDER BY id;
RESET ROLE;
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info' AND object_name = 'offers';
SELECT * FROM rls.time_window('app.offers', 'id', 'valid_until');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.time_window('app.offers', 'valid_from', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.time_window('app.offers', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.time_window('app.offers', until_column => NULL);
\echo :LAST_ERROR_SQLSTATE
-- The audit finds the indexes that it asks for.
SELECT object_name, columns FROM rls.audit('{app}', '{policy_column_unindexed}');
ROLLBACK;
