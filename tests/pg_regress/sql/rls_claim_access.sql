-- rls.claim_access(): callers whose claim, a value or an array, holds one of some values, or all.
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
CREATE TABLE app.reports (id int PRIMARY KEY, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.reports TO authenticated, anon;
INSERT INTO app.reports VALUES (1, 'one');
SELECT step, kind, object, action, sql FROM rls.claim_access('app.reports', '{app_metadata,roles}', '{editor,admin}', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT kind, object, action FROM rls.claim_access('app.reports', '{app_metadata,roles}', '{editor,admin}');
SELECT DISTINCT action FROM rls.claim_access('app.reports', '{app_metadata,roles}', '{editor,admin}');
-- What is in the claim decides: an array or one value; absent, null or of another kind admits nobody.
CREATE FUNCTION pg_temp.sees(roles jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.become('a', jsonb_build_object('app_metadata', jsonb_build_object('roles', roles)));
  RETURN (SELECT count(*) FROM app.reports);
EXCEPTION WHEN invalid_text_representation THEN RETURN SQLSTATE;
END $$;
CREATE TABLE app.claims (no int, roles jsonb);
INSERT INTO app.claims VALUES (1, '["editor"]'), (2, '["x", "admin"]'), (3, '"admin"'), (4, '["x"]'), (5, '"x"'), (6, '[]'),
  (7, 'null'), (8, '{"admin": true}'), (9, '["ADMIN"]'), (10, '7'), (11, 'true'), (12, '[["admin"]]'), (13, '["editor", "admin"]'), (14, '"editor,admin"');
GRANT SELECT ON app.claims TO authenticated;
SET LOCAL ROLE authenticated;
SELECT roles, pg_temp.sees(roles) FROM app.claims ORDER BY no;
SELECT pg_temp.become('a');
SELECT count(*) AS without_the_claim FROM app.reports;
SELECT pg_temp.become('');
SELECT count(*) AS nobody FROM app.reports;
SELECT pg_temp.become('a', '{"app_metadata": {"roles": ["x"]}}');
INSERT INTO app.reports VALUES (2, 'two');
\echo :LAST_ERROR_SQLSTATE
UPDATE app.reports SET body = 'x';
DELETE FROM app.reports;
SELECT pg_temp.become('a', '{"app_metadata": {"roles": ["editor"]}}');
INSERT INTO app.reports VALUES (2, 'two');
UPDATE app.reports SET body = 'changed' RETURNING id;
RESET ROLE;
SET LOCAL ROLE anon;
SELECT count(*) AS other_role FROM app.reports;
RESET ROLE;
-- All of them.
SELECT kind, object, action FROM rls.claim_access('app.reports', '{app_metadata,roles}', '{editor,admin}', match => 'all', commands => '{select}');
SET LOCAL ROLE authenticated;
SELECT roles, pg_temp.sees(roles) FROM app.claims ORDER BY no;
RESET ROLE;
-- Numbers and booleans are compared as texts.
DROP FUNCTION pg_temp.sees;
CREATE FUNCTION pg_temp.sees(level jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.become('a', jsonb_build_object('level', level));
  RETURN (SELECT count(*) FROM app.reports);
END $$;
SELECT count(*) FROM rls.claim_access('app.reports', '{level}', '{7,true}', commands => '{select}', overwrite => true);
SET LOCAL ROLE authenticated;
SELECT level, pg_temp.sees(level) AS seen FROM (VALUES ('7'::jsonb), ('[7]'), ('true'), ('8'), ('false')) AS given (level);
RESET ROLE;
-- On another server.
SELECT sql FROM rls.claim_access('app.reports', '{app_metadata,roles}', '{editor,admin}', commands => '{select}', dry_run => true, standalone => true) WHERE kind = 'policy';
-- Values are data, whatever they hold.
CREATE TABLE app.quoted (id int);
GRANT SELECT ON app.quoted TO authenticated;
INSERT INTO app.quoted VALUES (1);
SELECT count(*) FROM rls.claim_access('app.quoted', ARRAY['it''s', E'a\\b'], ARRAY[''') OR true --', 'x"y']);
SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'app.quoted'::regclass AND polcmd = 'r';
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a', '{"it''s": {"a\\b": "x\"y"}}');
SELECT count(*) FROM app.quoted;
SELECT pg_temp.become('a', '{"it''s": {"a\\b": "x"}}');
SELECT count(*) FROM app.quoted;
RESET ROLE;
-- What is generated passes the audit.
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info' AND object_name IN ('reports', 'quoted');
-- Refusals.
SELECT * FROM rls.claim_access('app.reports', '{}', '{x}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.claim_access('app.reports', '{x}', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.claim_access('app.reports', '{x}', '{x}', match => 'none');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.claim_access('app.reports', '{x,NULL}', '{x}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.claim_access('app.reports', NULL, '{x}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.claim_access('app.reports', '{x}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.claim_access('app.reports', '{x}', '{x}', match => NULL);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
