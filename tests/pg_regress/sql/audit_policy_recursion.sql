-- Rule policy_recursion: applying the policies of a table leads back to the table.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_keeper;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE TABLE app.a (id int PRIMARY KEY, owner_id uuid);
CREATE TABLE app.b (id int PRIMARY KEY, owner_id uuid);
CREATE TABLE app.c (id int PRIMARY KEY, owner_id uuid);
INSERT INTO app.a VALUES (1);
INSERT INTO app.b VALUES (1);
INSERT INTO app.c VALUES (1);
ALTER TABLE app.a ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.b ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.c ENABLE ROW LEVEL SECURITY;
GRANT USAGE, CREATE ON SCHEMA app TO PUBLIC;
GRANT ALL ON app.a, app.b, app.c TO PUBLIC;
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, detail -> 'way' AS way, detail ->> 'sqlstate' AS state, detail ->> 'for_role' AS for_role, fix
  FROM rls.audit('{app}', '{policy_recursion}');
CREATE POLICY "our rows" ON app.a TO anon USING (EXISTS (SELECT FROM app.a other WHERE other.owner_id = a.owner_id));
SELECT * FROM pg_temp.found;
DROP POLICY "our rows" ON app.a;

-- Each set of statements alone. Beside the verdict: which commands fail on which tables, for anon and authenticated.
CREATE FUNCTION pg_temp.failing() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name text;
    statement text;
    found text[] := '{}';
BEGIN
    FOREACH name IN ARRAY '{a,b,c}'::text[] LOOP
        FOREACH statement IN ARRAY ARRAY['SELECT FROM app.%I', 'INSERT INTO app.%I VALUES (2)', 'UPDATE app.%I SET id = 3 WHERE id = 1', 'DELETE FROM app.%I WHERE id = 1'] LOOP
            BEGIN
                SET LOCAL ROLE anon;
                EXECUTE format(statement, name);
                RAISE EXCEPTION USING ERRCODE = 'RG002';
            EXCEPTION WHEN OTHERS THEN
                RESET ROLE;
                IF SQLSTATE IN ('42P17', '54001') THEN
                    found := found || (left(statement, 1) || ' ' || name || ' ' || SQLSTATE);
                END IF;
            END;
        END LOOP;
    END LOOP;
    RETURN coalesce(nullif(array_to_string(found, ', '), ''), 'none');
END $$;
CREATE FUNCTION pg_temp.try(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    statement text;
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
    SELECT string_agg(concat_ws(' ', nullif(rule, 'policy_recursion'), object_name, state, way), '; ') INTO verdict FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = 'fails: ' || pg_temp.failing() || E'\nfound: ' || coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SET max_stack_depth = '200kB';
\pset format unaligned
\pset tuples_only
-- At fault: itself.
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (id IN (SELECT id FROM app.a))');
SELECT pg_temp.try('CREATE POLICY p ON app.a FOR SELECT USING (id = (SELECT max(x.id) FROM app.a x))');
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (id > 0)', 'CREATE POLICY q ON app.a AS RESTRICTIVE USING (EXISTS (WITH x AS (SELECT FROM app.a) SELECT FROM x))');
-- A policy for writing that reads the table, whose policy for SELECT merely holds a sub-query.
SELECT pg_temp.try('CREATE POLICY r ON app.a FOR SELECT USING (owner_id IS NOT DISTINCT FROM (SELECT auth.uid()))',
  'CREATE POLICY w ON app.a FOR INSERT WITH CHECK (NOT EXISTS (SELECT FROM app.a x WHERE x.id > 5))');
SELECT pg_temp.try('CREATE POLICY r ON app.a FOR SELECT USING (owner_id IS NOT DISTINCT FROM (SELECT auth.uid()))',
  'CREATE POLICY w ON app.a FOR INSERT WITH CHECK (NOT EXISTS (SELECT FROM app.b))', 'CREATE POLICY b ON app.b USING (EXISTS (SELECT FROM app.a))');
-- Two tables, three tables, and a third that only leads into the round.
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b USING (EXISTS (SELECT FROM app.a))');
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b USING (EXISTS (SELECT FROM app.c))',
  'CREATE POLICY p ON app.c FOR SELECT TO anon USING (id IN (SELECT id FROM app.a))');
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b USING (EXISTS (SELECT FROM app.b x))');
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b JOIN app.c USING (id)))', 'CREATE POLICY p ON app.c USING (EXISTS (SELECT FROM (SELECT FROM app.a) x))');
-- Through views.
SELECT pg_temp.try('CREATE VIEW app.v WITH (security_invoker = on) AS SELECT * FROM app.a', 'GRANT SELECT ON app.v TO PUBLIC', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.v))');
SELECT pg_temp.try('CREATE VIEW app.v AS SELECT * FROM app.a', 'GRANT SELECT ON app.v TO PUBLIC', 'ALTER VIEW app.v OWNER TO regress_keeper', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.v))');
SELECT pg_temp.try('CREATE VIEW app.v WITH (security_invoker = 1) AS SELECT * FROM app.a', 'CREATE VIEW app.w AS SELECT * FROM app.v',
  'GRANT SELECT ON app.v, app.w TO PUBLIC', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.w))');
-- Through functions.
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'CREATE POLICY p ON app.a USING (app.f() > 0)');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS SETOF int STABLE LANGUAGE sql RETURN (SELECT 1 FROM app.a LIMIT 1)', 'CREATE POLICY p ON app.a USING (id IN (SELECT app.f()))');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE sql AS ''SELECT count(*) FROM app.b''', 'CREATE POLICY p ON app.a USING (app.f() > 0)', 'CREATE POLICY p ON app.b USING (EXISTS (SELECT FROM app.a))');
SELECT pg_temp.try('ALTER TABLE app.a FORCE ROW LEVEL SECURITY', 'ALTER TABLE app.a OWNER TO regress_keeper',
  'CREATE FUNCTION app.f() RETURNS bigint STABLE SECURITY DEFINER LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'ALTER FUNCTION app.f() OWNER TO regress_keeper', 'CREATE POLICY p ON app.a USING (app.f() > 0)');
-- Near misses: other tables, other commands, other roles.
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b USING (owner_id IS NULL)');
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b USING (owner_id IS NOT DISTINCT FROM (SELECT auth.uid()))');
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY r ON app.b FOR SELECT USING (true)', 'CREATE POLICY w ON app.b FOR UPDATE USING (EXISTS (SELECT FROM app.a))');
SELECT pg_temp.try('CREATE POLICY r ON app.a FOR SELECT USING (owner_id IS NOT DISTINCT FROM auth.uid())',
  'CREATE POLICY w ON app.a FOR INSERT WITH CHECK (NOT EXISTS (SELECT FROM app.a x WHERE x.id > 5))');
SELECT pg_temp.try('CREATE POLICY p ON app.a TO anon USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b TO authenticated USING (EXISTS (SELECT FROM app.a))');
SELECT pg_temp.try('CREATE POLICY p ON app.a TO regress_bypass USING (EXISTS (SELECT FROM app.a x))');
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b USING (EXISTS (SELECT FROM app.a))', 'ALTER TABLE app.b DISABLE ROW LEVEL SECURITY');
SELECT pg_temp.try('CREATE POLICY p ON app.a WITH CHECK (EXISTS (SELECT FROM app.b))', 'CREATE POLICY p ON app.b USING (EXISTS (SELECT FROM app.a))');
SELECT pg_temp.try('CREATE POLICY p ON app.a AS RESTRICTIVE USING (EXISTS (SELECT FROM app.a x))');
-- A view or function that reads as somebody who is exempt.
SELECT pg_temp.try('CREATE VIEW app.v AS SELECT * FROM app.a', 'GRANT SELECT ON app.v TO PUBLIC', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.v))');
SELECT pg_temp.try('CREATE VIEW app.v WITH (security_invoker = off) AS SELECT * FROM app.a', 'GRANT SELECT ON app.v TO PUBLIC', 'ALTER VIEW app.v OWNER TO regress_keeper', 'ALTER TABLE app.a OWNER TO regress_keeper', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.v))');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE SECURITY DEFINER LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'CREATE POLICY p ON app.a USING (app.f() > 0)');
SELECT pg_temp.try('ALTER TABLE app.a OWNER TO regress_keeper', 'CREATE FUNCTION app.f() RETURNS bigint STABLE SECURITY DEFINER LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'ALTER FUNCTION app.f() OWNER TO regress_keeper',
  'CREATE POLICY p ON app.a USING (app.f() > 0)');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'CREATE POLICY r ON app.a FOR SELECT USING (true)', 'CREATE POLICY w ON app.a FOR INSERT WITH CHECK (app.f() > 0)');
SELECT pg_temp.try('CREATE FUNCTION app.f(int) RETURNS boolean STABLE LANGUAGE sql RETURN $1 > 0', 'CREATE POLICY p ON app.a USING (app.f(id))');
-- Bodies that cannot be read: where they may lead back, it is said; where they cannot, not.
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE plpgsql AS ''BEGIN RETURN (SELECT count(*) FROM app.a); END''', 'CREATE POLICY p ON app.a USING (app.f() > 0)');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE plpgsql AS ''DECLARE n bigint; BEGIN EXECUTE format($q$SELECT count(*) FROM %I$q$, $q$app$q$) INTO n; RETURN n; END''', 'CREATE POLICY p ON app.a USING (app.f() > 0)');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE SECURITY DEFINER LANGUAGE plpgsql AS ''BEGIN RETURN (SELECT count(*) FROM app.a); END''', 'CREATE POLICY p ON app.a USING (app.f() > 0)');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE plpgsql AS ''BEGIN RETURN (SELECT count(*) FROM app.b); END''', 'CREATE POLICY p ON app.a USING (app.f() > 0)', 'CREATE POLICY p ON app.b USING (true)');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS uuid STABLE LANGUAGE plpgsql AS ''BEGIN RETURN nullif(current_setting($s$app.x$s$, true), $s$$s$)::uuid; END''', 'CREATE POLICY p ON app.a USING (owner_id IS NOT DISTINCT FROM app.f())');
-- Through the function of an operator, and through one that a view calls, which is not called for a column
-- that nobody asks for.
SELECT pg_temp.try('CREATE FUNCTION app.f(int, int) RETURNS boolean STABLE LANGUAGE sql AS ''SELECT EXISTS (SELECT FROM app.a WHERE id = $1)''', 'CREATE OPERATOR app.### (FUNCTION = app.f, LEFTARG = int, RIGHTARG = int)', 'CREATE POLICY p ON app.a USING (id OPERATOR(app.###) 1)');
SELECT pg_temp.try('CREATE FUNCTION app.f(int, int) RETURNS boolean STABLE LANGUAGE sql AS ''SELECT EXISTS (SELECT FROM app.b WHERE id = $1)''', 'CREATE OPERATOR app.### (FUNCTION = app.f, LEFTARG = int, RIGHTARG = int)', 'CREATE POLICY p ON app.a USING (id OPERATOR(app.###) ALL (ARRAY[1]))');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'CREATE VIEW app.v AS SELECT id FROM app.c WHERE app.f() > 0', 'GRANT SELECT ON app.v TO PUBLIC', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.v))');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'CREATE VIEW app.v AS SELECT id, app.f() AS n FROM app.c', 'GRANT SELECT ON app.v TO PUBLIC', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.v))');
SELECT pg_temp.try('CREATE FUNCTION app.f() RETURNS bigint STABLE SECURITY DEFINER LANGUAGE sql AS ''SELECT count(*) FROM app.a''', 'CREATE VIEW app.v AS SELECT id FROM app.c WHERE app.f() > 0', 'GRANT SELECT ON app.v TO PUBLIC', 'CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM app.v))');
-- Through a table of another schema, which is not audited itself.
CREATE SCHEMA elsewhere;
GRANT USAGE ON SCHEMA elsewhere TO PUBLIC;
CREATE TABLE elsewhere.d (id int);
ALTER TABLE elsewhere.d ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON elsewhere.d TO PUBLIC;
SELECT pg_temp.try('CREATE POLICY p ON app.a USING (EXISTS (SELECT FROM elsewhere.d))', 'CREATE POLICY p ON elsewhere.d USING (EXISTS (SELECT FROM app.a))');
ROLLBACK;
