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

-- Views and definer functions that work with the owner's rights would be bound too, and a policy that calls one would lead
-- back to itself: no statement is printed. Others do not count.
CREATE TABLE app.members (team int, who uuid);
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.members OWNER TO regress_owner;
GRANT ALL ON SCHEMA app TO regress_owner, regress_heir;
CREATE FUNCTION pg_temp.fix(setup text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE printed text;
BEGIN
    BEGIN
        EXECUTE setup;
        SELECT concat_ws(' ', coalesce(fix, 'none'), detail ->> 'works_as_owner') INTO STRICT printed
        FROM pg_temp.found WHERE object_name = 'members';
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
    RETURN printed;
END $$;
SELECT setup, pg_temp.fix(setup) FROM (VALUES
  ('SELECT'),
  ('CREATE FUNCTION app.is_member(t int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS
    ''SELECT EXISTS (SELECT FROM app.members WHERE team = t AND who = auth.uid())''; ALTER FUNCTION app.is_member(int) OWNER TO regress_owner;
    CREATE POLICY p ON app.members USING (app.is_member(team))'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS ''BEGIN RETURN (SELECT count(*) FROM app.members); END''; ALTER FUNCTION app.f() OWNER TO regress_owner'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS ''BEGIN RETURN 1; END''; ALTER FUNCTION app.f() OWNER TO regress_owner'),
  ('CREATE FUNCTION app.f() RETURNS bigint LANGUAGE sql AS ''SELECT count(*) FROM app.members''; ALTER FUNCTION app.f() OWNER TO regress_owner'),
  ('CREATE FUNCTION app.f(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS ''BEGIN EXECUTE q; END''; ALTER FUNCTION app.f(text) OWNER TO regress_owner'),
  ('CREATE FUNCTION app.f(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS ''BEGIN EXECUTE q; END''; ALTER FUNCTION app.f(text) OWNER TO regress_heir'),
  ('CREATE VIEW app.v AS SELECT * FROM app.members; ALTER VIEW app.v OWNER TO regress_owner'),
  ('CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.members; ALTER MATERIALIZED VIEW app.m OWNER TO regress_owner'),
  ('CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.members; ALTER VIEW app.v OWNER TO regress_owner'),
  ('CREATE VIEW app.v AS SELECT * FROM app.members')) c(setup);
ROLLBACK;
