-- rls.access_matrix(): what every identity may do with every table, by trying it.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon, authenticated;
\set alice 00000000-0000-4000-8000-00000000000a
\set identities '''{"stranger": {"role": "anon"}, "alice": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}}}'''

-- Rows of her own, and rows of others.
CREATE TABLE app.notes (id int PRIMARY KEY, owner_id uuid, body text);
INSERT INTO app.notes SELECT n, CASE WHEN n <= 3 THEN :'alice' ELSE gen_random_uuid() END::uuid, 'x' FROM generate_series(1, 10) n;
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notes TO authenticated;
CREATE POLICY own ON app.notes TO authenticated USING (owner_id = auth.uid());
CREATE VIEW pg_temp.seen AS SELECT identity, table_name, command, verdict, rows_allowed AS allowed, rows_total AS total, sqlstate, detail
  FROM rls.access_matrix(:identities, '{app}');
SELECT * FROM pg_temp.seen;
-- A check that is looser than what it lets her touch: her row can be made anybody's.
CREATE POLICY take ON app.notes FOR UPDATE TO authenticated USING (owner_id = auth.uid()) WITH CHECK (true);
SELECT * FROM pg_temp.seen WHERE command = 'update';
-- A restrictive floor, and TRUNCATE, which no policy stops.
CREATE POLICY floor ON app.notes AS RESTRICTIVE FOR SELECT TO authenticated USING (id > 1);
GRANT TRUNCATE ON app.notes TO authenticated;
SELECT * FROM pg_temp.seen WHERE command IN ('select', 'truncate');
-- Only the first rows, by the primary key.
SELECT identity, command, verdict, rows_allowed, rows_total, detail
FROM rls.access_matrix(:identities, tables => '{app.notes}', sample => 4) WHERE identity = 'alice' AND command <> 'truncate';

-- Open to everybody; nothing in it; some columns only; no policy; row security off.
CREATE TABLE app.open (id int PRIMARY KEY);
INSERT INTO app.open VALUES (1), (2);
CREATE TABLE app.empty (id int PRIMARY KEY);
CREATE TABLE app.columns (id int PRIMARY KEY, secret text, shown text);
INSERT INTO app.columns VALUES (1, 's', 's');
CREATE TABLE app.closed (id int);
INSERT INTO app.closed VALUES (1);
ALTER TABLE app.open ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.closed ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON app.open USING (true);
GRANT ALL ON app.open, app.empty, app.closed TO anon;
GRANT SELECT (shown), UPDATE (shown) ON app.columns TO anon;
SELECT table_name, command, verdict, allowed, total, sqlstate, detail FROM pg_temp.seen
WHERE identity = 'stranger' AND table_name IN ('open', 'empty', 'columns', 'closed');

-- Partitions, through their parent and by themselves; views; a function that runs as its owner.
CREATE TABLE app.events (id int, owner_id uuid) PARTITION BY LIST (id);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES IN (1);
CREATE TABLE app.events_2 PARTITION OF app.events FOR VALUES IN (2);
INSERT INTO app.events VALUES (1, :'alice'), (2, :'alice'), (2, NULL);
ALTER TABLE app.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.events USING (owner_id = auth.uid());
GRANT SELECT, INSERT, UPDATE, DELETE ON app.events, app.events_2 TO authenticated;
CREATE VIEW app.peek AS SELECT * FROM app.notes;
CREATE VIEW app.own_notes WITH (security_invoker = true) AS SELECT * FROM app.notes;
CREATE MATERIALIZED VIEW app.digest AS SELECT count(*) FROM app.notes;
GRANT SELECT, DELETE ON app.peek TO anon;
GRANT SELECT ON app.digest TO anon;
GRANT SELECT ON app.own_notes TO authenticated;
CREATE FUNCTION app.all_notes(n int) RETURNS SETOF app.notes LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM app.notes';
SELECT identity, table_name, command, verdict, allowed, total, sqlstate, detail FROM pg_temp.seen
WHERE table_name ~ '^events|peek|own_notes|digest|all_notes' AND (identity = 'alice' OR table_name !~ '^events');
-- A sample of a partitioned table.
SELECT command, verdict, rows_allowed, rows_total FROM rls.access_matrix(:identities, tables => '{app.events}', sample => 2)
WHERE identity = 'alice' AND command <> 'truncate';

-- What a policy raises comes in its row; the others go on.
CREATE TABLE app.faults (id int PRIMARY KEY);
INSERT INTO app.faults VALUES (1);
GRANT ALL ON app.faults TO anon;
ALTER TABLE app.faults ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.hidden (id int);
CREATE POLICY loops ON app.faults FOR SELECT USING (EXISTS (SELECT FROM app.faults f WHERE f.id = faults.id));
CREATE POLICY divides ON app.faults FOR DELETE USING (1 / (id - 1) = 1);
CREATE POLICY reads ON app.faults FOR UPDATE USING (EXISTS (SELECT FROM app.hidden));
CREATE FUNCTION app.own_code() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'pay first' USING ERRCODE = 'PT402'; END $$;
CREATE POLICY pays ON app.faults FOR INSERT WITH CHECK (app.own_code());
SELECT command, verdict, allowed, total, sqlstate, detail FROM pg_temp.seen WHERE table_name = 'faults' AND identity = 'stranger';

-- Hostile code in a policy does not become the caller, and leaves nothing behind.
CREATE TABLE app.trap (id int PRIMARY KEY);
INSERT INTO app.trap VALUES (1);
GRANT SELECT, UPDATE, DELETE, INSERT ON app.trap TO anon;
GRANT SELECT ON app.trap TO authenticated;
ALTER TABLE app.trap ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.loot (who name);
GRANT INSERT ON app.loot TO PUBLIC;
CREATE SEQUENCE app.counter;
GRANT USAGE ON SEQUENCE app.counter TO PUBLIC;
CREATE FUNCTION app.climbs() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; RETURN true; END $$;
CREATE FUNCTION app.climbs_by_setting() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('role', 'none', false); RETURN true; END $$;
CREATE FUNCTION app.writes() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.loot VALUES (current_user); RETURN true; END $$;
CREATE FUNCTION app.counts() RETURNS boolean LANGUAGE sql AS $$ SELECT nextval('app.counter') > 0 $$;
CREATE FUNCTION app.session() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN SET SESSION AUTHORIZATION DEFAULT; RETURN true; END $$;
CREATE POLICY climbs ON app.trap FOR SELECT TO anon USING (app.climbs());
CREATE POLICY climbs_by_setting ON app.trap FOR UPDATE USING (app.climbs_by_setting());
CREATE POLICY writes ON app.trap FOR DELETE USING (app.writes());
CREATE POLICY counts ON app.trap FOR INSERT WITH CHECK (app.counts());
CREATE POLICY session ON app.trap FOR SELECT TO authenticated USING (app.session());
SELECT identity, command, verdict, allowed, total, sqlstate, detail FROM pg_temp.seen WHERE table_name = 'trap' AND sqlstate IS DISTINCT FROM '42501' OR table_name = 'trap' AND verdict = 'error';
SELECT (SELECT count(*) FROM app.loot) AS loot, (SELECT is_called FROM app.counter) AS counted, current_user = session_user AS still_me,
  current_setting('transaction_read_only') AS read_only, COALESCE(current_setting('request.jwt.claims', true), '') AS claims;

-- A trigger, a default and a rule are not run.
CREATE TABLE app.effects (id int DEFAULT nextval('app.counter'), at int);
INSERT INTO app.effects VALUES (1, 1);
GRANT ALL ON app.effects TO anon;
CREATE FUNCTION app.fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fired'; END $$;
CREATE TRIGGER fires BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON app.effects EXECUTE FUNCTION app.fires();
SELECT command, verdict, allowed, total, sqlstate FROM pg_temp.seen WHERE table_name = 'effects' AND identity = 'stranger';
CREATE RULE elsewhere AS ON DELETE TO app.effects DO INSTEAD NOTHING;
SELECT command, verdict, allowed, total, sqlstate, detail FROM pg_temp.seen WHERE table_name = 'effects' AND identity = 'stranger' AND command = 'delete';
CREATE OR REPLACE RULE elsewhere AS ON DELETE TO app.effects DO INSTEAD DELETE FROM app.loot;
SELECT command, verdict, allowed, total, sqlstate, detail FROM pg_temp.seen WHERE table_name = 'effects' AND identity = 'stranger' AND command = 'delete';

-- An identity without a role is told so in its rows.
SELECT identity, role, command, verdict, sqlstate, detail FROM rls.access_matrix('{"nobody": {}}', tables => '{app.open}');
-- Wrong arguments.
SELECT * FROM rls.access_matrix('[]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix('{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix('{"a": {"rol": "anon"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix('{"a": {"role": "anon", "claims": "x"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix('{"a": {"role": "regress_no_role"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix(:identities, sample => 0);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix(:identities, sample => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix(:identities, '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
-- A list that came out empty is no wish to look everywhere, nor nowhere.
SELECT * FROM rls.access_matrix(:identities, '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix(:identities, tables => '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix(:identities, tables => '{NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.access_matrix(:identities, tables => ARRAY[1::regclass]);
\echo :LAST_ERROR_SQLSTATE

-- As an ordinary owner: only as roles that he may become, and what there is he does not know where
-- row security binds him.
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT authenticated TO regress_owner;
GRANT USAGE ON SCHEMA app TO regress_owner;
CREATE TABLE app.owned (id int PRIMARY KEY, owner_id uuid);
INSERT INTO app.owned VALUES (1, :'alice'), (2, NULL);
ALTER TABLE app.owned ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.owned USING (owner_id = auth.uid());
GRANT SELECT ON app.owned TO authenticated;
ALTER TABLE app.owned OWNER TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.access_matrix('{"a": {"role": "anon"}}', tables => '{app.owned}');
\echo :LAST_ERROR_SQLSTATE
SELECT command, verdict, rows_allowed, rows_total FROM rls.access_matrix('{"alice": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}}', tables => '{app.owned}');
ALTER TABLE app.owned FORCE ROW LEVEL SECURITY;
SELECT command, verdict, rows_allowed, rows_total FROM rls.access_matrix('{"alice": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}}', tables => '{app.owned}');
RESET ROLE;
SET LOCAL ROLE anon;
SELECT * FROM rls.access_matrix('{"a": {"role": "anon"}}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- In verified mode claims that no token proves count for the trial alone, and for superusers.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT identity, command, verdict, rows_allowed FROM rls.access_matrix(:identities, tables => '{app.owned}') WHERE command = 'select';
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.uid();
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.access_matrix('{"alice": {"role": "authenticated"}}', tables => '{app.owned}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- Cancelled in the middle of a policy that never ends: at once, and nobody stays who was tried.
CREATE TABLE app.endless (id int PRIMARY KEY);
INSERT INTO app.endless VALUES (1);
GRANT SELECT ON app.endless TO anon;
ALTER TABLE app.endless ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION app.forever() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN LOOP NULL; END LOOP; END $$;
CREATE POLICY forever ON app.endless USING (app.forever());
SELECT clock_timestamp() AS started \gset
SET LOCAL statement_timeout = '200ms';
SELECT * FROM rls.access_matrix(:identities, tables => '{app.endless}');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT clock_timestamp() - :'started' < '700ms' AS at_once, current_user = session_user AS still_me,
  current_setting('transaction_read_only') AS read_only;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.uid();
-- A lock that is not to be had, too: it ends the whole, and a handler further up finds all as it was.
CREATE FUNCTION app.gives_up() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE lock_not_available; END $$;
ALTER POLICY forever ON app.endless USING (app.gives_up());
DO $$
BEGIN
  PERFORM rls.access_matrix('{"stranger": {"role": "anon"}}', tables => '{app.endless}');
EXCEPTION WHEN lock_not_available THEN
  RAISE NOTICE 'given up as %, read-only %, claims of %', current_user = session_user, current_setting('transaction_read_only'), auth.uid();
END $$;
-- What takes longer than three seconds tells how far it is.
CREATE TABLE app.slow (id int PRIMARY KEY);
INSERT INTO app.slow VALUES (1);
GRANT SELECT ON app.slow TO anon;
ALTER TABLE app.slow ENABLE ROW LEVEL SECURITY;
CREATE POLICY slow ON app.slow USING (pg_sleep(3.1) IS NOT NULL);
CREATE TABLE app.tortoise (id int PRIMARY KEY);
SET LOCAL client_min_messages = notice;
SELECT table_name, verdict FROM rls.access_matrix('{"stranger": {"role": "anon"}}', tables => '{app.slow,app.tortoise}') WHERE command = 'select';
ROLLBACK;
