-- Rule volatile_in_policy: a policy calls a VOLATILE function.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE TABLE app.t (id int, owner_id uuid);
CREATE TABLE app.members (user_id uuid, team_id int);
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION app.me() RETURNS uuid LANGUAGE sql AS 'SELECT auth.uid()';
CREATE FUNCTION app.plain(id int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN id > 0; END';
CREATE FUNCTION app.steady() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT auth.uid()';
CREATE FUNCTION app.fixed(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 0';
CREATE FUNCTION app.wrapper() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT app.me()';
CREATE FUNCTION app.outer_me() RETURNS uuid LANGUAGE sql AS 'SELECT app.me()';
CREATE FUNCTION app.writes() RETURNS boolean LANGUAGE sql AS 'INSERT INTO app.members VALUES (NULL, 1); SELECT true';
CREATE FUNCTION app.atomic_me() RETURNS uuid BEGIN ATOMIC SELECT auth.uid(); END;
CREATE FUNCTION app.ignores(n int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE FUNCTION app.same(a int, b int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN a = b; END';
CREATE OPERATOR app.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = app.same);
CREATE FUNCTION app.by_default(n int, low float8 DEFAULT random()) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT n > low';
CREATE FUNCTION app.by_steady(n int, at timestamptz DEFAULT now(), me uuid DEFAULT app.me()) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN n > 0; END';
CREATE FUNCTION app.again(n boolean DEFAULT app.by_default(1)) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN n; END';
CREATE FUNCTION app.alike(a int, b int) RETURNS boolean LANGUAGE sql AS 'SELECT a = b';
CREATE OPERATOR app.~~~ (LEFTARG = int, RIGHTARG = int, FUNCTION = app.alike);
CREATE TEMP SEQUENCE s;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail -> 'volatile' AS volatile, fix FROM rls.audit('{app}', '{volatile_in_policy}');

CREATE POLICY own ON app.t USING (owner_id = app.me());
SELECT * FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
ALTER FUNCTION app.me() VOLATILE;
DROP POLICY own ON app.t;

-- Each condition alone; the fix, where a body shows that nothing in it is volatile.
CREATE FUNCTION pg_temp.try(condition text) RETURNS TABLE (volatile jsonb, fix text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY p ON app.t USING (%s)', condition);
    RETURN QUERY SELECT f.volatile, f.fix FROM pg_temp.found f;
    DROP POLICY p ON app.t;
END $$;
SELECT condition, t.* FROM (VALUES
  -- Near misses.
  ('owner_id = app.steady()'), ('owner_id = auth.uid()'), ('app.fixed(id)'), ('owner_id = current_setting(''app.me'')::uuid'),
  ('now() > ''2030-01-01'''), ('owner_id = app.wrapper()'), ('current_user = ''x'''), ('id = (SELECT count(*) FROM app.members)'),
  ('app.by_default(id, 0.5)'), ('app.by_steady(id, me => NULL)'), ('app.again(true)'),
  -- Volatile: by declaration or for want of one, of users or the server's own, wherever they stand.
  ('owner_id = app.me()'), ('owner_id = (SELECT app.me())'), ('app.plain(id)'), ('random() < 0.5'), ('clock_timestamp() > now()'),
  ('owner_id = gen_random_uuid()'), ('id = nextval(''pg_temp.s'')'), ('set_config(''a.b'', ''1'', true) IS NOT NULL'),
  ('EXISTS (SELECT FROM app.members m WHERE m.user_id = app.me() AND m.team_id = t.id)'),
  ('id IN (SELECT team_id FROM app.members ORDER BY random() LIMIT 1)'), ('id OPERATOR(app.===) 1'), ('id OPERATOR(app.~~~) 1'),
  ('id OPERATOR(app.===) ANY (''{1}'')'), ('owner_id = app.outer_me()'), ('app.writes()'), ('owner_id = app.atomic_me()'), ('app.ignores((random() * id)::int)'),
  -- What a call leaves out is evaluated too.
  ('app.by_default(id)'), ('app.by_steady(id)'), ('app.by_steady(id, me => owner_id)'), ('app.by_steady(id, at => now())'), ('app.again()'),
  ('CASE WHEN id > 1 THEN owner_id ELSE app.me() END IS NULL'), ('owner_id = app.me() AND app.plain(id) AND random() < 1')) c(condition)
LEFT JOIN LATERAL pg_temp.try(condition) t ON true;
CREATE POLICY adds ON app.t FOR INSERT WITH CHECK (app.plain(id));
CREATE POLICY floor ON app.t AS RESTRICTIVE USING (app.plain(id));
SELECT policy, volatile FROM pg_temp.found;
ROLLBACK;
