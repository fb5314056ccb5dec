-- Rule policy_true_without_identity: a permissive policy opens for callers without an identity.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge
CREATE FUNCTION app.listed() RETURNS uuid LANGUAGE plpgsql STABLE AS 'BEGIN RETURN NULL; END';
SET LOCAL rowguard.identity_functions = 'app.listed';
CREATE TEMP TABLE open (condition text);
INSERT INTO open VALUES
  ('app.anybody(owner_id)'),
  ('app.me() IS NULL OR owner_id = app.me()'),
  ('NOT app.is_admin()'),
  ('coalesce(app.owns(owner_id), true)'),
  ('coalesce(app.my_org(), org_id) = org_id'),
  ('org_id NOT IN (SELECT app.my_orgs())'),
  ('org_id NOT IN (SELECT * FROM app.my_orgs())'),
  ('app.asked() IS NULL OR owner_id = app.asked()'),
  ('auth.uid() IS NULL OR owner_id = auth.uid()'),
  ('(SELECT auth.uid()) IS NULL OR owner_id = (SELECT auth.uid())'),
  ('owner_id = auth.uid() OR auth.uid() IS NULL'),
  ('coalesce(auth.uid() = owner_id, true)'),
  ('coalesce(auth.uid() = ANY (editors), true)'),
  ('(auth.uid() = ANY (editors)) IS NOT FALSE'),
  ('coalesce(owner_id = auth.uid(), 1 = 1)'),
  ('NOT coalesce(owner_id <> auth.uid(), false)'),
  ('(owner_id = auth.uid()) IS NOT FALSE'),
  ('(owner_id = auth.uid()) IS NULL OR owner_id = auth.uid()'),
  ('NOT auth.is_authenticated() OR owner_id = auth.uid()'),
  ('NOT auth.has_role(''guest'') OR owner_id = auth.uid()'),
  ('NOT (auth.uid() IS NOT NULL AND owner_id <> auth.uid())'),
  ('CASE WHEN auth.uid() IS NULL THEN true ELSE owner_id = auth.uid() END'),
  ('CASE WHEN auth.uid() IS NOT NULL THEN owner_id = auth.uid() ELSE true END'),
  ('CASE WHEN auth.uid() IS NOT NULL THEN is_public ELSE true END'),
  ('is_public AND (auth.uid() IS NULL OR owner_id = auth.uid())'),
  ('owner_id IS NOT DISTINCT FROM auth.uid()'),
  ('NOT owner_id IS DISTINCT FROM auth.uid()'),
  ('auth.uid() IS NOT DISTINCT FROM owner_id AND is_public'),
  ('is_public OR owner_id IS NOT DISTINCT FROM auth.uid()'),
  ('owner_id IS NOT DISTINCT FROM (auth.jwt() ->> ''sub'')::uuid'),
  ('lower(status) IS NOT DISTINCT FROM auth.jwt() ->> ''status'''),
  ('EXISTS (SELECT FROM app.members m WHERE m.user_id IS NOT DISTINCT FROM auth.uid())'),
  ('owner_id = auth.uid() OR (owner_id IS NULL AND auth.uid() IS NULL)'),
  ('coalesce(owner_id::text, '''') = coalesce(auth.uid()::text, '''')'),
  ('coalesce(auth.tenant_id(), org_id) = org_id'),
  ('coalesce(auth.uid(), owner_id) = owner_id'),
  ('coalesce(auth.uid(), ''00000000-0000-0000-0000-000000000000'') = ''00000000-0000-0000-0000-000000000000'''),
  ('auth.role() IS DISTINCT FROM ''banned'''),
  ('NOT EXISTS (SELECT FROM app.members WHERE user_id = auth.uid())'),
  ('NOT EXISTS (SELECT FROM app.members m JOIN app.docs d ON d.owner_id = auth.uid())'),
  ('NOT EXISTS (SELECT FROM (SELECT user_id FROM app.members WHERE user_id = auth.uid()) banned)'),
  ('owner_id NOT IN (SELECT m.user_id FROM app.members m WHERE m.org_id = auth.uid())'),
  ('owner_id <> ALL (ARRAY(SELECT m.user_id FROM app.members m WHERE m.org_id = auth.uid()))'),
  ('(SELECT count(*) FROM app.members WHERE user_id = auth.uid()) = 0'),
  ('(SELECT max(role) FROM app.members WHERE user_id = auth.uid()) IS NULL'),
  ('(SELECT role FROM app.members WHERE user_id = auth.uid()) IS DISTINCT FROM ''banned'''),
  ('current_setting(''app.uid'', true) IS NULL OR owner_id::text = current_setting(''app.uid'', true)'),
  ('coalesce(current_setting(''app.uid'', true), '''') = '''' OR owner_id::text = current_setting(''app.uid'', true)'),
  ('nullif(current_setting(''app.uid'', true), '''') IS NULL OR owner_id = auth.uid()'),
  ('(nullif(current_setting(''request.jwt.claims'', true), '''')::json ->> ''sub'') IS NULL OR owner_id = auth.uid()'),
  ('(auth.jwt() -> ''app_metadata'' ->> ''org'') IS NULL OR is_public'),
  ('app.listed() IS NULL OR owner_id = app.listed()');
SELECT condition, pg_temp.judge('policy_true_without_identity', format('USING (%s)', condition)) AS verdict FROM open;
-- A setting that was set before is empty, not NULL, in the next transaction of a pooled connection.
CREATE TEMP TABLE emptied (condition text);
INSERT INTO emptied VALUES
  ('current_setting(''app.uid'', true) = '''' OR owner_id = auth.uid()'),
  ('length(current_setting(''app.uid'', true)) = 0 OR owner_id = auth.uid()'),
  ('current_setting(''app.uid'', true) <> ''restricted''');
SELECT condition, pg_temp.judge('policy_true_without_identity', format('USING (%s)', condition)) AS verdict FROM emptied;
-- Near misses: closed by NULL, open only for rows that say so, or open for everybody, which is another rule's.
SELECT condition, pg_temp.judge('policy_true_without_identity', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.owns(owner_id)'),
  ('app.is_admin() OR app.is_member(org_id)'),
  ('org_id = app.my_org()'),
  ('org_id IN (SELECT app.my_orgs())'),
  ('owner_id = auth.uid()'),
  ('owner_id = app.listed()'),
  ('auth.uid() IS NOT NULL'),
  ('coalesce(auth.uid() = owner_id, false)'),
  ('coalesce(auth.uid() = ANY (editors), false)'),
  ('auth.uid() = ANY (editors) OR is_public'),
  ('(auth.uid() = ANY (editors)) IS TRUE'),
  ('coalesce(owner_id = ANY (editors), true)'),
  ('auth.uid() IS NOT NULL AND coalesce(auth.uid() = ANY (editors), true)'),
  ('owner_id IS NULL OR owner_id = auth.uid()'),
  ('is_public OR owner_id = auth.uid()'),
  ('(auth.uid() IS NULL AND is_public) OR owner_id = auth.uid()'),
  ('auth.uid() IS NULL AND is_public'),
  ('auth.uid() IS NULL AND owner_id = auth.uid()'),
  ('org_id IS NOT DISTINCT FROM auth.uid()'),
  ('owner_id IS NOT DISTINCT FROM auth.uid() AND auth.uid() IS NOT NULL'),
  ('owner_id IS NOT DISTINCT FROM org_id'),
  ('owner_id <> auth.uid()'),
  ('NOT owner_id <> auth.uid()'),
  ('owner_id IS DISTINCT FROM auth.uid() AND auth.uid() IS NOT NULL'),
  ('org_id = auth.tenant_id() AND (auth.uid() IS NULL OR is_public)'),
  ('is_public AND NOT EXISTS (SELECT FROM app.members WHERE user_id = auth.uid())'),
  ('EXISTS (SELECT FROM app.members WHERE user_id = auth.uid())'),
  ('(SELECT count(*) FROM app.members WHERE user_id = auth.uid()) > 0'),
  ('auth.uid() NOT IN (SELECT user_id FROM app.members)'),
  ('current_user IS NULL OR owner_id = auth.uid()'),
  ('session_user IS NULL OR owner_id = auth.uid()'),
  ('status IS NOT DISTINCT FROM current_user'),
  ('coalesce(owner_id::text, ''a'') = coalesce(auth.uid()::text, ''b'')'),
  ('CASE WHEN auth.uid() IS NULL THEN is_public ELSE owner_id = auth.uid() END'),
  ('CASE WHEN auth.uid() IS NULL THEN false ELSE owner_id = auth.uid() END'),
  ('owner_id IS NOT NULL AND auth.uid() IS NULL AND is_public'),
  ('(auth.uid() IS NULL) = is_public'),
  ('true'),
  ('false'),
  ('auth.uid() IS NULL OR true')) c(condition);
-- Where only running a function would tell, the row says so.
CREATE FUNCTION app.is_banned() RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN auth.uid() IS NOT NULL; END';
SET LOCAL rowguard.identity_functions = 'app.listed, app.is_banned';
SELECT condition, pg_temp.judge('policy_true_without_identity', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.unreadable() OR owner_id = auth.uid()'),
  ('app.unreadable() AND owner_id = auth.uid()'),
  ('NOT app.is_banned()'),
  ('app.is_banned() OR owner_id = auth.uid()')) c(condition);

-- The server agrees: without an identity each lets a row through.
INSERT INTO app.t VALUES
  (1, NULL, gen_random_uuid(), NULL, true, NULL), (2, '00000000-0000-4000-8000-000000000001', gen_random_uuid(), NULL, true, 'x');
INSERT INTO app.members VALUES (NULL, NULL, 'banned');
CREATE FUNCTION pg_temp.passing(condition text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM app.t WHERE (%s)', condition) INTO n;
    RETURN n;
END $$;
SELECT condition FROM open WHERE pg_temp.passing(condition) = 0;
SAVEPOINT before;
SET LOCAL app.uid = '00000000-0000-4000-8000-000000000001';
ROLLBACK TO before;
SELECT current_setting('app.uid', true) = '' AS empty;
SELECT condition FROM emptied WHERE pg_temp.passing(condition) = 0;

-- What each command asks is judged; a restrictive policy opens nothing.
SELECT clauses, pg_temp.judge('policy_true_without_identity', clauses) AS verdict FROM (VALUES
  ('FOR INSERT WITH CHECK (auth.uid() IS NULL OR owner_id = auth.uid())'),
  ('FOR UPDATE USING (owner_id = auth.uid()) WITH CHECK (auth.uid() IS NULL OR owner_id = auth.uid())'),
  ('AS RESTRICTIVE USING (auth.uid() IS NULL OR owner_id = auth.uid())')) c(clauses);
CREATE POLICY own ON app.t FOR UPDATE TO anon USING (auth.uid() IS NULL OR owner_id = auth.uid());
SELECT level, policy, message, detail -> 'open' AS open, fix FROM rls.audit('{app}', '{policy_true_without_identity}');
-- Restrictive policies of the same command and roles keep callers without an identity out, or do not.
CREATE FUNCTION pg_temp.beside(clauses text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE 'CREATE POLICY floor ON app.t AS RESTRICTIVE ' || clauses;
    SELECT count(*) INTO n FROM rls.audit('{app}', '{policy_true_without_identity}');
    DROP POLICY floor ON app.t;
    RETURN n;
END $$;
SELECT clauses, pg_temp.beside(clauses) AS findings FROM (VALUES
  ('USING (auth.uid() IS NOT NULL)'),
  ('TO anon USING (org_id = auth.tenant_id())'),
  ('FOR UPDATE USING (auth.is_authenticated())'),
  ('FOR SELECT USING (auth.uid() IS NOT NULL)'),
  ('TO authenticated USING (auth.uid() IS NOT NULL)'),
  ('USING (is_public)')) c(clauses);
ALTER POLICY own ON app.t USING (owner_id = auth.uid());
SELECT policy FROM rls.audit('{app}', '{policy_true_without_identity}');
ROLLBACK;
