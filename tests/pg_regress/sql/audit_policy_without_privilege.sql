-- Rule policy_without_privilege: no role of a policy may use the table as the policy allows.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_group;
CREATE ROLE regress_member IN ROLE regress_group;
CREATE ROLE regress_outsider NOINHERIT IN ROLE regress_group;
CREATE TABLE app.t (id int PRIMARY KEY, n int);
ALTER TABLE app.t OWNER TO regress_owner;
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail ->> 'privileges' AS privileges, fix
  FROM rls.audit('{app}', '{policy_without_privilege}');
CREATE POLICY "del" ON app.t FOR DELETE TO authenticated USING (id > 0);
SELECT * FROM pg_temp.found;
GRANT DELETE ON app.t TO authenticated;
SELECT * FROM pg_temp.found;
DROP POLICY "del" ON app.t;
REVOKE ALL ON app.t FROM authenticated;
CREATE FUNCTION pg_temp.try(clauses text, VARIADIC beside text[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    statement text;
BEGIN
    EXECUTE 'CREATE POLICY p ON app.t ' || clauses;
    FOREACH statement IN ARRAY beside LOOP
        EXECUTE statement;
    END LOOP;
    SELECT message INTO verdict FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
-- At fault.
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)');
SELECT pg_temp.try('FOR UPDATE TO anon USING (id > 0)', 'GRANT SELECT, INSERT, DELETE ON app.t TO anon');
SELECT pg_temp.try('TO anon, authenticated USING (id > 0)', 'GRANT TRUNCATE, REFERENCES ON app.t TO anon');
SELECT pg_temp.try('FOR INSERT WITH CHECK (id > 0)', 'GRANT SELECT ON app.t TO PUBLIC');
SELECT pg_temp.try('FOR SELECT USING (id > 0)');
SELECT pg_temp.try('FOR SELECT TO regress_outsider USING (id > 0)', 'GRANT SELECT ON app.t TO regress_group');
SELECT pg_temp.try('FOR SELECT TO regress_group USING (id > 0)', 'GRANT SELECT ON app.t TO regress_outsider');
-- Near misses.
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'GRANT SELECT ON app.t TO anon');
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'GRANT SELECT (n) ON app.t TO anon');
SELECT pg_temp.try('FOR UPDATE TO anon, authenticated USING (id > 0)', 'GRANT UPDATE ON app.t TO authenticated');
SELECT pg_temp.try('TO anon USING (id > 0)', 'GRANT DELETE ON app.t TO anon');
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'GRANT SELECT ON app.t TO PUBLIC');
SELECT pg_temp.try('FOR SELECT USING (id > 0)', 'GRANT SELECT ON app.t TO anon');
SELECT pg_temp.try('FOR SELECT TO regress_member USING (id > 0)', 'GRANT SELECT ON app.t TO regress_group');
SELECT pg_temp.try('FOR SELECT TO regress_group USING (id > 0)', 'GRANT SELECT ON app.t TO regress_member');
CREATE ROLE regress_reader IN ROLE pg_read_all_data;
SELECT pg_temp.try('FOR SELECT TO regress_reader USING (id > 0)');
SELECT pg_temp.try('FOR SELECT TO regress_owner USING (id > 0)', 'ALTER TABLE app.t FORCE ROW LEVEL SECURITY');
ROLLBACK;
