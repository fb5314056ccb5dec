-- A database in which everything that trying access might set off leaves something behind.
CREATE EXTENSION rowguard;
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO anon, authenticated;
CREATE TABLE app.loot (id serial, who name DEFAULT current_user, how text);
GRANT INSERT, SELECT, UPDATE, DELETE, TRUNCATE ON app.loot TO PUBLIC;
GRANT USAGE, UPDATE ON SEQUENCE app.loot_id_seq TO PUBLIC;
CREATE SEQUENCE app.counter;
GRANT ALL ON SEQUENCE app.counter TO PUBLIC;
CREATE DOMAIN app.counted AS int DEFAULT nextval('app.counter');

-- What a function can do about it, by itself or as its owner, a superuser.
CREATE TABLE app.ways (way text PRIMARY KEY, statement text NOT NULL);
GRANT SELECT ON app.ways TO PUBLIC;
INSERT INTO app.ways VALUES
  ('write', 'INSERT INTO app.loot (id, how) VALUES (1, ''written'')'),
  ('update', 'UPDATE app.ways SET statement = ''x'''),
  ('truncate', 'TRUNCATE app.loot'),
  ('create', 'CREATE TABLE app.made (id int)'),
  ('create temporary', 'CREATE TEMPORARY TABLE made (id int)'),
  ('nextval', 'SELECT nextval(''app.counter'')'),
  ('setval', 'SELECT setval(''app.counter'', 1000)'),
  ('large object', 'SELECT lo_create(0)'),
  ('notify', 'NOTIFY trap'),
  ('pg_notify', 'SELECT pg_notify(''trap'', ''sprung'')'),
  ('listen', 'LISTEN other'),
  ('unlisten', 'UNLISTEN *'),
  ('advisory lock', 'SELECT pg_advisory_lock(7)'),
  ('advisory try lock', 'SELECT pg_try_advisory_lock(8, 9)'),
  ('advisory unlock', 'SELECT pg_advisory_unlock_all()'),
  ('advisory transaction lock', 'SELECT pg_advisory_xact_lock(10)'),
  ('prepare', 'PREPARE kept AS SELECT 1'),
  ('deallocate', 'DEALLOCATE ALL'),
  ('discard', 'DISCARD PLANS'),
  ('held cursor', 'DECLARE held CURSOR WITH HOLD FOR SELECT 1'),
  ('set', 'SET search_path = app'),
  ('set_config', 'SELECT set_config(''app.setting'', ''set'', false)'),
  ('claims', 'SELECT set_config(''request.jwt.claims'', ''{"sub": "00000000-0000-4000-8000-00000000000e"}'', false)'),
  ('act as', 'SELECT rls.act_as(''postgres'', NULL)'),
  ('read write', 'SET transaction_read_only = off'),
  ('row security', 'SET row_security = off'),
  ('reset role', 'RESET ROLE'),
  ('set role', 'SET ROLE postgres'),
  ('session authorization', 'SET SESSION AUTHORIZATION postgres'),
  ('reset session authorization', 'RESET SESSION AUTHORIZATION'),
  ('role by setting', 'SELECT set_config(''role'', ''postgres'', false)'),
  ('grant', 'GRANT ALL ON app.loot TO anon WITH GRANT OPTION'),
  ('alter role', 'ALTER ROLE anon SUPERUSER'),
  ('alter system', 'ALTER SYSTEM SET work_mem = ''1GB'''),
  ('comment', 'COMMENT ON TABLE app.loot IS ''left'''),
  ('lock table', 'LOCK TABLE app.loot IN ACCESS EXCLUSIVE MODE'),
  ('deferred', 'SET CONSTRAINTS ALL DEFERRED'),
  ('do', 'DO $do$ BEGIN INSERT INTO app.loot (id, how) VALUES (1, ''done''); END $do$'),
  ('raise', 'DO $do$ BEGIN RAISE SQLSTATE ''PT402''; END $do$');

CREATE FUNCTION app.goes(wanted text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE (SELECT statement FROM app.ways WHERE way = wanted);
  RETURN true;
END $$;
CREATE FUNCTION app.goes_as_owner(wanted text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  EXECUTE (SELECT statement FROM app.ways WHERE way = wanted);
  RETURN true;
END $$;
-- All of them, and whatever goes wrong is passed over.
CREATE FUNCTION app.goes_every_way() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE one record;
BEGIN
  FOR one IN SELECT way, statement FROM app.ways ORDER BY way LOOP
    BEGIN
      EXECUTE one.statement;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
      PERFORM app.goes_as_owner(one.way);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  RETURN true;
END $$;
CREATE FUNCTION app.fires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO app.loot (how) VALUES (TG_NAME || ' ' || TG_OP);
  RETURN COALESCE(new, old);
END $$;

-- A table for each way, and one for all.
SELECT format('CREATE TABLE app.%1$I (id int PRIMARY KEY); INSERT INTO app.%1$I VALUES (1), (2); ALTER TABLE app.%1$I ENABLE ROW LEVEL SECURITY;
  GRANT SELECT, INSERT, UPDATE, DELETE ON app.%1$I TO anon; CREATE POLICY trap ON app.%1$I USING (%2$s)', name, condition)
FROM (SELECT 'by ' || way, format('app.goes(%L)', way) FROM app.ways
      UNION ALL SELECT 'as owner by ' || way, format('app.goes_as_owner(%L)', way) FROM app.ways
      UNION ALL VALUES ('every way', 'app.goes_every_way()')) AS t (name, condition)
\gexec
-- A table that does something about every statement: triggers, rules, defaults, a check, an index, a generated column.
CREATE FUNCTION app.checks(n int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT app.goes_every_way()';
CREATE TABLE app.effects (id app.counted PRIMARY KEY, at bigint DEFAULT nextval('app.counter'), n serial, always int GENERATED ALWAYS AS IDENTITY,
  twice int GENERATED ALWAYS AS (1) STORED);
INSERT INTO app.effects DEFAULT VALUES;
ALTER TABLE app.effects ADD CHECK (app.checks(1)) NOT VALID;
ALTER TABLE app.effects ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON app.effects USING (true);
SELECT format('CREATE TRIGGER %s_%s_%s %1$s INSERT OR UPDATE OR DELETE %4$s ON app.effects FOR EACH %2$s EXECUTE FUNCTION app.fires()', moment, level, 't',
  CASE level WHEN 'STATEMENT' THEN 'OR TRUNCATE' END)
FROM unnest('{BEFORE,AFTER}'::text[]) AS moment, unnest('{ROW,STATEMENT}'::text[]) AS level
\gexec
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT OR UPDATE OR DELETE ON app.effects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.fires();
CREATE TABLE app.ruled (id int DEFAULT nextval('app.counter'));
INSERT INTO app.ruled VALUES (1);
CREATE RULE also_insert AS ON INSERT TO app.ruled DO ALSO INSERT INTO app.loot (how) VALUES ('rule');
CREATE RULE also_update AS ON UPDATE TO app.ruled DO ALSO UPDATE app.loot SET how = 'rule';
CREATE RULE instead AS ON DELETE TO app.ruled DO INSTEAD DELETE FROM app.ways;
GRANT ALL ON app.effects, app.ruled TO anon;
GRANT ALL ON ALL SEQUENCES IN SCHEMA app TO anon;
-- Views, too: as their owner, and as whoever reads them.
CREATE VIEW app.shown AS SELECT id FROM app.effects WHERE app.goes_as_owner('write') OR app.goes_every_way();
CREATE VIEW app.shown_to_invoker WITH (security_invoker) AS SELECT id FROM app.effects WHERE app.goes_every_way();
GRANT SELECT, UPDATE, DELETE ON app.shown, app.shown_to_invoker TO anon;
GRANT SELECT ON app.effects TO authenticated;
