-- Rule rule_on_rls_table: a table with row security has a rewrite rule.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.t (id int);
CREATE TABLE app.log (id int);
CREATE TABLE app.plain (id int);
CREATE TABLE app.parted (id int) PARTITION BY LIST (id);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.parted ENABLE ROW LEVEL SECURITY;
CREATE POLICY adds ON app.t FOR INSERT WITH CHECK (true);
GRANT INSERT ON app.t TO anon;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{rule_on_rls_table}');

-- Near misses: a view is a rule of its own kind; a table without row security.
CREATE VIEW app.v AS SELECT * FROM app.t;
CREATE RULE r AS ON INSERT TO app.plain DO ALSO INSERT INTO app.log VALUES (NEW.id);
SELECT * FROM pg_temp.found;

-- One finding per table, with every rule that acts.
CREATE RULE "Keep" AS ON INSERT TO app.t DO ALSO INSERT INTO app.log VALUES (NEW.id);
CREATE RULE never AS ON DELETE TO app.t DO INSTEAD NOTHING;
CREATE RULE r AS ON UPDATE TO app.parted DO ALSO NOTIFY changed;
SELECT * FROM pg_temp.found;
-- It writes where the caller may not, and past the policies there.
SET ROLE anon;
INSERT INTO app.log VALUES (1);
INSERT INTO app.t VALUES (1);
RESET ROLE;
SELECT * FROM app.log;
-- Rules that do not act here.
ALTER TABLE app.t DISABLE RULE "Keep";
ALTER TABLE app.t ENABLE REPLICA RULE never;
SELECT object_name, detail FROM pg_temp.found;
ALTER TABLE app.t ENABLE ALWAYS RULE never;
DROP RULE r ON app.parted;
SELECT object_name, detail FROM pg_temp.found;
ROLLBACK;
