-- rls.assert_clean(): the audit as a test that a pipeline fails by.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
SET client_min_messages = notice;
CREATE SCHEMA app;
\set five '{policies_without_rls,policy_always_true,policy_column_unindexed,rls_disabled,rls_without_policy}'
SELECT rls.assert_clean(schemas => '{app}');
CREATE TABLE app.t (id int, user_id uuid);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
-- For information only: clean from warning on.
SELECT rls.assert_clean(schemas => '{app}', rules => :'five');
SELECT rls.assert_clean('info', '{app}', :'five');
\echo :LAST_ERROR_SQLSTATE
CREATE POLICY reads ON app.t FOR SELECT USING (true);
CREATE POLICY own ON app.t FOR DELETE USING (user_id = auth.uid());
CREATE POLICY takes ON app.t FOR UPDATE USING (true);
CREATE TABLE app.quiet (id int);
ALTER TABLE app.quiet ENABLE ROW LEVEL SECURITY;
SELECT rls.assert_clean('info', '{app}', :'five');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_clean('error', '{app}', :'five');
SELECT rls.assert_clean(schemas => '{app}', rules => '{rls_disabled,policy_column_unindexed}');
SELECT rls.assert_clean('error', '{app}', '{rls_disabled,policy_column_unindexed}');

-- What is accepted does not fail, and does not go without saying.
COMMENT ON POLICY takes ON app.t IS 'rowguard:allow policy_always_true a wiki';
SELECT rls.assert_clean('error', '{app}', :'five');
SELECT rls.assert_clean('warning', '{app}', :'five');

-- What could not be judged is not clean.
CREATE FUNCTION app.opaque() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE POLICY opaque ON app.quiet USING (app.opaque());
SELECT rls.assert_clean('error', '{app}', :'five');
\echo :LAST_ERROR_SQLSTATE

-- The first ten are named, the others counted.
SELECT format('CREATE TABLE app.u%s (id int); CREATE POLICY p ON app.u%s USING (false)', n, n)
FROM generate_series(1, 12) n \gexec
SELECT rls.assert_clean('error', '{app}', '{policies_without_rls}');

-- The arguments are those of rls.audit().
SELECT rls.assert_clean(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_clean('fatal');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_clean(schemas => '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_clean(rules => '{nothing}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
