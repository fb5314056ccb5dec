-- Rule restrictive_only: restrictive policies have no permissive one to restrict.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA app TO anon, authenticated;
GRANT ALL ON app.t TO anon, authenticated;
INSERT INTO app.t VALUES (1, '00000000-0000-4000-8000-000000000001');
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail, fix FROM rls.audit('{app}', '{restrictive_only}');
CREATE POLICY "the floor" ON app.t AS RESTRICTIVE USING (id > 0);
SELECT * FROM pg_temp.found;
SET LOCAL ROLE authenticated;
SELECT count(*) AS visible FROM app.t;
RESET ROLE;
-- A permissive policy mends it.
CREATE POLICY reads ON app.t FOR SELECT USING (id < 5);
SELECT * FROM pg_temp.found;
SET LOCAL ROLE authenticated;
SELECT count(*) AS visible FROM app.t;
RESET ROLE;
DROP POLICY reads ON app.t;
DROP POLICY "the floor" ON app.t;

-- Each set of policies is tried alone; beside the verdict what anon and authenticated can see, add, change and remove.
CREATE FUNCTION pg_temp.reached() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    worker text;
    statement text;
    touched bigint;
    found text := '';
BEGIN
    FOREACH worker IN ARRAY '{anon,authenticated}'::text[] LOOP
        EXECUTE format('SET LOCAL ROLE %I', worker);
        found := found || left(worker, 2) || ':';
        FOREACH statement IN ARRAY '{SELECT FROM app.t,INSERT INTO app.t VALUES (2),UPDATE app.t SET id = 3,DELETE FROM app.t}'::text[] LOOP
            BEGIN
                EXECUTE statement;
                GET DIAGNOSTICS touched = ROW_COUNT;
                found := found || CASE WHEN touched > 0 THEN left(statement, 1) ELSE '' END;
                RAISE EXCEPTION USING ERRCODE = 'RG001';
            EXCEPTION WHEN SQLSTATE 'RG001' OR insufficient_privilege THEN NULL;
            END;
        END LOOP;
        RESET ROLE;
    END LOOP;
    RETURN found;
END $$;
CREATE FUNCTION pg_temp.try(VARIADIC policies text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    FOR i IN 1 .. array_length(policies, 1) LOOP
        EXECUTE format('CREATE POLICY p%s ON app.t %s', i, policies[i]);
    END LOOP;
    SELECT concat_ws(' | ', coalesce((SELECT message FROM pg_temp.found), '-'), pg_temp.reached()) INTO verdict;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = verdict;
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
-- At fault.
SELECT pg_temp.try('AS RESTRICTIVE FOR SELECT USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE FOR UPDATE USING (id > 0)', 'AS RESTRICTIVE FOR DELETE USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE USING (id > 0)', 'FOR INSERT WITH CHECK (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE USING (id > 0)', 'WITH CHECK (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE FOR UPDATE USING (id > 0)', 'FOR SELECT USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE FOR UPDATE USING (id > 0)', 'AS RESTRICTIVE FOR DELETE USING (id > 0)', 'FOR SELECT USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE TO anon USING (id > 0)', 'TO authenticated USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE USING (id > 0)', 'TO regress_bypass USING (id > 0)');
-- Near misses.
SELECT pg_temp.try('AS RESTRICTIVE USING (id > 0)', 'USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE USING (id > 0)', 'FOR SELECT TO anon USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE FOR UPDATE USING (id > 0)', 'AS RESTRICTIVE FOR DELETE USING (id > 0)', 'FOR SELECT USING (id > 0)', 'FOR DELETE USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE FOR INSERT WITH CHECK (id > 0)', 'USING (id > 0)');
SELECT pg_temp.try('AS RESTRICTIVE TO anon USING (false)', 'TO authenticated USING (id > 0)');
SELECT pg_temp.try('FOR INSERT WITH CHECK (id > 0)');
-- Somebody has the rights of both.
GRANT anon TO authenticated;
SELECT pg_temp.try('AS RESTRICTIVE TO anon USING (id > 0)', 'TO authenticated USING (id > 0)');
REVOKE anon FROM authenticated;
-- Without row security no policy is applied: another rule's.
ALTER TABLE app.t DISABLE ROW LEVEL SECURITY;
SELECT pg_temp.try('AS RESTRICTIVE FOR SELECT USING (id > 0)');
-- Partitioned tables count.
CREATE TABLE app.parted (id int) PARTITION BY LIST (id);
ALTER TABLE app.parted ENABLE ROW LEVEL SECURITY;
CREATE POLICY floor ON app.parted AS RESTRICTIVE USING (id > 0);
SELECT object_name FROM pg_temp.found;
ROLLBACK;
