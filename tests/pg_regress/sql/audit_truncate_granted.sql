-- Rule truncate_granted: an exposed role may empty a table with row security.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE ROLE regress_group;
CREATE ROLE regress_inner NOINHERIT;
CREATE ROLE regress_other;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app."T'1" (id int);
ALTER TABLE app."T'1" ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.open (id int);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{truncate_granted}');

-- Near misses: other privileges, a role that is not exposed, a table without row security.
GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES, TRIGGER ON app."T'1" TO anon, authenticated, PUBLIC;
GRANT TRUNCATE ON app."T'1" TO regress_other;
GRANT ALL ON app.open TO anon;
SELECT * FROM pg_temp.found;

-- By itself, with ALL, and as everybody.
CREATE FUNCTION pg_temp.try(grants text) RETURNS TABLE (open_to jsonb, fix text) LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE grants;
        RETURN QUERY SELECT f.detail -> 'open_to', f.fix FROM pg_temp.found f;
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
END $$;
SELECT grants, t.* FROM (VALUES
  ('GRANT TRUNCATE ON app."T''1" TO anon'),
  ('GRANT ALL ON app."T''1" TO authenticated'),
  ('GRANT ALL ON ALL TABLES IN SCHEMA app TO anon, authenticated'),
  ('GRANT TRUNCATE ON app."T''1" TO PUBLIC'),
  ('GRANT TRUNCATE ON app."T''1" TO regress_group; GRANT regress_group TO anon'),
  ('GRANT TRUNCATE ON app."T''1" TO regress_group; GRANT regress_group TO regress_inner; GRANT regress_inner TO anon'),
  ('ALTER TABLE app."T''1" OWNER TO anon'),
  ('ALTER TABLE app."T''1" OWNER TO regress_group; GRANT regress_group TO anon'),
  ('GRANT TRUNCATE ON app."T''1" TO regress_group'),
  ('GRANT TRUNCATE ON app."T''1" TO anon; REVOKE USAGE ON SCHEMA app FROM PUBLIC'),
  -- Rights of roles that it can act as add up, as the next lines show.
  ('REVOKE USAGE ON SCHEMA app FROM PUBLIC; ALTER ROLE anon NOINHERIT; GRANT USAGE ON SCHEMA app TO regress_group;
    GRANT TRUNCATE ON app."T''1" TO regress_other; GRANT regress_group, regress_other TO anon'),
  ('REVOKE USAGE ON SCHEMA app FROM PUBLIC; ALTER ROLE anon INHERIT; GRANT USAGE ON SCHEMA app TO regress_group;
    GRANT TRUNCATE ON app."T''1" TO regress_other; GRANT regress_group, regress_other TO anon')) c(grants)
LEFT JOIN LATERAL pg_temp.try(grants) t ON true;

SAVEPOINT split;
REVOKE USAGE ON SCHEMA app FROM PUBLIC;
GRANT USAGE ON SCHEMA app TO anon;
ALTER ROLE anon NOINHERIT;
GRANT TRUNCATE, SELECT ON app."T'1" TO regress_group;
GRANT DELETE ON app.open TO regress_group;
GRANT regress_group TO anon;
INSERT INTO app.open VALUES (1);
REVOKE DELETE ON app.open FROM anon;
SET SESSION AUTHORIZATION anon;
PREPARE emptying AS DELETE FROM app.open;
SET ROLE regress_group;
EXECUTE emptying;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM app.open;
SELECT detail FROM pg_temp.found;
ROLLBACK TO split;
DEALLOCATE ALL;

-- The server asks no policy.
GRANT TRUNCATE ON app."T'1" TO anon;
INSERT INTO app."T'1" VALUES (1);
SET ROLE anon;
DELETE FROM app."T'1";
RESET ROLE;
SELECT count(*) FROM app."T'1";
SET ROLE anon;
TRUNCATE app."T'1";
RESET ROLE;
SELECT count(*) FROM app."T'1";

-- Granted on by somebody who may: the fix takes the right to grant, too.
GRANT TRUNCATE ON app."T'1" TO regress_group WITH GRANT OPTION;
SET ROLE regress_group;
GRANT TRUNCATE ON app."T'1" TO authenticated WITH GRANT OPTION;
RESET ROLE;
SET ROLE authenticated;
GRANT TRUNCATE ON app."T'1" TO PUBLIC;
RESET ROLE;

-- The printed fix mends it.
SELECT * FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;

-- A partition or child is emptied through a parent; only the parent's privileges are asked.
CREATE TABLE app.parent (id int);
CREATE TABLE app.child () INHERITS (app.parent);
CREATE TABLE app.grandchild () INHERITS (app.child);
ALTER TABLE app.grandchild ENABLE ROW LEVEL SECURITY;
INSERT INTO app.grandchild VALUES (1);
SELECT * FROM pg_temp.found;
GRANT TRUNCATE ON app.parent TO anon;
SELECT object_name, detail, fix FROM pg_temp.found;
SAVEPOINT filled;
SET ROLE anon;
TRUNCATE app.parent;
RESET ROLE;
SELECT count(*) FROM app.grandchild;
ROLLBACK TO filled;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
-- Where the parent has row security, it is the one at fault.
ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY;
GRANT TRUNCATE ON app.parent TO anon;
SELECT object_name, detail FROM pg_temp.found;
ROLLBACK;
