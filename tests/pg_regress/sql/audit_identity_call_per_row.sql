-- Rule identity_call_per_row: a policy asks who is calling once for each row.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid, org int, name text);
CREATE TABLE app.members (org int, user_id uuid);
INSERT INTO app.t SELECT n, '00000000-0000-4000-8000-000000000001', n FROM generate_series(1, 50) n;
INSERT INTO app.members SELECT n, '00000000-0000-4000-8000-000000000001' FROM generate_series(1, 7) n;
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT ALL ON app.t, app.members TO PUBLIC;
-- Each call takes a number.
CREATE SEQUENCE app.calls;
GRANT ALL ON SEQUENCE app.calls TO PUBLIC;
CREATE FUNCTION app.me() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM nextval('app.calls');
    RETURN nullif(current_setting('app.user_id', true), '')::uuid;
END $$;
CREATE FUNCTION app.sql_me() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT app.me()';
CREATE FUNCTION app.is_me(uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 = app.me()';
CREATE FUNCTION app.in_org(int) RETURNS boolean LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN EXISTS (SELECT FROM app.members m WHERE m.org = $1 AND m.user_id = (SELECT app.me())); END';
CREATE FUNCTION app.is_staff() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS
  'SELECT EXISTS (SELECT FROM app.members m WHERE m.user_id = (SELECT app.me()))';
CREATE FUNCTION app.my_orgs() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER AS
  'SELECT m.org FROM app.members m WHERE m.user_id = (SELECT app.me())';
CREATE FUNCTION app.nobody(int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 > 0; END';
CREATE FUNCTION app.native() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT auth.uid()';
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, detail -> 'calls' AS calls, fix
  FROM rls.audit('{app}', '{identity_call_per_row}');
CREATE POLICY "my rows" ON app.t USING (owner_id = app.me());
SELECT * FROM pg_temp.found;
ALTER POLICY "my rows" ON app.t USING (owner_id = (SELECT app.me()));
SELECT * FROM pg_temp.found;
DROP POLICY "my rows" ON app.t;

-- Each policy alone; beside the verdict how many calls a query of 50 rows makes.
CREATE FUNCTION pg_temp.try(clauses text, statement text DEFAULT 'SELECT FROM app.t') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE 'CREATE POLICY p ON app.t ' || clauses;
    SELECT concat_ws(' ', nullif(rule, 'identity_call_per_row'), calls) INTO verdict FROM pg_temp.found;
    PERFORM set_config('app.user_id', '00000000-0000-4000-8000-000000000001', true), setval('app.calls', 1, false);
    SET LOCAL ROLE anon;
    EXECUTE statement;
    RESET ROLE;
    RAISE EXCEPTION USING ERRCODE = 'RG001',
      MESSAGE = (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM app.calls) || ' calls | ' || coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
\pset format unaligned
\pset tuples_only
\set adds 'INSERT INTO app.t SELECT n, ''00000000-0000-4000-8000-000000000001'', 1 FROM generate_series(101, 150) n'
-- At fault.
SELECT pg_temp.try('USING (owner_id = app.me())');
SELECT pg_temp.try('FOR SELECT USING (app.me() = owner_id OR org < 0)');
SELECT pg_temp.try('USING (owner_id = app.sql_me())');
SELECT pg_temp.try('USING (app.is_me(owner_id))');
SELECT pg_temp.try('USING ((SELECT app.is_me(owner_id)))');
SELECT pg_temp.try('USING (app.in_org(org))');
SELECT pg_temp.try('USING (name = current_setting(''app.name'', true))');
SELECT pg_temp.try('USING (owner_id = app.native())');
SELECT pg_temp.try('USING (owner_id = (SELECT app.me() WHERE org > 0))');
SELECT pg_temp.try('USING (EXISTS (SELECT FROM app.members m WHERE m.user_id <> app.me()))');
SELECT pg_temp.try('USING (org IN (SELECT m.org FROM app.members m WHERE m.user_id = app.me()))');
SELECT pg_temp.try('FOR SELECT USING (app.me() IS NOT NULL OR owner_id IS NULL)');
SELECT pg_temp.try('FOR INSERT WITH CHECK (owner_id = app.me())', :'adds');
SELECT pg_temp.try('FOR INSERT WITH CHECK (app.me() IS NOT NULL)', :'adds');
SELECT pg_temp.try('USING (app.me() IS NOT NULL)', :'adds');
SELECT pg_temp.try('USING (EXISTS (WITH x AS (SELECT app.me() AS id) SELECT FROM x, app.members m WHERE m.user_id <> x.id))');
-- Although it refers to no row.
SELECT pg_temp.try('FOR SELECT USING (app.me() IS NOT NULL)');
SELECT pg_temp.try('FOR SELECT USING (org > 0 AND app.me() IS NOT NULL)');
-- Near misses: once for all, cheap, or no identity.
SELECT pg_temp.try('USING (owner_id = (SELECT app.me()))');
SELECT pg_temp.try('USING (owner_id = (SELECT app.sql_me()))');
SELECT pg_temp.try('USING (name = (SELECT current_setting(''app.name'', true)))');
SELECT pg_temp.try('USING ((SELECT app.is_staff()))');
SELECT pg_temp.try('USING (org IN (SELECT app.my_orgs()))');
SELECT pg_temp.try('USING (org = ANY (ARRAY(SELECT app.my_orgs())))');
SELECT pg_temp.try('USING (EXISTS (SELECT FROM app.members m WHERE m.user_id = (SELECT app.me()) AND m.org = t.org))');
SELECT pg_temp.try('FOR INSERT WITH CHECK (owner_id = (SELECT app.me()))', :'adds');
SELECT pg_temp.try('USING (owner_id = auth.uid())');
SELECT pg_temp.try('USING (name = current_user OR name = session_user)');
SELECT pg_temp.try('USING (app.nobody(org))');
SELECT pg_temp.try('USING (name = current_setting(''TimeZone''))');
ROLLBACK;
