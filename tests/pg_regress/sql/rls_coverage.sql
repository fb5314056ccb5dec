-- rls.coverage(): which policies ever decide anything, for some identities.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon, authenticated;
\set alice 00000000-0000-4000-8000-00000000000a
\set identities '''{"stranger": {"role": "anon"}, "alice": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}, "bob": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000b"}}}'''

-- Of six rows two are alice's, one is bob's, three are shared, of which one is hers.
CREATE TABLE app.notes (id int PRIMARY KEY, owner_id uuid, shared boolean, archived boolean);
INSERT INTO app.notes VALUES
  (1, :'alice', false, false), (2, :'alice', true, false), (3, '00000000-0000-4000-8000-00000000000b', false, false),
  (4, NULL, true, false), (5, NULL, true, true), (6, NULL, NULL, false);
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON app.notes TO authenticated;
CREATE ROLE regress_editor;
CREATE POLICY own ON app.notes TO authenticated USING (owner_id = auth.uid());
CREATE POLICY shared ON app.notes FOR SELECT TO authenticated USING (shared);
CREATE POLICY shared_again ON app.notes FOR SELECT TO authenticated USING (shared AND id = 2);
CREATE POLICY nothing ON app.notes FOR SELECT TO authenticated USING (id > 100);
CREATE POLICY editors ON app.notes FOR SELECT TO regress_editor USING (true);
CREATE POLICY writes ON app.notes FOR UPDATE TO authenticated USING (true);
CREATE POLICY clauseless ON app.notes FOR SELECT TO authenticated;
CREATE POLICY live ON app.notes AS RESTRICTIVE FOR SELECT TO authenticated USING (NOT archived);
CREATE POLICY all_of_it ON app.notes AS RESTRICTIVE FOR SELECT TO authenticated USING (id > 0);
CREATE POLICY idle ON app.notes AS RESTRICTIVE FOR SELECT TO authenticated USING (id <> 6);
CREATE POLICY floorless ON app.notes AS RESTRICTIVE FOR SELECT TO authenticated;
SELECT policy, command, permissive, asked, decided, verdict, detail FROM rls.coverage(:identities, '{app}');
-- A policy decides where a row fares otherwise without it: taken away, what she sees is another number.
SELECT rows_allowed FROM rls.access_matrix(:identities, '{app}') WHERE identity = 'alice' AND command = 'select';
SAVEPOINT before;
DROP POLICY live ON app.notes;
SELECT rows_allowed FROM rls.access_matrix(:identities, '{app}') WHERE identity = 'alice' AND command = 'select';
ROLLBACK TO before;
DROP POLICY shared_again ON app.notes;
DROP POLICY nothing ON app.notes;
DROP POLICY idle ON app.notes;
SELECT rows_allowed FROM rls.access_matrix(:identities, '{app}') WHERE identity = 'alice' AND command = 'select';
-- Only the first rows, by the primary key.
SELECT policy, decided, verdict, detail FROM rls.coverage(:identities, tables => '{app.notes}', sample => 3) WHERE policy IN ('own', 'live');
-- Privileges that come later: what is written counts, too.
GRANT INSERT, UPDATE ON app.notes TO authenticated;
CREATE POLICY hand_over ON app.notes FOR UPDATE TO authenticated USING (id = 3) WITH CHECK (id = 1);
CREATE POLICY add ON app.notes FOR INSERT TO authenticated WITH CHECK (archived);
SELECT policy, command, asked, decided, verdict, detail FROM rls.coverage(:identities, '{app}') WHERE policy IN ('writes', 'hand_over', 'add');
DROP TABLE app.notes;

-- No rows; row security off; roles that nothing binds; a caller whom it binds.
CREATE ROLE regress_owner;
GRANT USAGE, CREATE ON SCHEMA app TO regress_owner;
GRANT regress_owner TO CURRENT_USER;
CREATE TABLE app.empty (id int);
CREATE TABLE app.off (id int);
INSERT INTO app.off VALUES (1);
CREATE TABLE app.owned (id int);
INSERT INTO app.owned VALUES (1);
ALTER TABLE app.owned OWNER TO regress_owner;
GRANT SELECT ON app.empty, app.off, app.owned TO authenticated;
ALTER TABLE app.empty ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.owned ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON app.empty USING (true);
CREATE POLICY p ON app.off USING (true);
CREATE POLICY p ON app.owned USING (id = 1);
SELECT table_name, policy, asked, decided, verdict, detail
FROM rls.coverage('{"alice": {"role": "authenticated"}, "owner": {"role": "regress_owner"}}', '{app}');
ALTER TABLE app.owned FORCE ROW LEVEL SECURITY;
SELECT rls.grant_to('regress_owner', 'ci');
SET LOCAL ROLE regress_owner;
SELECT policy, asked, decided, verdict, detail FROM rls.coverage('{"owner": {"role": "regress_owner"}}', tables => '{app.owned}');
SELECT * FROM rls.coverage(:identities, tables => '{app.owned}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT policy, asked, decided, verdict, detail FROM rls.coverage('{"owner": {"role": "regress_owner"}}', tables => '{app.owned}');

-- Partitions count under their parent's policies, and by themselves under their own.
CREATE TABLE app.events (id int, owner_id uuid) PARTITION BY LIST (id);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES IN (1);
CREATE TABLE app.events_2 (owner_id uuid, id int);
ALTER TABLE app.events ATTACH PARTITION app.events_2 FOR VALUES IN (2);
INSERT INTO app.events VALUES (1, :'alice'), (2, :'alice'), (2, NULL);
ALTER TABLE app.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.events_2 ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.events USING (owner_id = auth.uid());
CREATE POLICY own ON app.events_2 USING (owner_id = auth.uid());
GRANT SELECT ON app.events, app.events_2 TO authenticated;
SELECT table_name, policy, asked, decided, verdict, detail FROM rls.coverage(:identities, tables => '{app.events, app.events_2}');
SELECT table_name, policy, asked, decided, verdict, detail FROM rls.coverage(:identities, tables => '{app.events}', sample => 2);

-- A policy that raises says so; what is asked beside it stays open, other commands go on.
CREATE TABLE app.faults (id int PRIMARY KEY);
INSERT INTO app.faults VALUES (1), (2);
GRANT SELECT, DELETE ON app.faults TO anon;
ALTER TABLE app.faults ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.loot (who name);
GRANT INSERT ON app.loot TO PUBLIC;
CREATE FUNCTION app.writes() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.loot VALUES (current_user); RETURN true; END $$;
CREATE FUNCTION app.climbs() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; RETURN true; END $$;
CREATE POLICY beside ON app.faults FOR SELECT USING (id = 1);
CREATE POLICY climbs ON app.faults FOR SELECT USING (app.climbs());
CREATE POLICY divides ON app.faults FOR SELECT USING (1 / (id - 1) = 1);
CREATE POLICY loops ON app.faults FOR SELECT USING (EXISTS (SELECT FROM app.faults f WHERE f.id = faults.id));
CREATE POLICY "Odd ""name" ON app.faults FOR DELETE USING (id = 2 AND id IN (SELECT f.id FROM app.owned f) IS NOT NULL);
CREATE POLICY writes ON app.faults FOR SELECT USING (app.writes());
SELECT policy, asked, decided, verdict, detail FROM rls.coverage('{"stranger": {"role": "anon"}}', tables => '{app.faults}');
GRANT SELECT ON app.owned TO anon;
SELECT policy, asked, decided, verdict, detail FROM rls.coverage('{"stranger": {"role": "anon"}}', tables => '{app.faults}') WHERE command = 'DELETE';
SELECT (SELECT count(*) FROM app.loot) AS loot, current_user = session_user AS still_me, current_setting('transaction_read_only') AS read_only;

-- What is counted is what changes when a policy goes: for many sets of policies, each is dropped, and
-- the rows that are seen are counted before and after.
CREATE TABLE app.many (id int PRIMARY KEY, a boolean, b boolean, owner_id uuid);
INSERT INTO app.many SELECT row_number() OVER (), x, y, CASE WHEN x THEN :'alice' END::uuid
  FROM unnest(ARRAY[true, false, NULL]) x, unnest(ARRAY[true, false, NULL]) y, generate_series(1, 3);
ALTER TABLE app.many ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON app.many TO anon, authenticated;
CREATE FUNCTION pg_temp.compare(identities jsonb) RETURNS TABLE (compared bigint, decide bigint, differ bigint) LANGUAGE plpgsql AS $$
DECLARE
  clauses text[] := ARRAY['a', 'b', 'a AND b', 'NOT a', 'true', 'id > 20', 'owner_id = auth.uid()', 'a IS NULL'];
  one record; before bigint; after bigint; changed bigint;
BEGIN
  compared := 0; decide := 0; differ := 0;
  FOR n IN 1..24 LOOP
    EXECUTE format('CREATE POLICY p%s ON app.many AS %s FOR SELECT TO %s USING (%s)', n,
      CASE WHEN n % 3 = 2 THEN 'RESTRICTIVE' ELSE 'PERMISSIVE' END,
      CASE WHEN n % 5 = 1 THEN 'authenticated' ELSE 'PUBLIC' END, clauses[n % 8 + 1]);
    IF n > 5 THEN EXECUTE format('DROP POLICY p%s ON app.many', n - 5); END IF;
    SELECT sum(rows_allowed) INTO before FROM rls.access_matrix(identities, tables => '{app.many}') WHERE command = 'select';
    FOR one IN SELECT policy, permissive, decided FROM rls.coverage(identities, tables => '{app.many}') LOOP
      BEGIN
        EXECUTE format('DROP POLICY %I ON app.many', one.policy);
        SELECT sum(rows_allowed) INTO after FROM rls.access_matrix(identities, tables => '{app.many}') WHERE command = 'select';
        RAISE 'undo' USING ERRCODE = 'PT000';
      EXCEPTION WHEN SQLSTATE 'PT000' THEN NULL;
      END;
      compared := compared + 1;
      IF one.decided > 0 THEN decide := decide + 1; END IF;
      changed := CASE WHEN one.permissive THEN before - after ELSE after - before END;
      IF one.decided <> changed THEN
        differ := differ + 1;
        RAISE WARNING 'step % %: % before, % after, % decided', n, one.policy, before, after, one.decided;
      END IF;
    END LOOP;
  END LOOP;
  RETURN NEXT;
END $$;
SELECT * FROM pg_temp.compare(:identities);

-- Wrong arguments.
SELECT * FROM rls.coverage(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.coverage('{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.coverage('{"a": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.coverage('{"a": {"role": "regress_no_role"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.coverage(:identities, sample => 0);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.coverage(:identities, sample => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.coverage(:identities, '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.coverage(:identities, tables => ARRAY[1::regclass]);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT * FROM rls.coverage('{"a": {"role": "anon"}}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- In verified mode claims that no token proves count for the trial alone, and for superusers.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT policy, decided, verdict FROM rls.coverage(:identities, tables => '{app.events}');
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.coverage('{"owner": {"role": "regress_owner"}}', tables => '{app.owned}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- Cancelled, it leaves nobody believed.
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
CREATE POLICY slow ON app.events USING (pg_sleep(30) IS NULL);
SET LOCAL statement_timeout = '300ms';
SELECT * FROM rls.coverage(:identities, tables => '{app.events}');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT auth.uid() IS NULL AS nobody, current_user = session_user AS still_me;
ROLLBACK;
