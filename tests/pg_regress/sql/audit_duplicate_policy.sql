-- Rule duplicate_policy: two policies of a table are the same.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid);
CREATE TABLE app.members (user_id uuid);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail ->> 'same_as' AS same_as, fix FROM rls.audit('{app}', '{duplicate_policy}');
CREATE POLICY own ON app.t TO anon, authenticated USING (owner_id = auth.uid());
CREATE POLICY "too much" ON app.t FOR ALL TO authenticated, anon USING ((owner_id =
  auth.uid ( ))) WITH CHECK (owner_id = auth.uid());
CREATE POLICY third ON app.t TO anon, authenticated USING (owner_id = auth.uid());
SELECT * FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
-- One beside the first, tried alone.
CREATE POLICY reads ON app.t FOR SELECT TO anon USING (EXISTS (SELECT FROM app.members m WHERE m.user_id = owner_id));
CREATE POLICY adds ON app.t FOR INSERT TO anon WITH CHECK (id IN (1, 2));
CREATE POLICY floor ON app.t AS RESTRICTIVE FOR SELECT TO anon USING (id <> 0);
CREATE FUNCTION pg_temp.try(clauses text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE 'CREATE POLICY z ON app.t ' || clauses;
    SELECT policy || ' as ' || same_as INTO verdict FROM pg_temp.found;
    DROP POLICY z ON app.t;
    RETURN coalesce(verdict, '-');
END $$;
SELECT clauses, pg_temp.try(clauses) FROM (VALUES
  ('TO anon, authenticated USING (owner_id = auth.uid())'),
  ('FOR SELECT TO anon USING (EXISTS ( SELECT FROM app.members   m WHERE m.user_id = t.owner_id ))'),
  ('FOR INSERT TO anon WITH CHECK (id = ANY (ARRAY[1, 2]))'), ('FOR INSERT TO anon WITH CHECK (((id IN (1,2))))'),
  ('AS RESTRICTIVE FOR SELECT TO anon USING (id != 0)'),
  -- Near misses: another role, command, kind, condition or check.
  ('TO anon USING (owner_id = auth.uid())'), ('USING (owner_id = auth.uid())'),
  ('FOR SELECT TO anon, authenticated USING (owner_id = auth.uid())'),
  ('AS RESTRICTIVE TO anon, authenticated USING (owner_id = auth.uid())'),
  ('TO anon, authenticated USING (auth.uid() = owner_id)'), ('TO anon, authenticated USING (owner_id = (SELECT auth.uid()))'),
  ('TO anon, authenticated USING (owner_id = auth.uid()) WITH CHECK (true)'),
  ('FOR SELECT TO anon USING (EXISTS (SELECT FROM app.members m WHERE m.user_id = owner_id UNION SELECT))'),
  ('FOR INSERT TO anon WITH CHECK (id IN (1, 3))'), ('FOR SELECT TO anon USING (id <> 0)')) c(clauses);
-- Equal policies of two tables are two policies.
CREATE TABLE app.u (id int PRIMARY KEY, owner_id uuid);
CREATE POLICY own ON app.u TO anon, authenticated USING (owner_id = auth.uid());
SELECT * FROM pg_temp.found;
ROLLBACK;
