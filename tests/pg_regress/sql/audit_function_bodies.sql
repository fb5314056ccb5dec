-- The audit reads the bodies of SQL functions: both forms, whatever they are made of.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.members (user_id uuid, org_id uuid, role text, created timestamptz);
CREATE TABLE app.orgs (id uuid PRIMARY KEY, owner_id uuid);
CREATE TABLE public.members (user_id uuid, org_id uuid, role text);
CREATE TABLE app.notes (
  id int, owner_id uuid, org_id uuid, tags text[], email varchar(100), status text);
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;

-- What the rules find in a policy that calls a function with this argument, result and body.
CREATE FUNCTION pg_temp.found(argument text, body text, settings text DEFAULT 'STABLE')
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE format('CREATE FUNCTION app.f(x %s) RETURNS boolean LANGUAGE sql %s %s',
        (SELECT format_type(atttypid, NULL) FROM pg_attribute
         WHERE attrelid = 'app.notes'::regclass AND attname = argument),
        settings, CASE WHEN body ~ '^(BEGIN|RETURN)' THEN body ELSE format('AS %L', body) END);
    EXECUTE format('CREATE POLICY p ON app.notes USING (app.f(%I))', argument);
    SELECT coalesce(string_agg(concat_ws(' ', rule, object_name, columns, detail->>'rule'), '; '
                               ORDER BY rule, object_name, fingerprint), '-')
      INTO verdict
      FROM rls.audit('{app}', '{policy_always_true,policy_column_unindexed}');
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = verdict;
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;

-- Always true, and seen to be.
SELECT argument, body, pg_temp.found(argument, body) FROM (VALUES
  ('owner_id', 'SELECT true'),
  ('owner_id', 'SELECT 1; SELECT true'),
  ('owner_id', 'RETURN true'),
  ('owner_id', 'BEGIN ATOMIC SELECT 1; SELECT x = auth.uid() OR true; END'),
  ('owner_id', 'SELECT $1 IS NULL OR x IS NOT NULL'),
  ('owner_id', 'SELECT f.x IS NULL OR x IS NOT NULL'),
  ('owner_id', 'SELECT coalesce(nullif(x, x), $1) IS NOT DISTINCT FROM x OR 1 < 2'),
  ('status', 'SELECT CASE x WHEN ''open'' THEN true WHEN ''closed'' THEN ''t'' ELSE 1 = 1 END'),
  ('status', 'SELECT ''a'' || ''b'' = ''ab'' AND ''a'' IN (''a'', ''b'') AND 2 = ANY (ARRAY[1, 2])'),
  ('status', 'SELECT (1, ''a'') = (1, ''a''::text) AND 2 BETWEEN 1 AND 3 AND NOT 5 IN (1, 2)'),
  ('status', 'SELECT EXISTS (SELECT 1) AND ((SELECT bool_and(true) FROM app.orgs) IS NULL) IS NOT NULL')
) AS of (argument, body);

-- Tables and columns, found by the function's own search path or the usual one.
SELECT argument, body, settings, pg_temp.found(argument, body, settings) FROM (VALUES
  ('owner_id', 'SELECT auth.uid() = $1', 'STABLE'),
  ('owner_id', 'SELECT auth.uid() = $1', 'STABLE SECURITY DEFINER'),
  ('owner_id', 'SELECT auth.uid() = $1', 'IMMUTABLE'),
  ('org_id', 'SELECT EXISTS (SELECT 1 FROM members m WHERE m.user_id = auth.uid() AND m.org_id = x)', 'STABLE'),
  ('org_id', 'SELECT EXISTS (SELECT 1 FROM members m WHERE m.user_id = auth.uid() AND m.org_id = x)', 'STABLE SET search_path = app, public'),
  ('org_id', 'SELECT EXISTS (SELECT 1 FROM app.members WHERE user_id = auth.uid() AND org_id = x)', 'STABLE SET search_path = '''''),
  ('org_id', 'SELECT EXISTS (SELECT FROM app.members m JOIN app.orgs o ON o.id = m.org_id WHERE o.owner_id = auth.uid() AND m.org_id = f.x)', 'STABLE'),
  ('org_id', 'SELECT EXISTS (SELECT FROM app.members JOIN public.members USING (user_id, role) WHERE user_id = auth.uid())', 'STABLE'),
  ('org_id', 'WITH mine AS (SELECT org_id AS id FROM app.members WHERE user_id = (SELECT auth.uid())) SELECT x IN (SELECT id FROM mine)', 'STABLE'),
  ('org_id', 'WITH RECURSIVE t (id, n) AS (SELECT x, 1 UNION ALL SELECT o.id, n + 1 FROM t JOIN app.orgs o ON o.owner_id = t.id) SELECT EXISTS (SELECT 1 FROM t WHERE id = auth.uid())', 'STABLE'),
  ('org_id', 'SELECT x = ANY (SELECT org_id FROM app.members WHERE user_id = auth.uid() ORDER BY created DESC LIMIT 5)', 'STABLE'),
  ('org_id', 'SELECT x = ANY (ARRAY(SELECT org_id FROM app.members WHERE user_id = auth.uid()))', 'STABLE'),
  ('org_id', 'SELECT count(*) > 0 FROM app.members WHERE user_id = auth.uid() GROUP BY role HAVING max(created) > now() - interval ''1 day''', 'STABLE'),
  ('org_id', 'SELECT true FROM app.orgs o, LATERAL (SELECT 1 FROM app.members m WHERE m.org_id = o.id AND m.user_id = auth.uid()) s WHERE o.id = x', 'STABLE'),
  ('org_id', 'SELECT role = ''admin'' FROM (SELECT * FROM app.members UNION SELECT *, NULL FROM public.members) all_members WHERE user_id = auth.uid()', 'STABLE'),
  ('email', 'SELECT x = current_user::text', 'STABLE'),
  ('email', 'SELECT x = (auth.jwt() ->> ''email'')', 'STABLE'),
  ('email', 'SELECT lower($1) = lower(auth.email())', 'STABLE'),
  ('tags', 'SELECT x && ARRAY[auth.role()] OR x @> ARRAY[auth.role()]', 'STABLE'),
  ('id', 'SELECT x = current_setting(''app.id'', true)::int', 'STABLE'),
  ('id', 'SELECT x = any (string_to_array(current_setting(''app.ids'', true), '','')::int[])', 'STABLE')
) AS of (argument, body, settings);

-- What stays in doubt is said to be.
SELECT argument, body, pg_temp.found(argument, body) FROM (VALUES
  ('org_id', 'SELECT app.f(x)'),
  ('org_id', 'SELECT EXISTS (SELECT FROM xmltable(''/a'' PASSING ''<a/>'' COLUMNS b int))')
) AS of (argument, body);
SET LOCAL check_function_bodies = off;
SELECT argument, body, pg_temp.found(argument, body) FROM (VALUES
  ('org_id', 'no SQL at all'),
  ('org_id', ''),
  ('org_id', 'SELECT ''unfinished'),
  ('org_id', 'SELECT EXISTS (SELECT FROM gone WHERE id = x)'),
  ('org_id', 'SELECT gone(x)'),
  ('org_id', 'SELECT x = 1'),
  ('org_id', 'SELECT id = x FROM app.orgs, app.notes'),
  ('org_id', 'INSERT INTO app.orgs VALUES (x) RETURNING true')
) AS of (argument, body);
RESET check_function_bodies;

-- Functions of functions, and one that returns rows.
CREATE FUNCTION app.me() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                  nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
CREATE FUNCTION app.mine(owner uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT owner = app.me()';
CREATE FUNCTION app.my_orgs() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
  AS 'SELECT org_id FROM app.members WHERE user_id = app.me()';
CREATE POLICY owner_or_member ON app.notes
  USING (app.mine(owner_id) OR org_id IN (SELECT app.my_orgs())
         OR EXISTS (SELECT FROM app.my_orgs() o WHERE o = org_id));
SELECT rule, object_name, columns FROM rls.audit('{app}', '{policy_always_true,policy_column_unindexed}');
DROP POLICY owner_or_member ON app.notes;

-- Arguments in another order than the function's, and arguments left to what the function has for them.
CREATE FUNCTION app.belongs(org uuid, who uuid DEFAULT auth.uid(), strict boolean DEFAULT true) RETURNS boolean
  LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM app.members m WHERE m.org_id = org AND m.user_id = who) OR NOT strict';
CREATE FUNCTION app.opaque(org uuid, who uuid DEFAULT app.me()) RETURNS boolean
  LANGUAGE plpgsql STABLE AS 'BEGIN RETURN org = who; END';
CREATE FUNCTION app.endless(a int DEFAULT 1) RETURNS int LANGUAGE sql STABLE AS 'SELECT a';
CREATE OR REPLACE FUNCTION app.endless(a int DEFAULT app.endless() + app.endless()) RETURNS int LANGUAGE sql STABLE AS 'SELECT a';
CREATE FUNCTION pg_temp.judged(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE verdict text;
BEGIN
    EXECUTE format('CREATE POLICY p ON app.notes FOR UPDATE USING (%s)', condition);
    SELECT coalesce(string_agg(concat_ws(' ', rule, detail->>'rule'), '; ' ORDER BY rule, fingerprint), '-')
      INTO verdict
      FROM rls.audit('{app}', '{policy_always_true,policy_true_without_identity,policy_ignores_row,write_through_read_branch}');
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = verdict;
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT condition, pg_temp.judged(condition) FROM (VALUES
  ('app.belongs(org_id)'),
  ('app.belongs(strict => true, who => auth.uid(), org => org_id)'),
  ('app.belongs(org_id, strict => true)'),
  ('app.belongs(strict => false, org => org_id)'),
  ('app.belongs(who => owner_id, org => auth.uid())'),
  ('app.belongs(org_id) OR owner_id = auth.uid()'),
  ('app.opaque(org_id) OR owner_id = auth.uid()'),
  ('app.opaque(org_id, owner_id) OR owner_id = auth.uid()'),
  ('app.endless() = 1')) c(condition);
-- Operators of users' over SQL functions are read as calls of them, in bodies too. An index's operator stays one.
CREATE FUNCTION app.anything(uuid, uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 IS NULL OR $1 IS NOT NULL';
CREATE FUNCTION app.is_owner(owner uuid, me uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT owner = me';
CREATE FUNCTION app.is_mine(uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 = auth.uid()';
CREATE FUNCTION app.opaque(uuid, uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN true; END';
CREATE FUNCTION app.round(uuid, uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE OPERATOR app.~~~ (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = app.anything);
CREATE OPERATOR app.=== (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = app.is_owner);
CREATE OPERATOR app.@@@ (RIGHTARG = uuid, FUNCTION = app.is_mine);
CREATE OPERATOR app.!!! (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = app.opaque);
CREATE OPERATOR app.<<>> (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = app.round);
CREATE FUNCTION app.through(uuid) RETURNS boolean LANGUAGE sql STABLE RETURN $1 OPERATOR(app.~~~) $1;
CREATE OR REPLACE FUNCTION app.round(uuid, uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 OPERATOR(app.<<>>) $2';
CREATE FUNCTION pg_temp.operated(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE format('CREATE POLICY p ON app.notes USING (%s)', condition);
    SELECT coalesce(string_agg(concat_ws(' ', rule, object_name, columns, detail->>'rule'), '; '
                               ORDER BY rule, object_name, fingerprint), '-')
      INTO verdict
      FROM rls.audit('{app}', '{policy_always_true,policy_column_unindexed}');
    DROP POLICY p ON app.notes;
    RETURN verdict;
END $$;
SELECT condition, pg_temp.operated(condition) FROM (VALUES
  ('owner_id OPERATOR(app.~~~) auth.uid()'), ('app.through(owner_id)'), ('NOT (owner_id OPERATOR(app.~~~) auth.uid()) OR true'),
  ('owner_id OPERATOR(app.===) auth.uid()'), ('owner_id OPERATOR(app.===) owner_id OR owner_id IS NULL'), ('OPERATOR(app.@@@) owner_id'),
  ('owner_id OPERATOR(app.!!!) auth.uid()'), ('owner_id OPERATOR(app.<<>>) auth.uid()'),
  ('owner_id OPERATOR(app.===) auth.uid() AND org_id OPERATOR(app.~~~) owner_id')) c(condition);
-- So are those of ANY, ALL and IN over a list, of a sub-query without FROM, of IS DISTINCT FROM and NULLIF.
CREATE FUNCTION app.same(uuid, text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1::text = $2';
CREATE FUNCTION app.always(text, uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE FUNCTION app.never(bigint, uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT NULL::boolean';
CREATE FUNCTION app.has(uuid, uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT WHERE $1 IN (SELECT $2))';
CREATE OPERATOR app.= (LEFTARG = uuid, RIGHTARG = text, FUNCTION = app.same);
CREATE OPERATOR app.= (LEFTARG = text, RIGHTARG = uuid, FUNCTION = app.always);
CREATE OPERATOR app.= (LEFTARG = bigint, RIGHTARG = uuid, FUNCTION = app.never);
CREATE OPERATOR app.### (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = app.has);
SET LOCAL search_path = app, pg_catalog;
SELECT condition, pg_temp.operated(condition) FROM (VALUES
  ('owner_id OPERATOR(app.~~~) ANY (ARRAY[auth.uid(), org_id])'), ('owner_id OPERATOR(app.~~~) ANY (''{}'')'), ('owner_id OPERATOR(app.~~~) ALL (''{}'')'),
  ('owner_id OPERATOR(app.~~~) ALL (ARRAY[auth.uid(), owner_id])'), ('owner_id OPERATOR(app.===) ANY (ARRAY[auth.uid()])'), ('owner_id OPERATOR(app.!!!) ANY (ARRAY[auth.uid()])'),
  ('owner_id OPERATOR(app.~~~) ANY (ARRAY(SELECT auth.uid()))'), ('owner_id OPERATOR(app.~~~) ANY (SELECT auth.uid())'), ('owner_id OPERATOR(app.~~~) ALL (SELECT org_id FROM app.notes)'),
  ('owner_id OPERATOR(app.###) ANY (SELECT org_id FROM app.notes)'), ('''x''::text = ANY (''{00000000-0000-4000-8000-000000000001}''::uuid[])'),
  ('owner_id IN (''a''::text, ''b''::text)'), ('''x''::text IN (owner_id, org_id)'), ('CASE ''x''::text WHEN owner_id THEN true END'),
  ('(''x''::text IS NOT DISTINCT FROM owner_id) OR owner_id IS NULL'), ('''x''::text IS NOT DISTINCT FROM owner_id'), ('(1::bigint IS DISTINCT FROM owner_id) IS NOT NULL'),
  ('(owner_id IS DISTINCT FROM NULL::text) = (owner_id IS NOT NULL)'), ('nullif(''x''::text, owner_id) IS NULL OR owner_id IS NULL'), ('nullif(''x''::text, owner_id) IS NULL'), ('nullif(1::bigint, owner_id) = 1')) c(condition);
SELECT pg_temp.operated(repeat('nullif(', 60) || '''x''::text' || repeat(', owner_id)', 60) || ' IS NULL') AS nested;
RESET search_path;
CREATE INDEX ON app.notes (owner_id);
SELECT condition, pg_temp.operated(condition) FROM (VALUES
  ('owner_id OPERATOR(app.===) auth.uid()'), ('OPERATOR(app.@@@) owner_id')) c(condition);
ROLLBACK;
