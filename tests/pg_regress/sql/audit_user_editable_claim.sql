-- Rule user_editable_claim: a policy decides by a claim that users write themselves.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set judge :abs_srcdir '/include/judge.psql'
BEGIN;
\i :roles
\i :judge
CREATE TABLE auth.users (id uuid, raw_user_meta_data jsonb, raw_app_meta_data jsonb);
CREATE TABLE app.users (id uuid, raw_user_meta_data jsonb);
CREATE FUNCTION app.from_claims(claims jsonb) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ''x''; END';
CREATE FUNCTION app.reads_it() RETURNS boolean LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN auth.jwt() -> 'user_metadata' ->> 'role' = 'admin'; END $$;
CREATE TYPE app.claim AS (sub text, user_metadata jsonb);
CREATE DOMAIN app.own_claim AS app.claim;
CREATE FUNCTION app.by_field() RETURNS text LANGUAGE sql STABLE AS
  'SELECT (jsonb_populate_record(NULL::app.claim, auth.jwt())).user_metadata ->> ''role''';
CREATE FUNCTION app.by_record() RETURNS text LANGUAGE sql STABLE AS
  'SELECT x.user_metadata ->> ''role'' FROM jsonb_to_record(auth.jwt()) AS x(sub uuid, user_metadata jsonb)';
CREATE FUNCTION app.by_other_record() RETURNS uuid LANGUAGE sql STABLE AS
  'SELECT x.sub FROM jsonb_to_record(auth.jwt()) AS x(sub uuid, user_metadata jsonb)';
CREATE FUNCTION app.claims() RETURNS jsonb LANGUAGE plpgsql STABLE AS 'BEGIN RETURN auth.jwt(); END';
SET LOCAL rowguard.identity_functions = 'app.claims';

SELECT condition, pg_temp.judge('user_editable_claim', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.says_admin()'),
  ('owner_id = app.me() AND app.says_admin()'),
  ('auth.jwt() -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('(auth.jwt() ->> ''user_metadata'')::jsonb ->> ''role'' = ''admin'''),
  ('auth.jwt() #>> ''{user_metadata,role}'' = ''admin'''),
  ('auth.jwt() #> ARRAY[''user_metadata'', ''role''] = ''"admin"'''),
  ('(auth.jwt())[''user_metadata''][''role''] = ''"admin"'''),
  ('jsonb_extract_path_text(auth.jwt(), ''user_metadata'', ''role'') = ''admin'''),
  ('jsonb_extract_path(auth.jwt(), VARIADIC ''{user_metadata,role}'') = ''"admin"'''),
  ('json_extract_path_text(auth.jwt()::json, ''user_metadata'', ''role'') = ''admin'''),
  ('jsonb_path_exists(auth.jwt(), ''$.user_metadata.admin'')'),
  ('jsonb_path_match(auth.jwt(), ''$.user_metadata.role == "admin"'')'),
  ('jsonb_path_query_first(auth.jwt(), ''strict $.user_metadata.role'') = ''"admin"'''),
  ('EXISTS (SELECT FROM jsonb_path_query(auth.jwt(), ''$ ? (@.user_metadata.role == "admin")''))'),
  ('auth.jwt() @? ''$.user_metadata ? (@.role == "admin")'''),
  ('auth.jwt() @@ ''$.user_metadata.role == "admin"'''),
  ('auth.jwt() @> ''{"user_metadata": {"role": "admin"}}'''),
  ('''{"user_metadata": {"role": "admin"}}'' <@ auth.jwt()'),
  ('auth.jwt() @> jsonb_build_object(''user_metadata'', jsonb_build_object(''role'', status))'),
  ('current_setting(''request.jwt.claims'', true)::json -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('nullif(current_setting(''Request.JWT.claims'', true), '''')::jsonb -> ''user_metadata'' ? ''admin'''),
  ('current_setting(''request.jwt.claim.user_metadata'', true)::jsonb ->> ''role'' = ''admin'''),
  ('current_setting(''request.jwt.'' || ''claims'')::jsonb #>> ''{user_metadata,role}'' = ''admin'''),
  ('(SELECT auth.jwt()) -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('(SELECT auth.jwt() -> ''user_metadata'') ->> ''role'' = ''admin'''),
  ('coalesce(auth.jwt(), ''{}'') -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('(auth.jwt() || ''{}'') -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('auth.jwt() -> (''user'' || ''_metadata'') ->> ''role'' = ''admin'''),
  ('CASE WHEN auth.jwt() IS NULL THEN ''{}'' ELSE auth.jwt() END -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('auth.claim_text(''user_metadata'', ''role'') = ''admin'''),
  ('auth.claim(''user_metadata'') ->> ''role'' = ''admin'''),
  ('auth.claim_bool(VARIADIC ''{user_metadata,admin}'')'),
  ('(auth.claim(VARIADIC ''{}'') -> ''user_metadata'' ->> ''admin'')::boolean'),
  ('rls.claim_matches(''{user_metadata,role}'', ''{admin}'')'),
  ('auth.jwt() -> ''raw_user_meta_data'' ->> ''role'' = ''admin'''),
  ('owner_id = auth.uid() AND auth.jwt() -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('NOT (auth.jwt() -> ''user_metadata'' ? ''blocked'')'),
  ('org_id IN (SELECT m.org_id FROM app.members m WHERE m.role = auth.jwt() -> ''user_metadata'' ->> ''role'')'),
  ('EXISTS (SELECT FROM auth.users u WHERE u.id = auth.uid() AND u.raw_user_meta_data ->> ''role'' = ''admin'')'),
  ('(SELECT raw_user_meta_data ->> ''role'' FROM auth.users WHERE id = auth.uid()) = ''admin'''),
  ('EXISTS (SELECT FROM app.members m JOIN auth.users u ON u.id = m.user_id AND u.raw_user_meta_data ? ''admin'')'),
  ('EXISTS (SELECT FROM auth.users u WHERE u.id = auth.uid() AND to_jsonb(u) -> ''raw_user_meta_data'' ->> ''role'' = ''admin'')'),
  ('EXISTS (SELECT FROM (SELECT auth.jwt() AS c) x WHERE x.c -> ''user_metadata'' ->> ''role'' = ''admin'')'),
  ('EXISTS (SELECT FROM auth.jwt() j WHERE j -> ''user_metadata'' ->> ''role'' = ''admin'')'),
  ('EXISTS (WITH c AS (SELECT auth.jwt() AS j) SELECT FROM c WHERE j -> ''user_metadata'' ->> ''role'' = ''admin'')'),
  ('EXISTS (SELECT FROM jsonb_each(auth.jwt()) e WHERE e.key = ''user_metadata'' AND e.value ->> ''role'' = ''admin'')'),
  ('EXISTS (SELECT FROM jsonb_to_record(auth.jwt()) AS x(user_metadata jsonb) WHERE x.user_metadata ->> ''role'' = ''admin'')'),
  ('(SELECT x.user_metadata ->> ''role'' FROM json_to_record(current_setting(''request.jwt.claims'', true)::json) AS x(sub uuid, user_metadata json)) = ''admin'''),
  ('EXISTS (SELECT FROM jsonb_to_record(auth.jwt()) AS x(sub uuid, user_metadata jsonb) WHERE to_jsonb(x) ->> ''role'' = ''admin'')'),
  ('EXISTS (SELECT FROM (SELECT auth.jwt() AS j) c, jsonb_to_record(c.j) AS x(user_metadata jsonb) WHERE x.user_metadata ? ''admin'')'),
  ('EXISTS (SELECT FROM jsonb_populate_record(NULL::app.claim, auth.jwt()) x WHERE x.user_metadata ? ''admin'')'),
  ('(jsonb_populate_record(NULL::app.claim, auth.jwt())).user_metadata ? ''admin'''),
  ('(json_populate_record(NULL::app.own_claim, current_setting(''request.jwt.claims'', true)::json)).user_metadata ? ''admin'''),
  ('(SELECT u FROM auth.users u WHERE u.id = auth.uid()).raw_user_meta_data ? ''admin'''),
  ('(SELECT (r.u).raw_user_meta_data ->> ''role'' FROM (SELECT u FROM auth.users u WHERE u.id = auth.uid()) r) = ''admin'''),
  ('app.by_field() = ''admin'''),
  ('app.by_record() = ''admin'''),
  ('app.claims() -> ''user_metadata'' ->> ''role'' = ''admin''')) c(condition);
-- Near misses: another claim, the name below another claim, another table, or no claim at all.
SELECT condition, pg_temp.judge('user_editable_claim', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('app.is_admin()'),
  ('auth.jwt() -> ''app_metadata'' ->> ''role'' = ''admin'''),
  ('auth.jwt() ->> ''role'' = ''user_metadata'''),
  ('auth.jwt() -> ''app_metadata'' -> ''user_metadata'' ->> ''role'' = ''admin'''),
  ('auth.jwt() #>> ''{app_metadata,user_metadata}'' = ''admin'''),
  ('(auth.jwt())[''app_metadata''][''user_metadata''] = ''"admin"'''),
  ('auth.jwt() @> ''{"app_metadata": {"user_metadata": true}}'''),
  ('jsonb_path_exists(auth.jwt(), ''$.app_metadata.user_metadata'')'),
  ('jsonb_extract_path_text(auth.jwt(), ''app_metadata'', ''user_metadata'') = ''admin'''),
  ('EXISTS (SELECT FROM auth.users u WHERE u.id = auth.uid() AND u.raw_app_meta_data ->> ''role'' = ''admin'')'),
  ('EXISTS (SELECT FROM app.users u WHERE u.id = auth.uid() AND u.raw_user_meta_data ->> ''role'' = ''admin'')'),
  ('auth.claim_text(''app_metadata'', ''user_metadata'') = ''x'''),
  ('auth.has_role(''user_metadata'')'),
  ('rls.claim_matches(''{app_metadata,role}'', ''{user_metadata}'')'),
  ('current_setting(''request.jwt.claim.role'', true) = ''admin'''),
  ('current_setting(''request.jwt.claims'', true) <> '''''),
  ('current_setting(''app.user_metadata'', true) = ''x'''),
  ('auth.jwt() IS NOT NULL'),
  ('status = ''user_metadata'''),
  ('to_jsonb(t) -> ''user_metadata'' ->> ''role'' = ''x'''),
  ('EXISTS (SELECT FROM jsonb_to_record(auth.jwt()) AS x(sub uuid, user_metadata jsonb) WHERE x.sub = t.owner_id)'),
  ('EXISTS (SELECT FROM jsonb_to_record(auth.jwt()) AS x(app_metadata jsonb) WHERE x.app_metadata ->> ''user_metadata'' = ''admin'')'),
  ('EXISTS (SELECT FROM jsonb_to_record(auth.jwt() -> ''app_metadata'') AS x(user_metadata jsonb) WHERE x.user_metadata ? ''admin'')'),
  ('EXISTS (SELECT FROM jsonb_to_record(to_jsonb(t)) AS x(user_metadata jsonb) WHERE x.user_metadata ? ''admin'')'),
  ('EXISTS (SELECT FROM jsonb_populate_record(NULL::app.claim, auth.jwt()) x WHERE x.sub = ''x'')'),
  ('(jsonb_populate_record(NULL::app.claim, auth.jwt())).sub = ''x'''),
  ('(jsonb_populate_record(NULL::app.claim, auth.jwt() -> ''app_metadata'')).user_metadata ? ''x'''),
  ('(SELECT u FROM auth.users u WHERE u.id = auth.uid()).raw_app_meta_data ? ''admin'''),
  ('(SELECT u FROM app.users u WHERE u.id = auth.uid()).raw_user_meta_data ? ''admin'''),
  ('app.by_other_record() = owner_id'),
  ('owner_id = auth.uid()')) c(condition);
-- Which claim is read cannot be seen: the row says so.
SELECT condition, pg_temp.judge('user_editable_claim', format('USING (%s)', condition)) AS verdict FROM (VALUES
  ('auth.jwt() ->> status = ''x'''),
  ('auth.jwt() #>> ARRAY[status, ''role''] = ''x'''),
  ('app.from_claims(auth.jwt()) = ''x'''),
  ('app.reads_it()'),
  ('auth.jwt()::text LIKE ''%"role": "admin"%'''),
  ('jsonb_path_exists(auth.jwt(), ''$.**.admin'')'),
  ('((auth.jwt() -> status)::text::app.claim).sub = ''x'''),
  ('EXISTS (SELECT FROM jsonb_populate_record(NULL::app.claim, auth.jwt()) x(a, b) WHERE x.a = ''x'')'),
  ('auth.jwt() @> to_jsonb(t)')) c(condition);

-- Restrictive policies and both clauses count.
CREATE POLICY floor ON app.t AS RESTRICTIVE FOR INSERT TO anon
  WITH CHECK (org_id::text = auth.jwt() -> 'user_metadata' ->> 'org_id');
SELECT level, policy, message, detail -> 'reads' AS reads, fix FROM rls.audit('{app}', '{user_editable_claim}');
ALTER POLICY floor ON app.t WITH CHECK (org_id::text = auth.jwt() -> 'app_metadata' ->> 'org_id');
SELECT policy FROM rls.audit('{app}', '{user_editable_claim}');
ROLLBACK;
