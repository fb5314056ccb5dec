-- Rule user_leakproof_function: a user's function is marked LEAKPROOF.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.t (id int, secret text);
INSERT INTO app.t VALUES (1, 'mine'), (2, 'hidden');
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.t USING (id = 1);
GRANT SELECT ON app.t TO anon;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, object_kind, message, detail, fix FROM rls.audit('{app}', '{user_leakproof_function}');

-- Near misses: no mark, and one that an extension brings.
CREATE FUNCTION app."Tells"(value text, VARIADIC more int[]) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
  $$ BEGIN RAISE WARNING 'seen: %', value; RETURN true; END $$;
CREATE FUNCTION app.extensions(n int) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true';
ALTER EXTENSION rowguard ADD FUNCTION app.extensions(int);
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT id FROM app.t WHERE app."Tells"(secret, 1);
RESET ROLE;

-- Marked: it is run on rows that the policy hides.
ALTER FUNCTION app."Tells"(text, int[]) LEAKPROOF;
CREATE FUNCTION app.is_even(n int) RETURNS boolean LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT n % 2 = 0';
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT id FROM app.t WHERE app."Tells"(secret, 1);
RESET ROLE;

-- The printed fix mends it.
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT id FROM app.t WHERE app."Tells"(secret, 1);
RESET ROLE;
ROLLBACK;
