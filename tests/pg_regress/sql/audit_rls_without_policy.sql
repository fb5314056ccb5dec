-- Rule rls_without_policy: row security is on and the table has no policy.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, user_id uuid);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail, fix FROM rls.audit('{app}', '{rls_without_policy}');
SELECT * FROM pg_temp.found;
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.found;
-- A restrictive policy is a policy: what it lacks is another rule's.
CREATE POLICY floor ON app.t AS RESTRICTIVE USING (user_id = auth.uid());
SELECT * FROM pg_temp.found;
DROP POLICY floor ON app.t;
-- Policies mend it.
SELECT count(*) FROM rls.owner_access('app.t');
SELECT * FROM pg_temp.found;
-- Partitioned tables count.
CREATE TABLE app.parted (id int) PARTITION BY LIST (id);
ALTER TABLE app.parted ENABLE ROW LEVEL SECURITY;
SELECT object_name FROM pg_temp.found;
ROLLBACK;
