-- Rule restrictive_always_true: a restrictive policy restricts nothing.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.t (id int NOT NULL, org_id uuid);
CREATE FUNCTION app.unreadable() RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN true; END';
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, fix FROM rls.audit('{app}', '{restrictive_always_true}');
CREATE POLICY "the floor" ON app.t AS RESTRICTIVE USING (true);
SELECT * FROM pg_temp.found;
ALTER POLICY "the floor" ON app.t USING (org_id = auth.tenant_id());
SELECT * FROM pg_temp.found;
DROP POLICY "the floor" ON app.t;
CREATE FUNCTION pg_temp.try(clauses text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE 'CREATE POLICY p ON app.t ' || clauses;
    SELECT rule || ': ' || message INTO verdict FROM pg_temp.found;
    DROP POLICY p ON app.t;
    RETURN coalesce(verdict, '-');
END $$;
SELECT clauses, pg_temp.try(clauses) FROM (VALUES
  ('AS RESTRICTIVE FOR SELECT USING (1 = 1)'), ('AS RESTRICTIVE USING (org_id = auth.tenant_id() OR true)'),
  ('AS RESTRICTIVE USING (id IS NOT NULL)'), ('AS RESTRICTIVE FOR INSERT WITH CHECK (coalesce(NULL, true))'),
  ('AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (NOT false)'), ('AS RESTRICTIVE FOR ALL WITH CHECK (true)'),
  ('AS RESTRICTIVE FOR SELECT'), ('AS RESTRICTIVE'), ('AS RESTRICTIVE USING (org_id IS NULL OR org_id IS NOT NULL)'),
  -- Near misses: one clause that restricts, and permissive ones.
  ('AS RESTRICTIVE USING (org_id = auth.tenant_id())'), ('AS RESTRICTIVE USING (true) WITH CHECK (org_id = auth.tenant_id())'),
  ('AS RESTRICTIVE FOR UPDATE USING (org_id = auth.tenant_id()) WITH CHECK (true)'), ('AS RESTRICTIVE USING (false)'),
  ('AS RESTRICTIVE USING (org_id IS NOT NULL)'), ('AS RESTRICTIVE USING (auth.uid() IS NOT NULL)'), ('USING (true)'),
  -- Only running the function would tell.
  ('AS RESTRICTIVE USING (app.unreadable())'), ('AS RESTRICTIVE USING (app.unreadable() AND id > 0)')) c(clauses);
ROLLBACK;
