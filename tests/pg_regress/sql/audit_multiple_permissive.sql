-- Rule multiple_permissive: several permissive policies admit one role for one command.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_staff;
CREATE ROLE regress_anna IN ROLE regress_staff;
CREATE ROLE regress_bypass BYPASSRLS IN ROLE anon, authenticated;
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid);
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail, fingerprint FROM rls.audit('{app}', '{multiple_permissive}');
CREATE POLICY own ON app.t USING (owner_id = auth.uid());
CREATE POLICY shared ON app.t FOR SELECT USING (id > 0);
CREATE POLICY changes ON app.t FOR UPDATE TO authenticated USING (id > 0);
SELECT level, object_name, message, detail FROM pg_temp.found;
-- Two findings of one table are two.
SELECT count(DISTINCT fingerprint) FROM pg_temp.found;
DROP POLICY shared ON app.t;
DROP POLICY changes ON app.t;
SELECT * FROM pg_temp.found;
DROP POLICY own ON app.t;
CREATE FUNCTION pg_temp.try(VARIADIC policies text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    FOR i IN 1 .. array_length(policies, 1) LOOP
        EXECUTE format('CREATE POLICY p%s ON app.t %s', i, policies[i]);
    END LOOP;
    SELECT string_agg(concat_ws(' ', detail ->> 'command', detail ->> 'policies', detail ->> 'roles'), '; ') INTO verdict
      FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'FOR SELECT TO anon USING (id < 0)');
SELECT pg_temp.try('FOR SELECT TO anon, authenticated USING (id > 0)', 'FOR SELECT TO authenticated USING (id < 0)', 'FOR SELECT TO regress_staff USING (id = 0)');
SELECT pg_temp.try('TO anon USING (id > 0)', 'TO anon USING (id < 0)');
SELECT pg_temp.try('FOR INSERT TO anon WITH CHECK (id > 0)', 'TO public USING (id < 0)');
-- Through membership: who is in a group has its policies beside its own.
SELECT pg_temp.try('FOR DELETE TO regress_staff USING (id > 0)', 'FOR DELETE TO regress_anna USING (id < 0)');
-- Near misses: other commands, other roles, restrictive ones, a clause that the command needs is missing.
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'FOR UPDATE TO anon USING (id < 0)');
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'FOR SELECT TO authenticated USING (id < 0)');
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'AS RESTRICTIVE FOR SELECT TO anon USING (id < 0)');
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'TO anon WITH CHECK (id < 0)');
-- Row security does not bind this one, who could have both.
SELECT pg_temp.try('FOR SELECT TO regress_bypass USING (id > 0)', 'FOR SELECT TO anon USING (id < 0)');
-- Whoever has the rights of both has both policies.
CREATE ROLE regress_both IN ROLE anon, authenticated;
SELECT pg_temp.try('FOR SELECT TO anon USING (id > 0)', 'FOR SELECT TO authenticated USING (id < 0)');
ROLLBACK;
