-- Rule immutable_reads_session: a policy calls a function declared IMMUTABLE that reads the session.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE TABLE app.t (id int, owner_id text);
INSERT INTO app.t VALUES (1, 'alice'), (2, 'bob');
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT SELECT ON app.t TO PUBLIC;
CREATE FUNCTION app.me() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT current_setting(''app.me'', true)';
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, message, detail -> 'functions' AS functions, fix FROM rls.audit('{app}', '{immutable_reads_session}');

-- A kept plan shows one caller's rows to the next; mended by the printed fix.
CREATE POLICY own ON app.t USING (owner_id = app.me());
SELECT * FROM pg_temp.found;
SET plan_cache_mode = force_generic_plan;
SET ROLE anon;
SET LOCAL app.me = 'alice';
PREPARE mine AS SELECT id FROM app.t;
EXECUTE mine;
SET LOCAL app.me = 'bob';
EXECUTE mine;
RESET ROLE;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET ROLE anon;
EXECUTE mine;
RESET ROLE;
DEALLOCATE mine;
DROP POLICY own ON app.t;

CREATE FUNCTION app.by_uid() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT auth.uid()::text';
CREATE FUNCTION app.by_atomic() RETURNS text IMMUTABLE BEGIN ATOMIC SELECT auth.claim_text('a'); END;
CREATE FUNCTION app.by_user() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT current_user::text';
CREATE FUNCTION app.by_plpgsql() RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN current_setting(''app.me''); END';
CREATE FUNCTION app.by_other(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = app.by_user()';
CREATE FUNCTION app.stable_me() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_setting(''app.me'', true)';
CREATE FUNCTION app.stable_over() RETURNS text LANGUAGE sql STABLE AS 'SELECT app.by_uid()';
CREATE FUNCTION app.plpgsql_over() RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN app.by_uid(); END';
CREATE FUNCTION app.volatile_me() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT auth.email()';
CREATE FUNCTION app.pure(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 1';
CREATE FUNCTION app.pure_plpgsql(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN n > 1; END';
CREATE FUNCTION app.in_words(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
  'BEGIN /* auth.uid() would be wrong here */ RETURN n::text <> ''current_setting(''''a'''')''; END';
CREATE FUNCTION app.internal(text) RETURNS int LANGUAGE internal IMMUTABLE AS 'textlen';
CREATE FUNCTION pg_temp.try(condition text) RETURNS TABLE (rule text, functions jsonb, still text) LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    BEGIN
        EXECUTE format('CREATE POLICY p ON app.t USING (%s)', condition);
        FOR found IN SELECT * FROM pg_temp.found LOOP
            rule := found.rule;
            functions := found.functions;
            still := NULL;
            IF found.fix IS NOT NULL THEN
                EXECUTE found.fix;
                still := (SELECT count(*) FROM pg_temp.found f WHERE f.rule = found.rule);
            END IF;
            RETURN NEXT;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
END $$;
SELECT condition, t.* FROM (VALUES
  -- Near misses: STABLE or VOLATILE, without session, and a body that only speaks of it.
  ('owner_id = app.stable_me()'), ('owner_id = app.volatile_me()'), ('app.pure(id)'), ('app.pure_plpgsql(id)'), ('app.in_words(id)'),
  ('owner_id = auth.uid()::text'), ('owner_id = current_user'), ('length(owner_id) > 1'),
  -- Whatever the body's form and source, wherever the call stands, and behind other functions.
  ('owner_id = app.by_uid()'), ('owner_id = (SELECT app.by_atomic())'), ('owner_id = app.by_user()'), ('owner_id = app.by_plpgsql()'),
  ('app.by_other(owner_id)'), ('owner_id = app.stable_over()'), ('owner_id = app.plpgsql_over()'),
  ('EXISTS (SELECT FROM pg_class WHERE relname = app.by_uid() AND t.id > 0)'),
  -- A body that cannot be read is not taken for harmless.
  ('app.internal(owner_id) > 1')) c(condition)
LEFT JOIN LATERAL pg_temp.try(condition) t ON true;
-- A function that no policy calls harms no policy.
SELECT * FROM pg_temp.found;
ROLLBACK;
