-- Rule partition_exposed: a partition or child of a table with row security is open by its own name.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE SCHEMA elsewhere;
GRANT USAGE ON SCHEMA app, elsewhere TO PUBLIC;
CREATE TABLE elsewhere.events (id int) PARTITION BY LIST (id);
ALTER TABLE elsewhere.events ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.middle PARTITION OF elsewhere.events FOR VALUES IN (1, 2) PARTITION BY LIST (id);
CREATE TABLE app."Leaf" PARTITION OF app.middle FOR VALUES IN (1);
CREATE TABLE app.other PARTITION OF app.middle DEFAULT;
CREATE TABLE app.base (id int);
CREATE TABLE app.child () INHERITS (app.base);
CREATE TABLE app.stranger (id int);
INSERT INTO elsewhere.events VALUES (1);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{partition_exposed}');

-- Near misses: no privilege, or only on the parents; a table that is nobody's child; a parent without row security.
GRANT ALL ON elsewhere.events TO anon;
GRANT SELECT, INSERT ON app.stranger, app.child TO anon;
SELECT * FROM pg_temp.found;

-- At any depth, on a partitioned partition, a leaf and a child; a column will do.
GRANT SELECT (id) ON app.middle TO anon;
GRANT DELETE ON app."Leaf" TO PUBLIC;
ALTER TABLE app.base ENABLE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM elsewhere.events;
SELECT count(*) FROM app.middle;
RESET ROLE;
-- By the parent's schema alone it is not found: the partition stands elsewhere.
SELECT * FROM rls.audit('{elsewhere}', '{partition_exposed}');

-- A foreign table can only be closed by REVOKE.
CREATE FOREIGN DATA WRAPPER regress_wrapper;
CREATE SERVER regress_server FOREIGN DATA WRAPPER regress_wrapper;
CREATE FOREIGN TABLE app.far PARTITION OF elsewhere.events FOR VALUES IN (3) SERVER regress_server;
GRANT SELECT ON app.far TO anon, authenticated;
SELECT level, object_name, detail, fix FROM pg_temp.found WHERE object_name = 'far';

-- The printed fix mends it; the parent answers as before.
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM app.middle;
RESET ROLE;
-- A partition that has left is a table like any other.
GRANT ALL ON app.other TO anon;
SELECT object_name FROM pg_temp.found;
ALTER TABLE app.middle DETACH PARTITION app.other;
SELECT object_name FROM pg_temp.found;
ROLLBACK;
