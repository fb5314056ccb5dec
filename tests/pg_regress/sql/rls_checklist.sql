-- rls.checklist(): the seven questions that a review of row security begins with.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
-- Nothing there: what is judged passes.
SELECT * FROM rls.checklist();
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon, authenticated;
CREATE TABLE app.open (id int);
GRANT SELECT ON app.open TO anon;
CREATE TABLE app.quiet (id int);
CREATE TABLE app.notes (id int, owner_id uuid);
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON app.notes TO authenticated;
CREATE POLICY reads ON app.notes FOR SELECT TO authenticated USING (true);
CREATE POLICY own ON app.notes FOR UPDATE TO authenticated USING (owner_id = auth.uid());
CREATE FUNCTION app.all_notes() RETURNS SETOF app.notes LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM app.notes';
SELECT item, title, status, findings, jsonb_path_query_array(evidence, '$[*].rule') AS rules, jsonb_path_query_array(evidence, '$[*].object') AS objects
FROM rls.checklist();
-- Mended, or accepted with a reason.
ALTER TABLE app.open ENABLE ROW LEVEL SECURITY;
COMMENT ON POLICY reads ON app.notes IS 'rowguard:allow policy_always_true public catalogue';
CREATE INDEX ON app.notes (owner_id);
DROP FUNCTION app.all_notes();
SELECT item, status, findings FROM rls.checklist();
-- What cannot be judged is no pass.
CREATE FUNCTION app.opaque() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE POLICY opaque ON app.notes FOR UPDATE TO authenticated USING (app.opaque());
SELECT item, status, findings, evidence -> 0 ->> 'rule' AS rule FROM rls.checklist() WHERE status = 'fail';
SET LOCAL ROLE anon;
SELECT * FROM rls.checklist();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
