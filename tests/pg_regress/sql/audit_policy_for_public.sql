-- Rule policy_for_public: a policy is for everybody although the application has roles of its own.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE "regress Worker";
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail ->> 'exposed_roles' AS exposed, fix FROM rls.audit('{app}', '{policy_for_public}');
CREATE POLICY "no TO" ON app.t USING (id > 0);
CREATE POLICY said ON app.t FOR INSERT TO PUBLIC WITH CHECK (id > 0);
CREATE POLICY floor ON app.t AS RESTRICTIVE TO public USING (id > 0);
-- Near misses: roles are named.
CREATE POLICY named ON app.t FOR SELECT TO authenticated USING (id > 0);
CREATE POLICY worker ON app.t FOR SELECT TO "regress Worker", anon USING (id > 0);
SELECT * FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT policy, fix FROM pg_temp.found;
-- The fix takes nothing from who uses the table today: roles that are not exposed keep their access.
CREATE ROLE regress_reports;
CREATE ROLE regress_analyst;
GRANT regress_reports TO regress_analyst;
GRANT SELECT ON app.t TO authenticated, regress_reports;
CREATE POLICY read ON app.t FOR SELECT USING (id > 0);
SELECT policy, fix FROM pg_temp.found WHERE policy = 'read';
SELECT fix FROM pg_temp.found WHERE policy = 'read' \gexec
SELECT policy FROM pg_temp.found WHERE policy = 'read';
DROP POLICY read ON app.t;
-- The application's roles are those of the setting.
SET LOCAL rowguard.exposed_roles = '"regress Worker"';
SELECT exposed FROM pg_temp.found;
SET LOCAL rowguard.exposed_roles = 'public';
SELECT * FROM pg_temp.found;
ROLLBACK;
