-- Rule row_function_per_row: a policy hands columns of the row to a function.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid, org int, name text);
CREATE TABLE app.members (org int, user_id uuid);
CREATE FUNCTION app.mate(int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 > 0; END';
CREATE FUNCTION app.sees(app.t) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1.id > 0; END';
CREATE FUNCTION app.folded(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
CREATE FUNCTION app.plain(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 = 1';
CREATE FUNCTION app.nested(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT app.mate($1) AND $1 > 0';
CREATE FUNCTION app.looks(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM app.members WHERE org = $1)';
CREATE FUNCTION app.definer(int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT $1 = 1';
CREATE FUNCTION app.nothing() RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN true; END';
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, columns, message, detail -> 'functions' AS functions, fix
  FROM rls.audit('{app}', '{row_function_per_row}');
CREATE POLICY "my mates" ON app.t USING (app.mate(org));
SELECT * FROM pg_temp.found;
DROP POLICY "my mates" ON app.t;
SELECT * FROM pg_temp.found;
CREATE FUNCTION pg_temp.try(clauses text, statement text DEFAULT 'SELECT') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE statement;
    EXECUTE 'CREATE POLICY p ON app.t ' || clauses;
    SELECT concat_ws(' ', nullif(rule, 'row_function_per_row'), functions, columns) INTO verdict FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
\pset format unaligned
\pset tuples_only
-- At fault.
SELECT pg_temp.try('FOR SELECT USING (app.mate(org))');
SELECT pg_temp.try('USING (owner_id = auth.uid() OR app.mate(org + id))');
SELECT pg_temp.try('USING ((SELECT app.mate(org)))');
SELECT pg_temp.try('USING (app.sees(t))');
SELECT pg_temp.try('USING (CASE WHEN app.mate(coalesce(org, id)) THEN true END)');
SELECT pg_temp.try('USING (EXISTS (SELECT FROM app.members m WHERE app.mate(t.org) AND m.org = 1))');
SELECT pg_temp.try('USING (EXISTS (SELECT FROM app.members m WHERE m.org = 1 AND EXISTS (SELECT WHERE app.mate(t.org))))');
SELECT pg_temp.try('USING (app.folded(name) = auth.role())');
SELECT pg_temp.try('USING (app.looks(org))');
SELECT pg_temp.try('USING (app.definer(org))');
SELECT pg_temp.try('USING (app.nested(org))');
SELECT pg_temp.try('USING (app.mate((SELECT max(m.org) FROM app.members m WHERE m.org = t.org)))');
SELECT pg_temp.try('AS RESTRICTIVE FOR DELETE USING (app.mate(org))');
-- Near misses.
SELECT pg_temp.try('USING (app.nothing())');
SELECT pg_temp.try('USING (app.mate(1) AND org > 0)');
SELECT pg_temp.try('USING (lower(name) = auth.role())');
SELECT pg_temp.try('USING (app.plain(org))');
SELECT pg_temp.try('FOR INSERT WITH CHECK (app.mate(org))');
SELECT pg_temp.try('FOR UPDATE USING (id > 0) WITH CHECK (app.mate(org))');
SELECT pg_temp.try('USING (auth.has_role(name))');
SELECT pg_temp.try('USING (app.folded(name) = auth.role())', 'CREATE INDEX ON app.t (app.folded(name))');
SELECT pg_temp.try('USING (EXISTS (SELECT FROM app.members m WHERE app.mate(m.org)))');
SELECT pg_temp.try('USING (app.mate((SELECT max(m.org) FROM app.members m)))');
ROLLBACK;
