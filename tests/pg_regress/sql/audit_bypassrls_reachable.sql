-- Rule bypassrls_reachable: an exposed role can become one that row security does not bind.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE ROLE regress_owner;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE ROLE regress_super SUPERUSER;
CREATE ROLE regress_middle NOINHERIT;
CREATE ROLE "regress, plain";
CREATE TABLE app."T'1" (id int);
CREATE TABLE app.forced (id int);
ALTER TABLE app."T'1" OWNER TO regress_owner;
ALTER TABLE app.forced OWNER TO "regress, plain";
INSERT INTO app."T'1" VALUES (1);
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT SELECT ON app."T'1" TO PUBLIC;
CREATE VIEW pg_temp.found AS
  SELECT level, schema_name, object_name, object_kind, message, detail, fix
  FROM rls.audit('{app}', '{bypassrls_reachable}');

-- Near misses: no table with row security; memberships that lead nowhere; a forced owner.
GRANT regress_bypass TO anon;
SELECT * FROM pg_temp.found;
REVOKE regress_bypass FROM anon;
ALTER TABLE app."T'1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT "regress, plain" TO anon;
GRANT regress_middle TO anon, regress_bypass, regress_super;
SELECT * FROM pg_temp.found;
REVOKE regress_middle FROM regress_bypass, regress_super;
SELECT * FROM pg_temp.found;
-- Found for a schema that holds such a table, and for no other.
GRANT regress_bypass TO anon;
SELECT level, schema_name, object_name, object_kind, message, detail FROM pg_temp.found;
SELECT * FROM rls.audit('{other}', '{bypassrls_reachable}');
REVOKE regress_bypass FROM anon;

-- Each way, mended by the printed fix. The attribute is not inherited; SET ROLE reaches it.
CREATE FUNCTION pg_temp.try(way text) RETURNS TABLE (role text, superusers jsonb, bypassrls jsonb, owner_of jsonb, fix text, still bigint)
LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    BEGIN
        EXECUTE way;
        FOR found IN SELECT * FROM pg_temp.found LOOP
            BEGIN
                EXECUTE found.fix;
                SELECT count(*) INTO still FROM pg_temp.found f WHERE f.object_name = found.object_name;
                RAISE EXCEPTION USING ERRCODE = 'RG001';
            EXCEPTION WHEN SQLSTATE 'RG001' THEN
            END;
            role := found.object_name;
            superusers := found.detail -> 'superusers';
            bypassrls := found.detail -> 'bypassrls';
            owner_of := found.detail -> 'owner_of';
            fix := found.fix;
            RETURN NEXT;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
END $$;
SELECT way, t.role, t.superusers, t.bypassrls, t.owner_of, regexp_replace(t.fix, ' GRANTED BY [^;]+', '', 'g') AS fix, t.still FROM (VALUES
  ('GRANT regress_bypass TO anon'),
  ('GRANT regress_bypass TO regress_middle'),
  ('GRANT regress_super TO authenticated'),
  ('GRANT regress_super, regress_bypass TO anon'),
  ('GRANT regress_owner TO anon'),
  ('ALTER ROLE anon NOINHERIT; GRANT regress_owner TO anon'),
  ('GRANT regress_owner TO regress_middle'),
  ('ALTER ROLE anon BYPASSRLS'),
  ('ALTER ROLE anon SUPERUSER'),
  ('ALTER TABLE app."T''1" OWNER TO anon'),
  ('SET rowguard.exposed_roles = ''regress_owner'''),
  ('ALTER TABLE app."T''1" FORCE ROW LEVEL SECURITY; GRANT regress_owner TO anon')) w(way)
LEFT JOIN LATERAL pg_temp.try(way) t ON true;
RESET rowguard.exposed_roles;

-- The server agrees.
GRANT regress_bypass TO regress_middle;
SET SESSION AUTHORIZATION anon;
SELECT count(*) FROM app."T'1";
SET ROLE regress_bypass;
SELECT count(*) FROM app."T'1";
RESET SESSION AUTHORIZATION;
REVOKE regress_bypass FROM regress_middle;
GRANT regress_owner TO anon;
SET SESSION AUTHORIZATION anon;
SELECT count(*) FROM app."T'1";
RESET SESSION AUTHORIZATION;
REVOKE regress_owner FROM anon;

-- Options of a membership, from PostgreSQL 16 on. A role inherited from without SET leads to no attribute;
-- one to be set without inheriting does; who administers a role may give it to itself.
CREATE FUNCTION pg_temp.with_options(role text, options text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    answer boolean;
BEGIN
    EXECUTE format('GRANT %I TO anon WITH %s', role, options);
    SELECT count(*) > 0 INTO answer FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = answer::text;
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM::boolean;
END $$;
SELECT role, options, found FROM (VALUES
  ('regress_bypass', 'INHERIT TRUE, SET FALSE', false), ('regress_bypass', 'INHERIT FALSE, SET TRUE', true),
  ('regress_bypass', 'INHERIT FALSE, SET FALSE', false), ('regress_owner', 'INHERIT TRUE, SET FALSE', true),
  ('regress_owner', 'INHERIT FALSE, SET TRUE', true), ('regress_owner', 'INHERIT FALSE, SET FALSE', false),
  ('regress_bypass', 'ADMIN TRUE, INHERIT FALSE, SET FALSE', true)) c(role, options, expected),
LATERAL (SELECT CASE WHEN current_setting('server_version_num')::int < 160000 THEN expected
                     ELSE pg_temp.with_options(role, options) END AS found) f;
ROLLBACK;
