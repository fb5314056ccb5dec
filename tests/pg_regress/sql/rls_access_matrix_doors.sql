-- rls.access_matrix(): doors, and what they reach.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE ROLE regress_keeper;
CREATE ROLE regress_reader BYPASSRLS;
CREATE SCHEMA app;
CREATE SCHEMA "Back office";
GRANT USAGE ON SCHEMA app TO anon, regress_keeper, regress_reader;
GRANT USAGE ON SCHEMA "Back office" TO regress_keeper, regress_reader;
CREATE TABLE app.notes (id int PRIMARY KEY, owner_id uuid);
CREATE TABLE app.open (id int PRIMARY KEY);
CREATE TABLE "Back office"."pay""roll" (id int PRIMARY KEY);
CREATE TABLE "Back office".forced (id int PRIMARY KEY);
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Back office"."pay""roll" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Back office".forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE app.notes OWNER TO regress_keeper;
ALTER TABLE "Back office"."pay""roll" OWNER TO regress_keeper;
ALTER TABLE "Back office".forced OWNER TO regress_keeper;
GRANT SELECT ON app.notes, app.open TO anon;
GRANT SELECT ON ALL TABLES IN SCHEMA app, "Back office" TO regress_reader;
CREATE FUNCTION pg_temp.doors(schemas text[] DEFAULT '{app}')
RETURNS TABLE (name text, door jsonb, runs_as jsonb, relation text, reader text, row_security text, beyond text, bypasses boolean) LANGUAGE sql AS $$
  SELECT DISTINCT m.table_name, m.detail -> 'door', m.detail -> 'runs_as', r ->> 'relation', r ->> 'as', r ->> 'row_security', m.detail ->> 'beyond', (m.detail ->> 'bypasses_row_security')::boolean
  FROM rls.access_matrix('{"stranger": {"role": "anon"}}', schemas) AS m LEFT JOIN jsonb_array_elements(m.detail -> 'reaches') AS r ON true
  WHERE m.command IN ('select', 'execute') AND m.detail ? 'door' ORDER BY 1, 4, 5
$$;

-- Views: by the rights of their owner, who is exempt on tables of his own that do not force it; by
-- those of whoever reads them; over other views, whose owners come in between.
CREATE VIEW app.owned AS SELECT n.id FROM app.notes n, "Back office"."pay""roll" p, "Back office".forced f, app.open o;
ALTER VIEW app.owned OWNER TO regress_keeper;
CREATE VIEW app.exempt AS SELECT f.id FROM "Back office".forced f;
ALTER VIEW app.exempt OWNER TO regress_reader;
CREATE VIEW app.asks WITH (security_invoker = true) AS SELECT n.id FROM app.notes n;
GRANT SELECT ON app.asks TO regress_reader;
CREATE VIEW app.above AS SELECT a.id FROM app.asks a;
ALTER VIEW app.above OWNER TO regress_reader;
CREATE VIEW app.asks_above WITH (security_invoker = true) AS SELECT e.id FROM app.exempt e UNION SELECT a.id FROM app.asks a;
CREATE MATERIALIZED VIEW app.stored AS SELECT a.id FROM app.asks a;
ALTER MATERIALIZED VIEW app.stored OWNER TO regress_keeper;
CREATE VIEW app.of_stored WITH (security_invoker = true) AS SELECT s.id FROM app.stored s;
CREATE VIEW app.nothing AS SELECT 1 AS one;
SELECT * FROM pg_temp.doors();

-- Functions: what their bodies read, through others and through views. Where a body cannot be read, or
-- puts a statement together, they may reach more.
DROP VIEW app.owned, app.asks_above, app.above, app.of_stored, app.nothing;
DROP MATERIALIZED VIEW app.stored;
CREATE FUNCTION "Back office".helper() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM "Back office"."pay""roll"';
CREATE FUNCTION app.calls() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT "Back office".helper() + count(*) FROM app.exempt';
ALTER FUNCTION app.calls() OWNER TO regress_keeper;
CREATE FUNCTION app.standard(n int, t text DEFAULT '') RETURNS bigint LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT count(*) FROM app.notes WHERE id = n; END;
ALTER FUNCTION app.standard(int, text) OWNER TO regress_reader;
CREATE FUNCTION app.dynamic(t text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM ' || t INTO n; RETURN n; END $$;
CREATE FUNCTION app.closed() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION app.closed() FROM PUBLIC;
CREATE FUNCTION app.fires() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN new; END';
-- A function in a view is called by whoever reads the view.
CREATE FUNCTION app.plain() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM app.notes';
CREATE VIEW app.with_call AS SELECT app.plain() AS notes, app.standard(1) AS standard, o.id FROM app.open o;
ALTER VIEW app.with_call OWNER TO regress_keeper;
SELECT * FROM pg_temp.doors() WHERE name ~ '\(|with_call';

-- Nobody may call or read them: they are no doors. Nothing that their authors wrote is run.
SELECT count(*) FROM rls.access_matrix('{"keeper": {"role": "regress_keeper"}}', '{app}') WHERE table_name = 'closed()';
CREATE VIEW app.raises AS SELECT 1 / (id - id) AS n FROM app.open;
CREATE FUNCTION app.boom() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE 'run'; END $$;
CREATE VIEW app.folds AS SELECT app.boom() AS n FROM app.open;
SELECT * FROM pg_temp.doors() WHERE name IN ('raises', 'folds');

-- By name alone, and partitions of partitions.
CREATE TABLE app.events (id int, at int) PARTITION BY LIST (id);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES IN (1) PARTITION BY LIST (at);
CREATE TABLE "Back office"."Events 1.1" PARTITION OF app.events_1 FOR VALUES IN (1);
CREATE TABLE app.child () INHERITS (app.open);
SELECT table_name, detail FROM rls.access_matrix('{"stranger": {"role": "anon"}}', tables => ARRAY['app.events', 'app.events_1', '"Back office"."Events 1.1"', 'app.child', 'app.exempt']::regclass[])
WHERE command = 'select';
-- The settings of the audit count: a wrong one is raised where there are doors.
SET LOCAL rowguard.exposed_roles = 'regress_no_role';
SELECT count(*) FROM rls.access_matrix('{"stranger": {"role": "anon"}}', '{app}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.access_matrix('{"stranger": {"role": "anon"}}', tables => '{app.open}');
ROLLBACK;
