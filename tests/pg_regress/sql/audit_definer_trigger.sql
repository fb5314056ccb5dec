-- Rule definer_trigger: a trigger on a table with row security runs with the rights of a role that policies do not bind.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE ROLE regress_owner;
CREATE ROLE regress_bound;
CREATE SCHEMA app;
CREATE SCHEMA other;
GRANT ALL ON SCHEMA app, other TO regress_owner, regress_bound;
CREATE TABLE app.t (id int PRIMARY KEY);
CREATE TABLE app.log (id int);
CREATE TABLE app.plain (id int REFERENCES app.t);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.t OWNER TO regress_owner;
CREATE POLICY adds ON app.t FOR INSERT WITH CHECK (true);
GRANT USAGE ON SCHEMA app TO anon;
GRANT INSERT ON app.t TO anon;
CREATE FUNCTION other."F'1"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  'BEGIN INSERT INTO app.log SELECT count(*) FROM app.t; RETURN NEW; END';
CREATE FUNCTION app.invoker() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{definer_trigger}');

-- Near misses: the triggers of foreign keys, one that runs as the caller, a table without row security.
CREATE TRIGGER a AFTER INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION app.invoker();
CREATE TRIGGER b AFTER INSERT ON app.plain FOR EACH ROW EXECUTE FUNCTION other."F'1"();
SELECT * FROM pg_temp.found;

-- One finding per table, whatever the function's schema; it sees and does what the caller may not.
CREATE TRIGGER "Log" AFTER INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION other."F'1"();
CREATE TRIGGER stmt BEFORE TRUNCATE ON app.t EXECUTE FUNCTION other."F'1"();
SELECT * FROM pg_temp.found;
INSERT INTO app.t VALUES (1);
SET ROLE anon;
INSERT INTO app.t VALUES (2);
RESET ROLE;
SELECT * FROM app.log;

-- Owners: the table's, unless row security is forced; somebody else whom it binds.
ALTER FUNCTION other."F'1"() OWNER TO regress_owner;
SELECT detail FROM pg_temp.found;
ALTER TABLE app.t FORCE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.found;
ALTER ROLE regress_owner BYPASSRLS;
SELECT detail FROM pg_temp.found;
ALTER ROLE regress_owner NOBYPASSRLS;
ALTER TABLE app.t NO FORCE ROW LEVEL SECURITY;
ALTER FUNCTION other."F'1"() OWNER TO regress_bound;
SELECT * FROM pg_temp.found;
GRANT regress_owner TO regress_bound;
SELECT detail FROM pg_temp.found;

-- Triggers that do not fire here.
ALTER TABLE app.t DISABLE TRIGGER "Log", ENABLE REPLICA TRIGGER stmt;
SELECT * FROM pg_temp.found;
ALTER TABLE app.t ENABLE ALWAYS TRIGGER "Log";
SELECT detail FROM pg_temp.found;

-- Reviewed, with a name and a reason.
COMMENT ON FUNCTION other."F'1"() IS 'rowguard:reviewed';
SELECT count(*) FROM pg_temp.found;
COMMENT ON FUNCTION other."F'1"() IS E'Counts.\nrowguard:reviewed alice: writes a count and nothing else';
SELECT * FROM pg_temp.found;
COMMENT ON FUNCTION other."F'1"() IS NULL;
-- Or run as the caller.
ALTER FUNCTION other."F'1"() SECURITY INVOKER;
SELECT * FROM pg_temp.found;
ALTER FUNCTION other."F'1"() SECURITY DEFINER;

-- What a partition has from its table is found there, unless only the partition is protected.
CREATE TABLE app.parent (id int) PARTITION BY LIST (id);
CREATE TABLE app.child PARTITION OF app.parent DEFAULT;
CREATE TRIGGER log AFTER INSERT ON app.parent FOR EACH ROW EXECUTE FUNCTION other."F'1"();
ALTER FUNCTION other."F'1"() OWNER TO CURRENT_USER;
ALTER TABLE app.child ENABLE ROW LEVEL SECURITY;
SELECT object_name FROM pg_temp.found;
ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY;
SELECT object_name FROM pg_temp.found;
ROLLBACK;
