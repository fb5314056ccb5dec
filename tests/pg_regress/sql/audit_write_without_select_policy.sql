-- Rule write_without_select_policy: a policy lets a role write rows that no policy lets it read.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_worker;
CREATE ROLE regress_anna LOGIN IN ROLE regress_worker;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE TABLE app.t (id int PRIMARY KEY, n int);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT ALL ON app.t TO PUBLIC;
INSERT INTO app.t VALUES (1, 1);
CREATE FUNCTION app.unreadable() RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN true; END';
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail ->> 'roles_without_select' AS blind, fix
  FROM rls.audit('{app}', '{write_without_select_policy}');
CREATE POLICY "my rows" ON app.t FOR UPDATE TO authenticated USING (id > 0);
SELECT * FROM pg_temp.found;
SET LOCAL ROLE authenticated;
UPDATE app.t SET n = 2 WHERE id = 1 RETURNING n;
RESET ROLE;
CREATE POLICY reads ON app.t FOR SELECT TO authenticated USING (id > 0);
SELECT * FROM pg_temp.found;
SET LOCAL ROLE authenticated;
UPDATE app.t SET n = 2 WHERE id = 1 RETURNING n;
RESET ROLE;
DROP POLICY "my rows" ON app.t;
DROP POLICY reads ON app.t;
-- Sets of policies, each alone; beside the verdict how many rows an UPDATE and a DELETE touch.
CREATE FUNCTION pg_temp.try(worker text, VARIADIC policies text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    updated bigint;
    deleted bigint;
BEGIN
    FOR i IN 1 .. array_length(policies, 1) LOOP
        EXECUTE format('CREATE POLICY p%s ON app.t %s', i, policies[i]);
    END LOOP;
    SELECT string_agg(policy || ' ' || blind, '; ') INTO verdict FROM pg_temp.found;
    EXECUTE format('SET LOCAL ROLE %I', worker);
    UPDATE app.t SET n = 2 WHERE id = 1;
    GET DIAGNOSTICS updated = ROW_COUNT;
    DELETE FROM app.t WHERE id = 1;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'RG001',
      MESSAGE = concat_ws(' | ', coalesce(verdict, '-'), worker, updated || ' updated', deleted || ' deleted');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RESET ROLE;
    RETURN SQLERRM;
END $$;
-- At fault.
SELECT pg_temp.try('anon', 'FOR DELETE TO anon USING (id > 0)');
SELECT pg_temp.try('anon', 'FOR UPDATE USING (id > 0)', 'FOR DELETE USING (id > 0)');
SELECT pg_temp.try('anon', 'FOR DELETE TO anon, authenticated USING (id > 0)', 'FOR SELECT TO authenticated USING (id > 0)');
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'FOR INSERT TO anon WITH CHECK (id > 0)');
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'FOR SELECT TO anon USING (false)');
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'TO anon WITH CHECK (id > 0)');
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'AS RESTRICTIVE FOR SELECT TO anon USING (id > 0)');
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'FOR SELECT TO anon USING (id > 0)', 'AS RESTRICTIVE FOR SELECT USING (NULL)');
SELECT pg_temp.try('anon', 'FOR UPDATE USING (id > 0)', 'FOR SELECT TO regress_bypass USING (id > 0)');
-- Near misses.
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'FOR SELECT USING (id > 0)');
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'FOR SELECT TO anon USING (app.unreadable())');
SELECT pg_temp.try('anon', 'FOR ALL TO anon USING (id > 0)');
SELECT pg_temp.try('anon', 'FOR UPDATE TO anon USING (id > 0)', 'FOR DELETE TO anon USING (id > 0)', 'TO anon USING (id > 0) WITH CHECK (false)');
SELECT pg_temp.try('authenticated', 'FOR DELETE USING (id > 0)', 'FOR SELECT TO authenticated USING (id > 0)');
SELECT pg_temp.try('regress_bypass', 'FOR UPDATE TO regress_bypass USING (id > 0)');
SELECT pg_temp.try('regress_anna', 'FOR UPDATE TO regress_anna USING (id > 0)', 'FOR SELECT TO regress_worker USING (id > 0)');
SELECT pg_temp.try('regress_anna', 'FOR UPDATE TO regress_worker USING (id > 0)', 'FOR SELECT TO regress_anna USING (id > 0)');
ALTER TABLE app.t DISABLE ROW LEVEL SECURITY;
SELECT pg_temp.try('anon', 'FOR DELETE TO anon USING (id > 0)');
ROLLBACK;
