-- Rule policy_for_exempt_role: a policy is for a role that row security does not bind.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_member IN ROLE regress_owner;
CREATE ROLE regress_outsider NOINHERIT IN ROLE regress_owner;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE ROLE regress_super SUPERUSER;
CREATE ROLE regress_heir IN ROLE regress_super, regress_bypass;
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid);
INSERT INTO app.t VALUES (1);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.t OWNER TO regress_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT SELECT ON app.t TO PUBLIC;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail ->> 'exempt' AS exempt, fix FROM rls.audit('{app}', '{policy_for_exempt_role}');
-- Each role is tried alone, as the one role of a policy that lets nothing pass; beside the verdict whether it does.
CREATE FUNCTION pg_temp.try(role text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    visible bigint;
BEGIN
    EXECUTE format('CREATE POLICY p ON app.t TO %s USING (false)', role);
    SELECT exempt INTO verdict FROM pg_temp.found;
    IF role <> 'PUBLIC' THEN
        EXECUTE format('SET LOCAL ROLE %s', role);
        SELECT count(*) INTO visible FROM app.t;
        RESET ROLE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = concat_ws(' | ', coalesce(verdict, '-'), visible);
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT role, pg_temp.try(role) AS "verdict, visible" FROM unnest('{regress_owner,regress_member,regress_outsider,regress_bypass,regress_super,regress_heir,anon,PUBLIC}'::text[]) role;
ALTER TABLE app.t FORCE ROW LEVEL SECURITY;
SELECT role, pg_temp.try(role) AS "verdict, visible" FROM unnest('{regress_owner,regress_member,regress_bypass,regress_super}'::text[]) role;
-- Beside others the role can go; alone it is for a person to say.
CREATE POLICY jobs ON app.t TO regress_bypass, anon, authenticated USING (id > 0);
CREATE POLICY alone ON app.t TO regress_bypass, regress_super USING (id > 0);
SELECT * FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT policy FROM pg_temp.found;
SELECT polroles::regrole[] FROM pg_policy WHERE polname = 'jobs';
ROLLBACK;
