-- Rule policy_reads_hidden_table: a sub-query of a policy reads a table that the policy's roles cannot read.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_group;
CREATE ROLE regress_anna IN ROLE regress_group;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE ROLE regress_keeper;
CREATE TABLE app.t (id int PRIMARY KEY, org int);
CREATE TABLE app.members (org int, who text, note text);
INSERT INTO app.t VALUES (1, 1);
INSERT INTO app.members VALUES (1, 'x');
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
GRANT USAGE, CREATE ON SCHEMA app TO PUBLIC;
GRANT ALL ON app.t TO anon, authenticated, regress_anna, regress_bypass;
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, detail -> 'denied' AS denied, detail -> 'hidden' AS hidden, fix
  FROM rls.audit('{app}', '{policy_reads_hidden_table}');
CREATE POLICY "my org" ON app.t TO authenticated, anon USING (org IN (SELECT m.org FROM app.members m));
SELECT * FROM pg_temp.found;
GRANT SELECT ON app.members TO authenticated, anon;
SELECT * FROM pg_temp.found;
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.found;
CREATE POLICY seen ON app.members FOR SELECT TO authenticated USING (true);
SELECT * FROM pg_temp.found;
ALTER TABLE app.members DISABLE ROW LEVEL SECURITY;
DROP POLICY seen ON app.members;
DROP POLICY "my org" ON app.t;
REVOKE ALL ON app.members FROM authenticated, anon;

-- Each set alone: a policy's clauses, then statements. Beside the verdict what the role gets to see.
CREATE FUNCTION pg_temp.try(worker text, clauses text, VARIADIC statements text[] DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    statement text;
    answer text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    EXECUTE 'CREATE POLICY p ON app.t ' || clauses;
    SELECT string_agg(concat_ws(' ', nullif(rule, 'policy_reads_hidden_table'), denied, hidden), '; ') INTO verdict FROM pg_temp.found;
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', worker);
        SELECT count(*) || ' rows' INTO answer FROM app.t;
    EXCEPTION WHEN OTHERS THEN
        answer := SQLERRM;
    END;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = concat_ws(' | ', worker || ': ' || answer, coalesce(verdict, '-'));
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
\set reads 'USING (EXISTS (SELECT FROM app.members m WHERE m.org = t.org))'
\pset format unaligned
\pset tuples_only
-- At fault.
SELECT pg_temp.try('anon', 'TO anon ' || :'reads');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT INSERT ON app.members TO anon');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT (who) ON app.members TO anon');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT m FROM app.members m))', 'GRANT SELECT (who, org) ON app.members TO anon');
SELECT pg_temp.try('anon', 'TO anon, authenticated ' || :'reads', 'GRANT SELECT ON app.members TO authenticated');
SELECT pg_temp.try('anon', :'reads', 'GRANT SELECT ON app.members TO authenticated, regress_anna');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT ON app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT ON app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY', 'CREATE POLICY m ON app.members FOR UPDATE USING (true)');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT ON app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY', 'CREATE POLICY m ON app.members TO authenticated USING (true)');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT ON app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY', 'CREATE POLICY m ON app.members USING (false)');
SELECT pg_temp.try('anon', 'TO anon USING (app.f(org))', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE LANGUAGE sql AS ''SELECT EXISTS (SELECT FROM app.members WHERE org = $1)''');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT FROM app.v))', 'CREATE VIEW app.v AS SELECT * FROM app.members');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT FROM app.v))', 'CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.members', 'GRANT SELECT ON app.v TO anon');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT FROM app.v))', 'CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.members', 'GRANT SELECT ON app.v, app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT FROM app.v))', 'CREATE VIEW app.v AS SELECT * FROM app.members', 'GRANT SELECT ON app.v TO anon', 'ALTER VIEW app.v OWNER TO regress_keeper');
-- Near misses.
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT ON app.members TO anon');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT ON app.members TO PUBLIC');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT (org) ON app.members TO anon');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT FROM app.members))', 'GRANT SELECT (note) ON app.members TO anon');
SELECT pg_temp.try('regress_anna', 'TO regress_anna ' || :'reads', 'GRANT SELECT ON app.members TO regress_group');
SELECT pg_temp.try('anon', 'TO anon ' || :'reads', 'GRANT SELECT ON app.members TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY', 'CREATE POLICY m ON app.members FOR SELECT USING (who IS NOT NULL)');
SELECT pg_temp.try('authenticated', 'TO anon, authenticated ' || :'reads', 'GRANT SELECT ON app.members TO anon, authenticated', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY', 'CREATE POLICY m ON app.members TO authenticated USING (true)');
SELECT pg_temp.try('anon', :'reads', 'GRANT SELECT ON app.members TO anon, authenticated, regress_anna');
SELECT pg_temp.try('regress_bypass', 'TO regress_bypass ' || :'reads', 'GRANT SELECT ON app.members TO regress_bypass', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY');
SELECT pg_temp.try('regress_keeper', 'TO regress_keeper ' || :'reads');
SELECT pg_temp.try('anon', 'TO anon USING (app.f(org))', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE SECURITY DEFINER LANGUAGE sql AS ''SELECT EXISTS (SELECT FROM app.members WHERE org = $1)''');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT FROM app.v))', 'CREATE VIEW app.v AS SELECT * FROM app.members', 'GRANT SELECT ON app.v TO anon', 'ALTER TABLE app.members ENABLE ROW LEVEL SECURITY');
SELECT pg_temp.try('anon', 'TO anon USING (EXISTS (SELECT FROM pg_catalog.pg_class))');
-- Bodies that cannot be read.
SELECT pg_temp.try('anon', 'TO anon USING (app.f(org))', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE LANGUAGE plpgsql AS ''BEGIN RETURN EXISTS (SELECT FROM app.members WHERE org = $1); END''');
SELECT pg_temp.try('anon', 'TO anon USING (app.f(org))', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE LANGUAGE plpgsql AS ''BEGIN RETURN $1 > 0; END''');
SELECT pg_temp.try('anon', 'TO anon USING (app.f(org))', 'CREATE FUNCTION app.f(int) RETURNS boolean STABLE SECURITY DEFINER LANGUAGE plpgsql AS ''BEGIN RETURN EXISTS (SELECT FROM app.members WHERE org = $1); END''');
ROLLBACK;
