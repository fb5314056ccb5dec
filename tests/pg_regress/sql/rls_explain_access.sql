-- rls.explain_access(): why an identity reaches a row, or does not.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
\set alice '''{"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}'''
\set stranger '''{"role": "anon"}'''
CREATE TABLE app.notes (id int PRIMARY KEY, owner_id uuid, shared boolean, archived boolean, body text);
INSERT INTO app.notes VALUES
  (1, '00000000-0000-4000-8000-00000000000a', false, false, 'hers'),
  (2, NULL, true, true, 'shared, archived'),
  (3, '00000000-0000-4000-8000-00000000000b', false, NULL, 'his');

-- Step by step. First there is no way into the schema, then no privilege.
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
GRANT USAGE ON SCHEMA app TO anon, authenticated;
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
-- A privilege, and no row security.
GRANT SELECT, INSERT, UPDATE, DELETE ON app.notes TO authenticated;
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
-- Row security, and no policy.
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
-- Policies for others, and for other commands.
CREATE POLICY anybody ON app.notes FOR SELECT TO anon USING (true);
CREATE POLICY writes ON app.notes FOR INSERT TO authenticated WITH CHECK (true);
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
-- Policies that decide, and a restrictive one.
CREATE POLICY own ON app.notes TO authenticated USING (owner_id = auth.uid());
CREATE POLICY shared ON app.notes FOR SELECT TO authenticated USING (shared AND NOT archived);
CREATE POLICY floor ON app.notes AS RESTRICTIVE TO authenticated USING (NOT archived);
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
SELECT kind, object, expression, answer, detail
FROM rls.explain_access('app.notes', 'select', '{"id": 2}',
  '{"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}');
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.notes', 'SELECT', '{"id": 3}', :alice) WHERE step > 4;
SELECT * FROM rls.explain_access('app.notes', 'update', '{"id": 1}', :alice);
SELECT * FROM rls.explain_access('app.notes', 'delete', '{"id": 1}', :alice);
SELECT * FROM rls.explain_access('app.notes', 'insert', '{"id": 4, "owner_id": "00000000-0000-4000-8000-00000000000a"}', :alice);
SELECT * FROM rls.explain_access('app.notes', 'insert', '{"id": 4, "owner_id": "00000000-0000-4000-8000-00000000000a", "archived": false}', :alice);
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 9}', :alice);

-- An update that row security refuses, and one that needs a SELECT policy besides its own.
CREATE TABLE app.steps (id int PRIMARY KEY, state text);
INSERT INTO app.steps VALUES (1, 'open'), (2, 'closed');
GRANT SELECT, INSERT, UPDATE, DELETE ON app.steps TO authenticated;
ALTER TABLE app.steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY change ON app.steps FOR UPDATE USING (true) WITH CHECK (state = 'open');
CREATE POLICY make ON app.steps FOR INSERT WITH CHECK (state = 'open');
SELECT kind, object, clause, expression, answer, detail FROM rls.explain_access('app.steps', 'update', '{"id": 1}', :alice) WHERE step > 5;
SELECT kind, object, clause, expression, answer, detail FROM rls.explain_access('app.steps', 'update', '{"id": 2}', :alice) WHERE step > 5;
SELECT kind, object, clause, expression, answer, detail FROM rls.explain_access('app.steps', 'insert', '{"id": 3, "state": "open"}', :alice) WHERE step > 4;

-- Who is exempt: the owner, but for FORCE; BYPASSRLS; a superuser.
CREATE ROLE regress_owner;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE ROLE regress_super SUPERUSER;
CREATE ROLE regress_member;
GRANT USAGE ON SCHEMA app TO regress_owner, regress_bypass, regress_member;
GRANT SELECT ON app.steps TO regress_bypass, regress_member;
ALTER TABLE app.steps OWNER TO regress_owner;
CREATE FUNCTION pg_temp.ends(tbl regclass, command text, key jsonb, identity jsonb)
RETURNS TABLE (kind text, clause text, answer text, detail text) LANGUAGE sql
AS $$ SELECT kind, clause, answer, detail FROM rls.explain_access($1, $2, $3, $4) WHERE kind IN ('row security', 'row', 'server', 'conclusion') $$;
SELECT * FROM pg_temp.ends('app.steps', 'select', '{"id": 1}', '{"role": "regress_owner"}');
SELECT * FROM pg_temp.ends('app.steps', 'select', '{"id": 1}', '{"role": "regress_bypass"}');
SELECT * FROM pg_temp.ends('app.steps', 'select', '{"id": 1}', '{"role": "regress_super"}');
ALTER TABLE app.steps FORCE ROW LEVEL SECURITY;
SELECT * FROM pg_temp.ends('app.steps', 'select', '{"id": 1}', '{"role": "regress_owner"}');
SELECT * FROM pg_temp.ends('pg_class', 'select', '{"oid": 1259}', :stranger);

-- A policy for a role counts for its members.
CREATE POLICY team ON app.steps FOR SELECT TO regress_owner USING (state = 'open');
SELECT kind, object, answer, detail FROM rls.explain_access('app.steps', 'select', '{"id": 1}', '{"role": "regress_member"}') WHERE step > 3;
GRANT regress_owner TO regress_member;
SELECT kind, object, answer, detail FROM rls.explain_access('app.steps', 'select', '{"id": 1}', '{"role": "regress_member"}') WHERE step > 3;

-- Not where the membership is not inherited.
CREATE ROLE regress_outsider NOINHERIT;
GRANT USAGE ON SCHEMA app TO regress_outsider;
GRANT SELECT ON app.steps TO regress_outsider;
GRANT regress_owner TO regress_outsider;
SELECT kind, object, answer, detail FROM rls.explain_access('app.steps', 'select', '{"id": 1}', '{"role": "regress_outsider"}') WHERE step > 3;

-- Privileges on columns.
CREATE TABLE app.columns (id int PRIMARY KEY, secret text, "Shown" text);
INSERT INTO app.columns VALUES (1, 's', 's');
GRANT SELECT ("Shown"), UPDATE ("Shown"), INSERT (id, "Shown") ON app.columns TO anon;
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.columns', 'select', '{"id": 1}', :stranger) WHERE step > 2;
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.columns', 'update', '{"id": 1}', :stranger) WHERE step > 2;
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.columns', 'update', '{"Shown": "s"}', :stranger) WHERE step > 2;
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.columns', 'insert', '{"id": 1, "secret": "x"}', :stranger) WHERE step > 2;
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.columns', 'insert', '{"id": 1, "Shown": "x"}', :stranger) WHERE step > 2;
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.columns', 'delete', '{"id": 1}', :stranger) WHERE step > 2;

-- A policy that raises, loops, reads what the role may not read, or what has policies of its own.
CREATE TABLE app.faults (id int PRIMARY KEY);
INSERT INTO app.faults VALUES (1), (2);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.faults TO anon;
ALTER TABLE app.faults ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.hidden (id int);
CREATE TABLE app.members (id int, active boolean);
INSERT INTO app.members VALUES (1, true), (2, false);
GRANT SELECT ON app.members TO anon;
ALTER TABLE app.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY active ON app.members USING (active);
CREATE POLICY divides ON app.faults FOR SELECT USING (1 / (id - 1) = 1);
CREATE POLICY reads ON app.faults FOR SELECT USING (EXISTS (SELECT FROM app.hidden));
CREATE POLICY member ON app.faults FOR SELECT USING (id IN (SELECT m.id FROM app.members m));
CREATE POLICY safe ON app.faults FOR SELECT USING (id = 1 AND 1 / id = 1);
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.faults', 'select', '{"id": 1}', :stranger) WHERE step > 5;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.faults', 'select', '{"id": 2}', :stranger) WHERE step > 5;
DROP POLICY divides ON app.faults;
DROP POLICY reads ON app.faults;
SELECT kind, object, answer, detail FROM rls.explain_access('app.faults', 'select', '{"id": 1}', :stranger) WHERE step > 5;
SELECT kind, object, answer, detail FROM rls.explain_access('app.faults', 'select', '{"id": 2}', :stranger) WHERE step > 5;
CREATE POLICY loops ON app.faults FOR SELECT USING (EXISTS (SELECT FROM app.faults f WHERE f.id = faults.id));
SELECT kind, object, answer, detail FROM rls.explain_access('app.faults', 'select', '{"id": 1}', :stranger) WHERE step > 5;

-- Hostile code in a policy neither becomes the caller nor leaves anything behind.
CREATE TABLE app.trap (id int PRIMARY KEY);
INSERT INTO app.trap VALUES (1);
GRANT SELECT ON app.trap TO anon;
ALTER TABLE app.trap ENABLE ROW LEVEL SECURITY;
CREATE TABLE app.loot (who name);
GRANT INSERT ON app.loot TO PUBLIC;
CREATE FUNCTION app.climbs() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; RETURN true; END $$;
CREATE FUNCTION app.writes() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.loot VALUES (current_user); RETURN true; END $$;
CREATE FUNCTION app.asks() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN current_user = 'anon'; END $$;
CREATE POLICY climbs ON app.trap USING (app.climbs());
CREATE POLICY writes ON app.trap USING (app.writes());
CREATE POLICY asks ON app.trap USING (app.asks());
SELECT kind, object, answer, detail FROM rls.explain_access('app.trap', 'select', '{"id": 1}', :stranger) WHERE step > 5;
SELECT (SELECT count(*) FROM app.loot) AS loot, current_user = session_user AS still_me, current_setting('transaction_read_only') AS read_only;
-- Triggers and defaults are not run.
CREATE SEQUENCE app.counter;
GRANT USAGE ON SEQUENCE app.counter TO PUBLIC;
CREATE TABLE app.effects (id int PRIMARY KEY DEFAULT nextval('app.counter'), at int);
INSERT INTO app.effects VALUES (1, 1);
ALTER TABLE app.effects ENABLE ROW LEVEL SECURITY;
CREATE POLICY anything ON app.effects USING (at = 1);
GRANT ALL ON app.effects TO anon;
CREATE FUNCTION app.fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fired'; END $$;
CREATE TRIGGER fires BEFORE INSERT OR UPDATE OR DELETE ON app.effects FOR EACH ROW EXECUTE FUNCTION app.fires();
SELECT c.command, e.clause, e.answer FROM unnest('{insert,update,delete}'::text[]) c(command),
  rls.explain_access('app.effects', c.command, CASE c.command WHEN 'insert' THEN '{"at": 1}' ELSE '{"id": 1}' END::jsonb, :stranger) e
WHERE e.kind IN ('server', 'conclusion') ORDER BY 1, step;
SELECT id, at, (SELECT is_called FROM app.counter) AS counted FROM app.effects;
-- Nor does code of a type: the key is compared as the table's owner.
CREATE FUNCTION app.notes_who(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'run as %', current_user; END $$;
CREATE DOMAIN app.snoop AS text;
CREATE TABLE app.snooped (id app.snoop, kind app.snoop);
INSERT INTO app.snooped VALUES ('a', 'b');
ALTER DOMAIN app.snoop ADD CHECK (app.notes_who(VALUE)) NOT VALID;
SELECT kind, expression, answer FROM rls.explain_access('app.snooped', 'select', '{"id": "a", "kind": "b"}', :stranger) WHERE kind = 'row';
GRANT INSERT ON app.snooped TO anon;
ALTER TABLE app.snooped ENABLE ROW LEVEL SECURITY;
CREATE POLICY anybody ON app.snooped USING (true);
SELECT * FROM rls.explain_access('app.snooped', 'insert', '{"id": "a"}', :stranger);
\echo :LAST_ERROR_SQLSTATE
SELECT kind, clause, answer FROM rls.explain_access('app.snooped', 'insert', '{"id": "a"}') WHERE kind IN ('row security', 'conclusion');

-- Keys of many types, null, several columns; odd names.
CREATE TYPE app.mood AS ENUM ('ok', 'sad');
CREATE TYPE app.pair AS (a int, b text);
CREATE TABLE app."Odd ""table" (id bigint, "a""b" varchar(10), m app.mood, at timestamptz, tags text[], doc jsonb, p app.pair, n numeric, c char(4), dropped int, z text);
ALTER TABLE app."Odd ""table" DROP COLUMN dropped;
INSERT INTO app."Odd ""table" VALUES (9007199254740993, 'x''y', 'sad', '2026-01-01 00:00+00', '{a,"b c"}', '{"k": [1]}', '(1,x)', 1.50, 'ab', NULL);
ALTER TABLE app."Odd ""table" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Odd ""policy" ON app."Odd ""table" USING ("a""b" <> '' AND z IS NULL);
GRANT SELECT, INSERT ON app."Odd ""table" TO anon;
SELECT kind, object, clause, expression, answer, detail FROM rls.explain_access('app."Odd ""table"', 'select',
  '{"id": 9007199254740993, "a\"b": "x''y", "m": "sad", "at": "2026-01-01T00:00:00Z", "tags": ["a", "b c"], "doc": {"k": [1]}, "p": "(1,x)", "n": 1.5, "c": "ab", "z": null}', :stranger);
SELECT kind, object, clause, answer FROM rls.explain_access('app."Odd ""table"', 'insert',
  '{"id": 1, "a\"b": "x''y", "m": "sad", "tags": ["a", null, "b c", "\"q\\"], "doc": [1], "p": "(1,x)"}', :stranger) WHERE step > 4;

-- Defaults and what the server computes count for a new row; a sequence is not moved.
CREATE TABLE app.orders (
  id int GENERATED BY DEFAULT AS IDENTITY,
  owner_id uuid DEFAULT auth.uid(),
  qty int DEFAULT 2,
  price int,
  total int GENERATED ALWAYS AS (qty * price) STORED);
ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON app.orders TO authenticated;
CREATE POLICY own ON app.orders FOR INSERT WITH CHECK (owner_id = auth.uid() AND total < 100 AND tableoid = 'app.orders'::regclass AND (orders).price > 0);
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.orders', 'insert', '{"id": 1, "price": 7}', :alice) WHERE step > 5;
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.orders', 'insert', '{"id": 1, "price": 50}', :alice) WHERE kind = 'conclusion';
CREATE FUNCTION app.cheap(o app.orders) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN o.total < 20 AND o.qty = 2; END $$;
ALTER POLICY own ON app.orders WITH CHECK (app.cheap(orders));
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.orders', 'insert', '{"id": 1, "price": 7}', :alice) WHERE clause = 'INSERT WITH CHECK';
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.orders', 'insert', '{"id": 1, "price": 10}', :alice) WHERE clause = 'INSERT WITH CHECK';
-- What no policy explains.
SELECT kind, clause, answer, detail FROM rls.explain_access('app.orders', 'insert', '{"id": 1, "price": 7, "total": 0}', :alice) WHERE kind IN ('server', 'conclusion');
ALTER POLICY own ON app.orders WITH CHECK (id > 0);
SELECT kind, clause, expression, answer, detail FROM rls.explain_access('app.orders', 'insert', '{}', :alice) WHERE step > 5;
SELECT is_called FROM app.orders_id_seq;

-- Partitions: through the parent its policies count, by themselves their own. Children alike.
CREATE TABLE app.events (id int, owner_id uuid) PARTITION BY LIST (id);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES IN (1);
CREATE TABLE app.events_2 (owner_id uuid, id int);
ALTER TABLE app.events ATTACH PARTITION app.events_2 FOR VALUES IN (2);
INSERT INTO app.events VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, '00000000-0000-4000-8000-00000000000a');
ALTER TABLE app.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.events USING (owner_id = auth.uid() AND id > 1);
GRANT SELECT, UPDATE ON app.events, app.events_2 TO authenticated;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.events', 'select', '{"id": 2}', :alice) WHERE step > 3;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.events', 'update', '{"id": 1}', :alice) WHERE step > 4;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.events_2', 'select', '{"id": 2}', :alice) WHERE step > 3;
CREATE TABLE app.parent (id int);
CREATE TABLE app.child (extra int) INHERITS (app.parent);
INSERT INTO app.child VALUES (5, 1);
ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY some ON app.parent USING (id = 5);
GRANT SELECT ON app.parent TO anon;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.parent', 'select', '{"id": 5}', :stranger) WHERE step > 3;

-- Views and other doors; what is no table.
CREATE VIEW app.peek AS SELECT n.* FROM app.notes n JOIN app.steps s USING (id);
CREATE VIEW app.mine WITH (security_invoker = true) AS SELECT * FROM app.notes;
CREATE MATERIALIZED VIEW app.digest AS SELECT id FROM app.notes;
GRANT SELECT ON app.mine, app.digest TO anon;
ALTER VIEW app.peek OWNER TO regress_owner;
ALTER MATERIALIZED VIEW app.digest OWNER TO regress_owner;
GRANT SELECT ON app.peek TO anon;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.peek', 'select', '{"id": 1}', :stranger);
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.mine', 'select', '{"id": 1}', :stranger) WHERE step > 3;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.digest', 'select', '{"id": 1}', :stranger) WHERE step > 3;
SELECT kind, object, expression, answer, detail FROM rls.explain_access('app.digest', 'select', '{"id": 1}', :alice) WHERE step > 3;
SELECT * FROM rls.explain_access('app.orders_id_seq', 'select', '{}', :alice);
\echo :LAST_ERROR_SQLSTATE
-- A rule makes another statement of it.
CREATE RULE elsewhere AS ON DELETE TO app.faults DO INSTEAD NOTHING;
SELECT kind, clause, answer, detail FROM rls.explain_access('app.faults', 'delete', '{"id": 1}', :stranger) WHERE kind IN ('server', 'conclusion');

-- What is concluded is what happens: for many sets of policies, each row and command is compared with
-- the statement itself, run and undone.
CREATE TEMP TABLE states AS
SELECT row_number() OVER () AS id, x, y FROM unnest(ARRAY[true, false, NULL]) x, unnest(ARRAY[true, false, NULL]) y;
GRANT SELECT ON pg_temp.states TO authenticated;
CREATE TABLE app.many (id int PRIMARY KEY, a boolean, b boolean);
INSERT INTO app.many SELECT * FROM pg_temp.states;
ALTER TABLE app.many ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION pg_temp.happens(command text, row_id int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE touched int; BEGIN
  SET LOCAL ROLE authenticated;
  CASE command
    WHEN 'select' THEN PERFORM FROM app.many WHERE id = row_id;
    WHEN 'update' THEN UPDATE app.many SET a = a WHERE id = row_id;
    WHEN 'delete' THEN DELETE FROM app.many WHERE id = row_id;
    WHEN 'insert' THEN
      INSERT INTO app.many SELECT 100 + id, x, y FROM pg_temp.states WHERE id = row_id;
  END CASE;
  GET DIAGNOSTICS touched = ROW_COUNT;
  RAISE 'undo' USING ERRCODE = 'PT000';
EXCEPTION
  WHEN SQLSTATE 'PT000' THEN RETURN CASE WHEN touched > 0 THEN 'yes' ELSE 'no' END;
  WHEN insufficient_privilege THEN RETURN 'no';
END $$;
CREATE FUNCTION pg_temp.compare() RETURNS TABLE (compared bigint, yes bigint, no bigint, differ bigint, otherwise bigint) LANGUAGE plpgsql AS $$
DECLARE
  clauses text[] := ARRAY['a', 'b', 'a AND b', 'NOT a', 'true', 'id > 4', 'EXISTS (SELECT FROM app.members m WHERE m.id = many.id)'];
  command text; row_id int; key jsonb; said text; done text; others bigint;
BEGIN
  compared := 0; yes := 0; no := 0; differ := 0; otherwise := 0;
  -- Three policies at a time: one comes and one goes.
  FOR n IN 1..20 LOOP
    EXECUTE format('CREATE POLICY p%s ON app.many AS %s FOR %s TO authenticated %s', n,
      CASE WHEN n % 4 = 3 THEN 'RESTRICTIVE' ELSE 'PERMISSIVE' END,
      (ARRAY['ALL', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'])[n % 5 + 1],
      CASE n % 5 WHEN 2 THEN format('WITH CHECK (%s)', clauses[n % 7 + 1])
        WHEN 1 THEN format('USING (%s)', clauses[n % 7 + 1]) WHEN 4 THEN format('USING (%s)', clauses[n % 7 + 1])
        ELSE format('USING (%s) WITH CHECK (%s)', clauses[n % 7 + 1], clauses[(n + 3) % 7 + 1]) END);
    IF n > 3 THEN EXECUTE format('DROP POLICY p%s ON app.many', n - 3); END IF;
    FOREACH command IN ARRAY ARRAY['select', 'insert', 'update', 'delete'] LOOP
      FOR row_id IN 1..9 LOOP
        SELECT CASE command WHEN 'insert' THEN to_jsonb(m) || jsonb_build_object('id', 100 + m.id) ELSE jsonb_build_object('id', m.id) END
          INTO key FROM app.many m WHERE m.id = row_id;
        SELECT max(e.answer) FILTER (WHERE e.clause IN ('SELECT', 'INSERT', 'UPDATE ... WHERE', 'DELETE ... WHERE')),
               count(*) FILTER (WHERE e.detail LIKE 'the server does otherwise%') INTO said, others
          FROM rls.explain_access('app.many', command, key, '{"role": "authenticated"}') e WHERE e.kind = 'conclusion';
        done := pg_temp.happens(command, row_id);
        compared := compared + 1;
        otherwise := otherwise + others;
        IF said = 'yes' THEN yes := yes + 1; ELSIF said = 'no' THEN no := no + 1; END IF;
        IF said IS DISTINCT FROM done THEN
          differ := differ + 1;
          RAISE WARNING 'policy % % %: said %, did %', n, command, row_id, said, done;
        END IF;
      END LOOP;
    END LOOP;
  END LOOP;
  RETURN NEXT;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.many TO authenticated;
GRANT SELECT ON app.members TO authenticated;
SELECT * FROM pg_temp.compare();

-- A policy that changes its answer is told of: this one is true the first time it is called.
SET LOCAL track_functions = 'all';
CREATE FUNCTION app.once() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
  RETURN COALESCE(pg_stat_get_xact_function_calls('app.once()'::regprocedure), 0) = 0;
END $$;
CREATE TABLE app.fickle (id int PRIMARY KEY);
INSERT INTO app.fickle VALUES (1);
ALTER TABLE app.fickle ENABLE ROW LEVEL SECURITY;
CREATE POLICY once ON app.fickle USING (app.once());
GRANT SELECT ON app.fickle TO anon;
SELECT kind, clause, answer, detail FROM rls.explain_access('app.fickle', 'select', '{"id": 1}', :stranger) WHERE step > 5;
RESET track_functions;

-- In a transaction that only reads, and whatever row_security says.
SAVEPOINT reading;
SET LOCAL transaction_read_only = on;
SET LOCAL row_security = off;
SELECT kind, answer FROM rls.explain_access('app.notes', 'update', '{"id": 1}', :alice) WHERE kind IN ('server', 'conclusion');
ROLLBACK TO reading;

-- Wrong arguments.
SELECT * FROM rls.explain_access(NULL, 'select', '{"id": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', NULL, '{"id": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'truncate', '{"id": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access(1::regclass, 'select', '{"id": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '[1]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '{"idd": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.peek', 'select', '{"idd": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": "one"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '{"shared": false}');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE app.incomparable (j json);
SELECT * FROM rls.explain_access('app.incomparable', 'select', '{"j": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', '{"role": "anon", "claim": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', '{"role": "regress_no_role"}');
\echo :LAST_ERROR_SQLSTATE

-- As an ordinary owner: as roles that he may become. Whoever is bound learns of no row that he cannot
-- see; whoever may not read the table cannot look for one.
SELECT rls.grant_to('regress_owner', 'ci');
SELECT rls.grant_to('authenticated', 'ci');
GRANT authenticated TO regress_owner;
ALTER TABLE app.notes OWNER TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT * FROM pg_temp.ends('app.notes', 'select', '{"id": 3}', :alice);
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :stranger);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.ends('app.hidden', 'select', '{"id": 3}', :alice);
RESET ROLE;
-- Who asks now: NULL.
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SET LOCAL ROLE authenticated;
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}');
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 3}');
SELECT * FROM pg_temp.ends('app.notes', 'select', '{"id": 77}', NULL);
SELECT * FROM pg_temp.ends('app.columns', 'select', '{"id": 1}', NULL);
RESET ROLE;
SET LOCAL ROLE anon;
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- In verified mode claims that no token proves count for the trial alone, and for superusers; whoever
-- asks now is nobody without a token.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT kind, answer FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice) WHERE kind = 'conclusion';
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT kind, answer FROM rls.explain_access('app.notes', 'select', '{"id": 1}') WHERE kind = 'row';
RESET ROLE;
-- A trial that is cancelled leaves nobody believed.
CREATE POLICY slow ON app.notes FOR SELECT USING (pg_sleep(30) IS NULL);
SET LOCAL statement_timeout = '300ms';
SELECT * FROM rls.explain_access('app.notes', 'select', '{"id": 1}', :alice);
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT auth.uid() IS NULL AS nobody, current_user = session_user AS still_me;
ROLLBACK;
