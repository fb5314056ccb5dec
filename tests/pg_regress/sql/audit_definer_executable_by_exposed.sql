-- Rule definer_executable_by_exposed: an exposed role may call a SECURITY DEFINER function that row security does not bind.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE ROLE regress_owner;
CREATE ROLE regress_bound;
CREATE ROLE regress_group;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT CREATE ON SCHEMA app TO regress_owner, regress_bound;
CREATE TABLE app.t (id int, owner name);
CREATE TABLE app.plain (id int);
INSERT INTO app.t VALUES (1, 'anon'), (2, 'somebody');
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.t OWNER TO regress_owner;
CREATE POLICY own ON app.t USING (owner = current_user);
GRANT ALL ON app.t, app.plain TO PUBLIC;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, object_kind, message, detail, fix FROM rls.audit('{app}', '{definer_executable_by_exposed}');

-- One finding: what anon counts, and what after the printed fix.
CREATE FUNCTION app."F'1"(text) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM app.t';
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT app."F'1"('');
RESET ROLE;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT app."F'1"('');
RESET ROLE;
DROP FUNCTION app."F'1"(text);

-- Each case: what the audit finds, and whether anon reads or changes a row that is not its own.
CREATE FUNCTION pg_temp.try(setup text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    leaked text;
BEGIN
    BEGIN
        EXECUTE setup;
        SELECT coalesce(string_agg(object_name, ', '), '-') INTO verdict FROM pg_temp.found;
        BEGIN
            SET LOCAL ROLE anon;
            EXECUTE 'SELECT app.f() > 1' INTO leaked;
        EXCEPTION WHEN insufficient_privilege THEN
            leaked := 'refused';
        END;
        RESET ROLE;
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
    RETURN format('found %s; leaks %s', verdict, leaked);
END $$;
SELECT setup, pg_temp.try(setup) AS result FROM (VALUES
  -- Owners.
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t'''),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; ALTER FUNCTION app.f() OWNER TO regress_owner'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; ALTER FUNCTION app.f() OWNER TO regress_bound'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; ALTER FUNCTION app.f() OWNER TO regress_owner; ALTER TABLE app.t FORCE ROW LEVEL SECURITY'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY INVOKER AS ''SELECT count(*) FROM app.t'''),
  -- Bodies: both forms, writing, several statements, nothing of such a table.
  ('CREATE FUNCTION app.f() RETURNS bigint SECURITY DEFINER BEGIN ATOMIC SELECT count(*) FROM app.t; END'),
  ('CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''DELETE FROM app.t RETURNING 2'''),
  ('CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''UPDATE app.t SET owner = current_user; SELECT 2'''),
  ('CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT 1 FROM app.plain'''),
  ('CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = app AS ''SELECT max(id) FROM t WHERE EXISTS (SELECT FROM t)'''),
  -- A body that cannot be read, of an owner whom row security binds, or not.
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS ''BEGIN RETURN (SELECT count(*) FROM app.t); END'''),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS ''BEGIN RETURN (SELECT count(*) FROM app.t); END''; ALTER FUNCTION app.f() OWNER TO regress_bound'),
  -- Through the function of an operator.
  ('CREATE FUNCTION app.g(text, text) RETURNS bigint LANGUAGE sql AS ''SELECT count(*) FROM app.t''; CREATE OPERATOR app.### (LEFTARG = text, RIGHTARG = text, FUNCTION = app.g);
    CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $f$SELECT text ''a'' OPERATOR(app.###) ''b''$f$'),
  ('CREATE FUNCTION app.g(text, text) RETURNS bigint LANGUAGE sql AS ''SELECT count(*) FROM app.plain''; CREATE OPERATOR app.### (LEFTARG = text, RIGHTARG = text, FUNCTION = app.g);
    CREATE FUNCTION app.f() RETURNS bigint SECURITY DEFINER RETURN ''a''::text OPERATOR(app.###) ''b'''),
  -- Through views, with the rights of the function's owner or the view's; through other functions.
  ('CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.t; GRANT SELECT ON app.v TO PUBLIC; CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.v'''),
  ('CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.t; GRANT SELECT ON app.v TO PUBLIC; CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.v''; ALTER FUNCTION app.f() OWNER TO regress_bound'),
  ('CREATE FUNCTION app.g() RETURNS bigint LANGUAGE sql AS ''SELECT count(*) FROM app.t''; CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT app.g()'''),
  ('CREATE FUNCTION app.g() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; ALTER FUNCTION app.g() OWNER TO regress_bound; CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT app.g()'''),
  ('CREATE FUNCTION app.g() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; REVOKE EXECUTE ON FUNCTION app.g() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.g() TO regress_bound;
    CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT app.g()''; ALTER FUNCTION app.f() OWNER TO regress_bound'),
  -- What the server and extensions bring reads nothing, unless it is told what to run.
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM pg_class WHERE length(lower(relname)) < 0'''),
  ('CREATE FUNCTION app.g(text) RETURNS int LANGUAGE internal AS ''textlen''; ALTER EXTENSION rowguard ADD FUNCTION app.g(text); CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT app.g(''''a'''')'''),
  ('CREATE FUNCTION app.g(text) RETURNS int LANGUAGE internal AS ''textlen''; CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT app.g(''''a'''')'''),
  ('CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT length(xmlserialize(CONTENT query_to_xml(''''SELECT * FROM app.t WHERE id = 2'''', true, true, '''''''') AS text))'''),
  -- Who may call it.
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; REVOKE ALL ON FUNCTION app.f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f() TO regress_group'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; REVOKE ALL ON FUNCTION app.f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f() TO regress_group; GRANT regress_group TO anon'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t''; REVOKE USAGE ON SCHEMA app FROM PUBLIC')) c(setup);

-- A stored expression calls it with the rights of whoever runs the query: to revoke EXECUTE would break that, so nothing is
-- printed.
CREATE FUNCTION pg_temp.fix(setup text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE printed text;
BEGIN
    BEGIN
        EXECUTE 'CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT count(*) FROM app.t'';' || setup;
        SELECT coalesce(fix, 'none') INTO STRICT printed FROM pg_temp.found WHERE object_name = 'f()';
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
    RETURN printed;
END $$;
SELECT setup, pg_temp.fix(setup) FROM (VALUES
  ('SELECT'),
  ('CREATE POLICY p ON app.t USING (app.f() > 0)'),
  ('CREATE FUNCTION app.g() RETURNS bigint LANGUAGE sql AS ''SELECT app.f()''; CREATE POLICY p ON app.t USING (app.g() > 0)'),
  ('CREATE FUNCTION app.g() RETURNS bigint LANGUAGE sql AS ''SELECT app.f()'''),
  ('CREATE FUNCTION app.g() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS ''SELECT app.f()''; CREATE POLICY p ON app.t USING (app.g() > 0)'),
  ('CREATE VIEW app.v AS SELECT app.f()'),
  ('ALTER TABLE app.plain ADD many bigint DEFAULT app.f()'),
  ('CREATE FUNCTION app.g() RETURNS bigint BEGIN ATOMIC SELECT app.f(); END'),
  ('COMMENT ON FUNCTION app.f() IS ''counts''')) c(setup);

-- Reviewed; procedures; trigger functions; extensions' functions.
CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM app.t';
COMMENT ON FUNCTION app.f() IS 'rowguard:reviewed looks fine';
SELECT object_name FROM pg_temp.found;
COMMENT ON FUNCTION app.f() IS E'How many.\nrowguard:reviewed SEC-12: the number is public';
SELECT object_name FROM pg_temp.found;
CREATE FUNCTION app.log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN NULL; END';
CREATE FUNCTION app.extensions() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM app.t';
ALTER EXTENSION rowguard ADD FUNCTION app.extensions();
SELECT object_name FROM pg_temp.found;
CREATE PROCEDURE app.clean(n int) LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM app.t WHERE id = n';
SELECT object_name, detail, fix FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT object_name FROM pg_temp.found;
ROLLBACK;
