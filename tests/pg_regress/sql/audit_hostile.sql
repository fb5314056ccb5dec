-- The audit runs nothing of the database that it looks at, and survives what it finds there.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
SET LOCAL statement_timeout = '2min';
CREATE SCHEMA evil;
CREATE TABLE evil.ran (what text);
-- Every function here tells on its caller, and raises: neither may happen.
CREATE FUNCTION evil.trap(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    INSERT INTO evil.ran VALUES (what);
    RAISE EXCEPTION 'ran: %', what;
END $$;
CREATE FUNCTION evil.true() RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT evil.trap('function') $$;
CREATE FUNCTION evil.compare(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT evil.trap('operator') $$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.compare);
CREATE FUNCTION evil.compare(oid, oid) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT evil.trap('operator of oids') $$;
CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.compare);
CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT evil.trap('quote_ident')::text $$;
CREATE FUNCTION evil.uid() RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT evil.trap('uid')::text::uuid $$;
CREATE DOMAIN evil.trapped AS text DEFAULT 'x';
CREATE TABLE evil.notes (id int, owner_id uuid, label evil.trapped, mood text, body text);
CREATE TYPE evil.pair AS (a int, b text);
CREATE FUNCTION evil.to_pair(text) RETURNS evil.pair LANGUAGE sql IMMUTABLE AS $$ SELECT evil.trap('cast')::text::evil.pair $$;
CREATE CAST (text AS evil.pair) WITH FUNCTION evil.to_pair(text) AS IMPLICIT;
ALTER TABLE evil.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY function ON evil.notes USING (evil.true());
CREATE POLICY operator ON evil.notes USING (body OPERATOR(evil.=) 'x'::text);
CREATE POLICY domain ON evil.notes USING (label = 'x'::evil.trapped AND NOT ('y'::evil.trapped IS NULL));
CREATE POLICY pair ON evil.notes USING ((body::evil.pair).a = 1);
CREATE FUNCTION evil.reads(x text) RETURNS boolean LANGUAGE sql STABLE SET search_path = evil, pg_catalog
  AS $$ SELECT x = 'literal' AND 'y'::trapped IS NOT NULL AND x::pair IS NOT NULL AND quote_ident(x) = 'z' $$;
CREATE POLICY body ON evil.notes USING (evil.reads(body));
CREATE INDEX ON evil.notes ((body || 'x')) WHERE label IS NOT NULL;
-- A check that the literals of the policies already passed would fail from here on.
ALTER DOMAIN evil.trapped ADD CONSTRAINT trap CHECK (evil.trap(VALUE)) NOT VALID;
-- Ours by name only.
CREATE FUNCTION pg_temp.audit() RETURNS boolean LANGUAGE sql AS $$ SELECT evil.trap('pg_temp') $$;
CREATE TABLE pg_temp.pg_policy (polrelid oid);
CREATE TABLE pg_temp.pg_class (oid oid);
SAVEPOINT planted;
SET LOCAL search_path = evil, pg_temp, pg_catalog;
SELECT pg_catalog.count(*) > 0 AS found FROM rls.audit('{evil}');
SELECT rule, policy, detail->>'rule' AS applied FROM rls.audit('{evil}', '{policy_always_true}');
RESET search_path;
SELECT * FROM evil.ran;

-- The same for an ordinary role: it sees what it may see, and no error.
RELEASE planted;
CREATE ROLE auditor;
SELECT rls.grant_to('auditor', 'ci') IS NULL AS granted;
SET LOCAL ROLE auditor;
SELECT count(*) > 0 AS found FROM rls.audit('{evil}');
RESET ROLE;
SELECT * FROM evil.ran;
SET LOCAL client_min_messages = warning;
DROP SCHEMA evil CASCADE;
RESET client_min_messages;

-- Deep and large conditions are judged, or said not to be.
CREATE SCHEMA app;
CREATE TABLE app.notes (id int, owner_id uuid, flag boolean, body text);
CREATE FUNCTION pg_temp.judged(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE format('CREATE POLICY p ON app.notes USING (%s)', condition);
    SELECT coalesce(string_agg(rule, ', ' ORDER BY rule), '-') INTO verdict
      FROM rls.audit('{app}', '{policy_always_true}');
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = verdict;
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT what, pg_temp.judged(condition) FROM (VALUES
  ('500 times NOT', repeat('NOT (', 500) || 'flag' || repeat(')', 500)),
  ('2000 times NOT', repeat('NOT (', 2000) || 'flag' || repeat(')', 2000)),
  ('200 sub-selects', repeat('(SELECT ', 200) || 'true' || repeat(')', 200)),
  ('490 times CASE', repeat('CASE WHEN flag THEN true ELSE ', 490) || 'true' || repeat(' END', 490)),
  ('5000 arms', (SELECT string_agg('(id = ' || n || ' AND owner_id = auth.uid())', ' OR ') FROM generate_series(1, 5000) n)),
  ('5000 terms', (SELECT string_agg('(id = ' || n || ' OR flag)', ' AND ') FROM generate_series(1, 5000) n)),
  ('nested IS DISTINCT FROM', repeat('(', 100) || 'flag' || repeat(' IS DISTINCT FROM (id = 1))', 100)),
  ('nested NULLIF', repeat('nullif(', 100) || 'id' || repeat(', 7)', 100) || ' = 5'),
  ('nested NULLIF that tells', repeat('nullif(', 100) || '7' || repeat(', 8)', 100) || ' = 7'),
  ('nested COALESCE', repeat('(coalesce(', 30) || 'flag' || repeat(', false) = true)', 30)),
  ('nested COALESCE that tells', repeat('(coalesce(', 30) || 'flag' || repeat(', false) <> false)', 30) || ' IS NOT NULL'),
  ('nested sub-queries in FROM', 'EXISTS (SELECT FROM ' || repeat('(SELECT c + c AS c, c = c AS d FROM ', 30) || '(SELECT id AS c, flag AS d) s' || repeat(') s', 30) || ' WHERE d)'),
  ('a long LIKE', quote_literal(repeat('a', 200000)) || ' LIKE ' || quote_literal(repeat('%a', 5000) || 'b')),
  ('long arrays', (SELECT format('ARRAY[%1$s] @> ARRAY[%1$s]', string_agg(n::text, ', ')) FROM generate_series(1, 10000) n)),
  ('10 MB as stored', 'body = ' || quote_literal(repeat('x', 2500000)) || ' OR true')
) AS of (what, condition);
-- How deep the server's own reader gets depends on its build.
SELECT pg_temp.judged(repeat('(SELECT ', 490) || 'true' || repeat(')', 490))
  IN ('policy_always_true', 'not_evaluated') AS judged;

-- CASE as the condition of CASE, which can come out either way at each level.
DO $$ BEGIN
  EXECUTE (SELECT format('CREATE POLICY nested ON app.notes USING (%s)', repeat('CASE WHEN ', 60) || '(flag OR owner_id = auth.uid())'
    || string_agg(format(' THEN id = %s ELSE id = %s END', n, -n), '')) FROM generate_series(1, 60) n);
END $$;
SELECT rule FROM rls.audit('{app}', '{policy_true_without_identity,write_through_read_branch,with_check_looser_than_using,inverted_owner_test,policy_ignores_row}');
DROP POLICY nested ON app.notes;

-- Functions that call each other twice over, for ever, or too often end.
CREATE FUNCTION app.f0(x uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT x = auth.uid()';
DO $$
BEGIN
    FOR n IN 1..40 LOOP
        EXECUTE format('CREATE FUNCTION app.f%s(x uuid) RETURNS boolean LANGUAGE sql STABLE AS %L',
            n, format('SELECT app.f%s(x) OR app.f%s(x)', n - 1, n - 1));
    END LOOP;
END $$;
SET LOCAL check_function_bodies = off;
CREATE FUNCTION app.ping(x uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT app.pong(x) OR app.pong(x)';
CREATE FUNCTION app.pong(x uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT app.ping(x) OR app.ping(x)';
RESET check_function_bodies;
SELECT condition, pg_temp.judged(condition) FROM (VALUES
  ('app.f3(owner_id)'), ('app.f40(owner_id)'), ('app.ping(owner_id)')) AS of (condition);

-- A tree that this server cannot read is named.
CREATE CAST (text AS pg_node_tree) WITHOUT FUNCTION;
CREATE POLICY damaged ON app.notes USING (flag);
UPDATE pg_catalog.pg_policy SET polqual = CAST('{NODE OF ANOTHER VERSION}'::text AS pg_node_tree)
WHERE polname = 'damaged';
SELECT * FROM rls.audit('{app}', '{policy_always_true}');
\echo :SQLSTATE
ROLLBACK;
