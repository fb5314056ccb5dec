-- Rule race_prone_subquery: a policy for writing relies on another table that the same callers may change.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_group;
CREATE TABLE app.t (id int PRIMARY KEY, org int);
CREATE TABLE app.members (org int, who text);
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, detail -> 'changed_by' AS changed_by, fix
  FROM rls.audit('{app}', '{race_prone_subquery}');
GRANT DELETE ON app.members TO authenticated;
CREATE POLICY adds ON app.t FOR INSERT TO authenticated WITH CHECK (org IN (SELECT m.org FROM app.members m));
SELECT * FROM pg_temp.found;
REVOKE DELETE ON app.members FROM authenticated;
SELECT * FROM pg_temp.found;
DROP POLICY adds ON app.t;
CREATE FUNCTION pg_temp.try(clauses text, VARIADIC statements text[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    statement text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    EXECUTE 'CREATE POLICY p ON app.t ' || clauses;
    SELECT string_agg(concat_ws(' ', nullif(rule, 'race_prone_subquery'), changed_by), '; ') INTO verdict FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
\set reads '(EXISTS (SELECT FROM app.members m WHERE m.org = t.org))'
\pset format unaligned
\pset tuples_only
-- At fault.
SELECT pg_temp.try('FOR INSERT WITH CHECK ' || :'reads', 'GRANT INSERT ON app.members TO anon');
SELECT pg_temp.try('FOR UPDATE USING ' || :'reads', 'GRANT UPDATE (who) ON app.members TO anon');
SELECT pg_temp.try('FOR DELETE USING ' || :'reads', 'GRANT ALL ON app.members TO PUBLIC');
SELECT pg_temp.try('USING (true) WITH CHECK ' || :'reads', 'GRANT DELETE ON app.members TO regress_group', 'GRANT regress_group TO authenticated');
SELECT pg_temp.try('AS RESTRICTIVE USING ' || :'reads', 'GRANT DELETE ON app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY', 'CREATE POLICY m ON app.members FOR DELETE TO anon USING (who IS NOT NULL)');
SELECT pg_temp.try('FOR INSERT WITH CHECK (app.f(org))', 'GRANT DELETE ON app.members TO anon', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE SECURITY DEFINER LANGUAGE sql AS ''SELECT EXISTS (SELECT FROM app.members WHERE org = $1)''');
SELECT pg_temp.try('FOR INSERT WITH CHECK (EXISTS (SELECT FROM app.v))', 'GRANT DELETE ON app.members TO anon', 'CREATE VIEW app.v AS SELECT * FROM app.members');
-- Near misses: reads, tables that exposed roles cannot change, its own table.
SELECT pg_temp.try('FOR SELECT USING ' || :'reads', 'GRANT ALL ON app.members TO PUBLIC');
SELECT pg_temp.try('FOR INSERT WITH CHECK ' || :'reads', 'GRANT SELECT, TRUNCATE, REFERENCES ON app.members TO anon');
SELECT pg_temp.try('FOR INSERT WITH CHECK ' || :'reads', 'GRANT ALL ON app.members TO regress_group');
SELECT pg_temp.try('FOR INSERT WITH CHECK ' || :'reads', 'GRANT ALL ON app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY', 'CREATE POLICY m ON app.members FOR SELECT USING (true)', 'CREATE POLICY n ON app.members TO regress_group USING (true)');
SELECT pg_temp.try('FOR INSERT WITH CHECK (NOT EXISTS (SELECT FROM app.t x WHERE x.org = t.org))', 'GRANT ALL ON app.t TO anon');
SELECT pg_temp.try('FOR INSERT WITH CHECK (org > 0)', 'GRANT ALL ON app.members TO anon');
-- Bodies that cannot be read.
SELECT pg_temp.try('FOR INSERT WITH CHECK (app.f(org))', 'GRANT DELETE ON app.members TO anon', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE LANGUAGE plpgsql AS ''BEGIN RETURN EXISTS (SELECT FROM app.members WHERE org = $1); END''');
SELECT pg_temp.try('FOR INSERT WITH CHECK (app.f(org))', 'GRANT DELETE ON app.members TO anon', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE LANGUAGE plpgsql AS ''BEGIN RETURN $1 > 0; END''');
ROLLBACK;
