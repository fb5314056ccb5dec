-- Rule references_or_trigger_granted: an exposed role may put a foreign key or a trigger on a table with row security.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE SCHEMA mine AUTHORIZATION anon;
CREATE ROLE regress_group;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.t (id int PRIMARY KEY, "a""b" int UNIQUE);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
INSERT INTO app.t VALUES (7, 1);
CREATE TABLE app.open (id int PRIMARY KEY);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{references_or_trigger_granted}');

-- Near misses: other privileges, a role that is not exposed, a table without row security.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON app.t TO anon;
GRANT REFERENCES, TRIGGER ON app.t TO regress_group;
GRANT ALL ON app.open TO anon;
SELECT * FROM pg_temp.found;

-- Either, on the table or a column, by itself, as everybody, through a membership.
GRANT TRIGGER ON app.t TO anon;
SELECT * FROM pg_temp.found;
REVOKE TRIGGER ON app.t FROM anon;
GRANT REFERENCES (id, "a""b") ON app.t TO PUBLIC;
SELECT level, detail, fix FROM pg_temp.found;
GRANT ALL ON app.t TO authenticated;
GRANT regress_group TO anon;
SELECT level, detail, fix FROM pg_temp.found;
REVOKE USAGE ON SCHEMA app FROM PUBLIC;
SELECT * FROM pg_temp.found;
GRANT USAGE ON SCHEMA app TO PUBLIC;

-- Hidden rows show through a foreign key.
SET ROLE anon;
SELECT count(*) FROM app.t;
CREATE TABLE mine.probe (id int REFERENCES app.t);
INSERT INTO mine.probe VALUES (6);
INSERT INTO mine.probe VALUES (7);
RESET ROLE;
DROP TABLE mine.probe;

-- The printed fix mends it.
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
ROLLBACK;
