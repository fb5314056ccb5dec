-- Rule unguarded_setting: a policy reads a setting of the application as if it were always set.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, owner_id uuid, name text);
INSERT INTO app.t VALUES (1, '00000000-0000-4000-8000-000000000001', 'x');
CREATE TYPE app.mood AS ENUM ('glad', 'sad');
CREATE DOMAIN app.user_id AS uuid;
CREATE FUNCTION app.me() RETURNS uuid LANGUAGE sql STABLE RETURN current_setting('app.empty', true)::uuid;
CREATE FUNCTION app.guarded() RETURNS uuid LANGUAGE sql STABLE RETURN nullif(current_setting('app.empty', true), '')::uuid;
CREATE FUNCTION app.opaque() RETURNS uuid LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_setting('app.empty', true)::uuid; END $$;
CREATE FUNCTION app.silent() RETURNS uuid LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN NULL; END $$;
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, detail -> 'settings' AS settings, fix
  FROM rls.audit('{app}', '{unguarded_setting}');
CREATE POLICY "o'wn" ON app.t USING (owner_id = current_setting('app.user_id')::uuid AND name = current_setting('App.Name', true));
SELECT * FROM pg_temp.found;
ALTER POLICY "o'wn" ON app.t USING (owner_id = NULLIF(current_setting('app.user_id', true), '')::uuid);
SELECT * FROM pg_temp.found;
DROP POLICY "o'wn" ON app.t;

-- Each condition alone; beside the verdict what it comes to where app.never was never set and app.empty is the empty string.
SELECT set_config('app.empty', '', true);
CREATE FUNCTION pg_temp.try(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    answer text;
BEGIN
    EXECUTE format('CREATE POLICY p ON app.t USING (%s)', condition);
    SELECT concat_ws(' ', nullif(rule, 'unguarded_setting'), settings) INTO verdict FROM pg_temp.found;
    DROP POLICY p ON app.t;
    BEGIN
        EXECUTE format('SELECT count(*) FROM app.t WHERE %s', condition);
        answer := 'runs';
    EXCEPTION WHEN OTHERS THEN
        answer := SQLSTATE;
    END;
    RETURN concat_ws(' | ', answer, coalesce(verdict, '-'));
END $$;
SELECT condition, pg_temp.try(condition) AS "it, verdict" FROM (VALUES
  ('name = current_setting(''app.never'')'), ('name = current_setting(''app.never'', false)'),
  ('name = current_setting(''app.'' || ''never'')'), ('name = current_setting(''app.never'', 1 = 2)'),
  ('owner_id = current_setting(''app.empty'', true)::uuid'), ('owner_id = CAST(current_setting(''app.empty'', true) AS uuid)'),
  ('owner_id = uuid(current_setting(''app.empty'', true))'), ('owner_id = (current_setting(''app.empty'', true)::varchar)::uuid'),
  ('id = current_setting(''app.empty'', true)::int'), ('id = current_setting(''app.empty'', true)::numeric'),
  ('current_setting(''app.empty'', true)::boolean'), ('current_setting(''app.empty'', true)::timestamptz < now()'),
  ('(current_setting(''app.empty'', true)::json ->> ''sub'')::uuid = owner_id'),
  ('(current_setting(''app.empty'', true)::jsonb ->> ''sub'') = name'),
  ('owner_id = ANY (current_setting(''app.empty'', true)::uuid[])'), ('current_setting(''app.empty'', true)::app.mood = ''glad'''),
  ('owner_id = current_setting(''app.empty'', true)::app.user_id'),
  ('owner_id = (SELECT current_setting(''app.empty'', true)::uuid)'), ('owner_id = (SELECT current_setting(''app.empty'', true))::uuid'),
  ('owner_id = coalesce(current_setting(''app.empty'', true), ''00000000-0000-4000-8000-000000000001'')::uuid'),
  ('owner_id = nullif(current_setting(''app.empty'', true), ''null'')::uuid'),
  ('owner_id = trim(current_setting(''app.empty'', true))::uuid'),
  ('CASE WHEN current_setting(''app.empty'', true) IS NOT NULL THEN owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('CASE WHEN current_setting(''app.empty'', true) IS NULL THEN false ELSE owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('CASE WHEN current_setting(''app.empty'', true) = ''null'' THEN false ELSE owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('CASE WHEN name <> '''' THEN owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('EXISTS (SELECT FROM app.t u WHERE u.owner_id = current_setting(''app.empty'', true)::uuid)'),
  ('owner_id = app.me()'), ('owner_id = (SELECT app.me())')) c(condition);
-- Near misses.
SELECT condition, pg_temp.try(condition) AS "it, verdict" FROM (VALUES
  ('name = current_setting(''app.never'', true)'), ('name = current_setting(''app.empty'', true)'),
  ('name = current_setting(''app.never'', 1 = 1)'),
  ('owner_id = nullif(current_setting(''app.empty'', true), '''')::uuid'),
  ('owner_id = nullif(trim(current_setting(''app.empty'', true)), '''')::uuid'),
  ('owner_id = nullif(coalesce(current_setting(''app.empty'', true), ''''), '''')::uuid'),
  ('owner_id = coalesce(nullif(current_setting(''app.empty'', true), ''''), ''00000000-0000-4000-8000-000000000001'')::uuid'),
  ('owner_id = (nullif(current_setting(''app.empty'', true), '''')::jsonb ->> ''sub'')::uuid'),
  ('CASE WHEN current_setting(''app.empty'', true) <> '''' THEN owner_id = current_setting(''app.empty'', true)::uuid ELSE false END'),
  ('CASE WHEN coalesce(current_setting(''app.empty'', true), '''') = '''' THEN false ELSE owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('CASE WHEN current_setting(''app.empty'', true) IN ('''', ''null'') THEN false ELSE owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('CASE current_setting(''app.empty'', true) WHEN '''' THEN false ELSE owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('CASE WHEN length(current_setting(''app.empty'', true)) > 0 THEN owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('CASE WHEN current_setting(''app.empty'', true) ~ ''^[0-9a-f-]{36}$'' THEN owner_id = current_setting(''app.empty'', true)::uuid END'),
  ('owner_id = CASE WHEN current_setting(''app.empty'', true) <> '''' THEN current_setting(''app.empty'', true) END::uuid'),
  ('current_setting(''TimeZone'') <> '''''), ('current_setting(''server_version_num'')::int > 0'), ('current_setting(''row_security'')::boolean'),
  ('owner_id::text = current_setting(''app.empty'', true)'), ('owner_id = app.guarded()'), ('owner_id = auth.uid()'),
  ('name = ANY (string_to_array(current_setting(''app.empty'', true), '',''))'),
  ('owner_id = ANY (string_to_array(current_setting(''app.empty'', true), '','')::uuid[])'),
  -- What cannot be read, and what can and reads none.
  ('owner_id = app.opaque()'), ('name = current_setting(''app.'' || name, true)'), ('owner_id = app.silent()')) c(condition);
-- Either clause.
CREATE POLICY adds ON app.t FOR INSERT WITH CHECK (owner_id = current_setting('app.user_id', true)::uuid);
CREATE POLICY changes ON app.t FOR UPDATE USING (true) WITH CHECK (owner_id = current_setting('app.user_id', true)::uuid);
SELECT policy, settings FROM pg_temp.found;
ROLLBACK;
