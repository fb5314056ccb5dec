-- Rule force_rls_missing: the table's owner is not bound by its row security.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE ROLE regress_owner NOLOGIN;
CREATE ROLE regress_heir NOLOGIN;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app."T'1" (id int);
INSERT INTO app."T'1" VALUES (1), (2);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{force_rls_missing}');

-- Near misses: row security off, and an owner that FORCE would not bind.
ALTER TABLE app."T'1" OWNER TO regress_owner;
SELECT * FROM pg_temp.found;
ALTER TABLE app."T'1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE app."T'1" OWNER TO CURRENT_USER;
SELECT * FROM pg_temp.found;
ALTER TABLE app."T'1" OWNER TO regress_owner;
ALTER ROLE regress_owner BYPASSRLS;
SELECT * FROM pg_temp.found;
ALTER ROLE regress_owner NOBYPASSRLS;

-- An owner that nobody logs in as: for information. It reads what no policy admits it to.
SELECT * FROM pg_temp.found;
SET ROLE regress_owner;
SELECT count(*) FROM app."T'1";
RESET ROLE;
-- Worse where it may log in,
ALTER ROLE regress_owner LOGIN;
SELECT level, detail FROM pg_temp.found;
ALTER ROLE regress_owner NOLOGIN;
-- or where an exposed role becomes it: directly, or by a role between, inherited or not.
GRANT regress_owner TO authenticated;
SELECT level, detail FROM pg_temp.found;
REVOKE regress_owner FROM authenticated;
ALTER ROLE regress_heir NOINHERIT;
GRANT regress_owner TO regress_heir;
SELECT level, detail FROM pg_temp.found;
GRANT regress_heir TO anon;
SELECT level, detail FROM pg_temp.found;
SET ROLE anon;
SET ROLE regress_owner;
RESET ROLE;
REVOKE regress_heir FROM anon;
SET rowguard.exposed_roles = 'regress_owner';
SELECT level, detail FROM pg_temp.found;
RESET rowguard.exposed_roles;

-- Partitioned tables and partitions are tables.
CREATE TABLE app.parent (id int) PARTITION BY LIST (id);
CREATE TABLE app.child PARTITION OF app.parent DEFAULT;
ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.child ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.parent OWNER TO regress_owner;
ALTER TABLE app.child OWNER TO regress_heir;
SELECT level, object_name, fix FROM pg_temp.found;

-- The printed fix mends it.
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET ROLE regress_owner;
SELECT count(*) FROM app."T'1";
RESET ROLE;
ROLLBACK;
