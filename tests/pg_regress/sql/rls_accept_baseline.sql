-- rls.accept_baseline(): accepts what an old project has today.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon;
CREATE TABLE app.old (id int, user_id uuid);
GRANT SELECT ON app.old TO anon;
CREATE TABLE app.older (id int);
ALTER TABLE app.older ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION app.opaque() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE POLICY opaque ON app.older USING (app.opaque());
CREATE POLICY allowed ON app.older FOR SELECT USING (true);
COMMENT ON POLICY allowed ON app.older IS 'rowguard:allow policy_always_true public catalogue';
SELECT count(*) > 2 AS some FROM rls.audit() \gset
SELECT count(*) AS before FROM rls.audit() \gset
SELECT rls.accept_baseline('what was there when checks began', now() + '1 year') = :before AS all_of_them;
SELECT count(*) AS open FROM rls.audit();
SELECT rls.assert_clean('info');
SELECT DISTINCT reason, expires = now() + '1 year' AS in_a_year FROM rls.suppressions;
-- What a comment accepts is accepted there.
SELECT suppressed_by FROM rls.audit('{app}', '{policy_always_true}', include_suppressed => true) WHERE policy = 'allowed';
-- Only what is new counts.
CREATE TABLE app.new (id int);
GRANT SELECT ON app.new TO anon;
SELECT rule, object_name FROM rls.audit('{app}');
SELECT rls.assert_clean('info');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.accept_baseline('and this');
SELECT rls.accept_baseline('nothing left');
SELECT rls.accept_baseline(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.accept_baseline('');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.accept_baseline('late', '-infinity');
\echo :LAST_ERROR_SQLSTATE
CREATE ROLE regress_nobody;
SET LOCAL ROLE regress_nobody;
SELECT rls.accept_baseline('x');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL transaction_read_only = on;
SELECT rls.accept_baseline('x');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
