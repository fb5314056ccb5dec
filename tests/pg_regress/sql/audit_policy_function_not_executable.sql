-- Rule policy_function_not_executable: a role of a policy may not execute a function that the policy calls.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_group;
CREATE ROLE "regress Member" IN ROLE regress_group;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE ROLE regress_keeper;
CREATE SCHEMA hidden;
CREATE TABLE app.t (id int PRIMARY KEY, n int);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
INSERT INTO app.t VALUES (1, 1);
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE FUNCTION hidden.locked(int DEFAULT 1) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN true; END';
CREATE FUNCTION app.free() RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN true; END';
CREATE FUNCTION app.equal(int, int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 OPERATOR(pg_catalog.=) $2; END';
CREATE OPERATOR app.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = app.equal);
CREATE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION app.through() RETURNS boolean LANGUAGE sql STABLE RETURN hidden.locked() AND random() >= 0;
CREATE FUNCTION app.as_owner() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER RETURN hidden.locked();
REVOKE EXECUTE ON FUNCTION hidden.locked, app.equal, app.total FROM PUBLIC;
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, detail -> 'lacking' AS lacking, fix
  FROM rls.audit('{app}', '{policy_function_not_executable}');
GRANT ALL ON app.t TO anon, authenticated, "regress Member";
CREATE POLICY "is it" ON app.t TO authenticated, anon USING (hidden.locked() AND n OPERATOR(app.===) 1);
SELECT * FROM pg_temp.found;
SAVEPOINT denied;
SET LOCAL ROLE anon;
SELECT count(*) FROM app.t;
ROLLBACK TO denied;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET LOCAL ROLE anon;
SELECT count(*) FROM app.t;
RESET ROLE;
REVOKE EXECUTE ON FUNCTION hidden.locked, app.equal FROM anon, authenticated;
DROP POLICY "is it" ON app.t;

-- Each policy alone, after a statement that prepares it; beside the verdict what happens to anon.
CREATE FUNCTION pg_temp.try(clauses text, prepare text DEFAULT 'SELECT', worker text DEFAULT 'anon') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    answer text;
BEGIN
    EXECUTE prepare;
    EXECUTE 'CREATE POLICY p ON app.t ' || clauses;
    SELECT string_agg(concat_ws(' ', nullif(rule, 'policy_function_not_executable'), lacking), '; ') INTO verdict FROM pg_temp.found;
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', worker);
        PERFORM FROM app.t;
        answer := 'runs';
    EXCEPTION WHEN OTHERS THEN
        answer := SQLSTATE;
    END;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = concat_ws(' | ', worker || ' ' || answer, coalesce(verdict, '-'));
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT pg_temp.try('TO anon USING (hidden.locked())');
SELECT pg_temp.try('TO anon USING (n OPERATOR(app.===) 1)');
SELECT pg_temp.try('TO anon USING (n OPERATOR(app.===) ANY (ARRAY[1]))');
SELECT pg_temp.try('TO anon USING ((SELECT app.total(x) FROM generate_series(1, 2) x) = 3)');
SELECT pg_temp.try('TO anon USING (CASE WHEN n = 1 THEN true ELSE hidden.locked() END)');
SELECT pg_temp.try('TO anon USING (EXISTS (SELECT FROM generate_series(1, 2) x WHERE hidden.locked(x)))');
SELECT pg_temp.try('TO anon USING (app.through())');
SELECT pg_temp.try('TO anon USING (lower(''A'') = ''a'')', 'REVOKE EXECUTE ON FUNCTION pg_catalog.lower(text) FROM PUBLIC');
SELECT pg_temp.try('USING (hidden.locked())');
SELECT pg_temp.try('USING (hidden.locked())', 'GRANT EXECUTE ON FUNCTION hidden.locked TO authenticated');
SELECT pg_temp.try('USING (hidden.locked())', 'GRANT SELECT ON app.t TO PUBLIC');
SELECT pg_temp.try('TO regress_keeper USING (hidden.locked())', 'ALTER TABLE app.t OWNER TO regress_keeper; ALTER TABLE app.t FORCE ROW LEVEL SECURITY', 'regress_keeper');
-- A cast of an array by a function, element by element: as stored, and in a body.
CREATE TYPE app.level AS (n int);
CREATE FUNCTION hidden.level(int) RETURNS app.level LANGUAGE plpgsql STABLE AS 'DECLARE l app.level; BEGIN l.n := $1; RETURN l; END';
CREATE CAST (int AS app.level) WITH FUNCTION hidden.level(int);
REVOKE EXECUTE ON FUNCTION hidden.level FROM PUBLIC;
CREATE FUNCTION app.levels(int[]) RETURNS boolean LANGUAGE sql STABLE RETURN ($1::app.level[])[1] IS NOT NULL AND random() >= 0;
SELECT pg_temp.try('TO anon USING ((ARRAY[n, n + 1]::app.level[])[1] IS NOT NULL)');
SELECT pg_temp.try('TO anon USING (app.levels(ARRAY[n]))');
SELECT pg_temp.try('TO anon USING ((ARRAY[n]::app.level[])[1] IS NOT NULL)', 'GRANT EXECUTE ON FUNCTION hidden.level TO anon');
-- Near misses.
SELECT pg_temp.try('TO anon USING (app.free())');
SELECT pg_temp.try('TO anon USING (hidden.locked())', 'GRANT EXECUTE ON FUNCTION hidden.locked TO anon');
SELECT pg_temp.try('TO anon USING (hidden.locked())', 'GRANT EXECUTE ON FUNCTION hidden.locked TO PUBLIC');
SELECT pg_temp.try('TO "regress Member" USING (hidden.locked())', 'GRANT EXECUTE ON FUNCTION hidden.locked TO regress_group', 'regress Member');
SELECT pg_temp.try('TO anon USING (app.as_owner())');
SELECT pg_temp.try('TO regress_bypass USING (hidden.locked())', 'GRANT SELECT ON app.t TO regress_bypass', 'regress_bypass');
SELECT pg_temp.try('TO regress_keeper USING (hidden.locked())', 'ALTER TABLE app.t OWNER TO regress_keeper', 'regress_keeper');
SELECT pg_temp.try('TO regress_keeper USING (hidden.locked())',
  'GRANT SELECT ON app.t TO regress_keeper; ALTER FUNCTION hidden.locked OWNER TO regress_keeper', 'regress_keeper');
SELECT pg_temp.try('USING (hidden.locked())', 'GRANT EXECUTE ON FUNCTION hidden.locked TO anon, authenticated, regress_group');
SELECT pg_temp.try('FOR INSERT WITH CHECK (hidden.locked())',
  'GRANT EXECUTE ON FUNCTION hidden.locked TO anon; REVOKE ALL ON app.t FROM authenticated, "regress Member"');
-- A node that is not understood may be a call.
SELECT pg_temp.try('TO anon USING (xmlserialize(CONTENT xmlelement(name a) AS text) = '''')');
-- Either clause, each function once.
CREATE POLICY adds ON app.t FOR INSERT TO anon WITH CHECK (hidden.locked() OR hidden.locked(2));
CREATE POLICY changes ON app.t FOR UPDATE TO anon, "regress Member" USING (true) WITH CHECK (hidden.locked());
SELECT policy, lacking, fix FROM pg_temp.found;
ROLLBACK;
