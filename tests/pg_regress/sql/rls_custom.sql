-- rls.custom(): policies with conditions of one's own, read by the server before anything is changed.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
GRANT USAGE ON SCHEMA app TO authenticated, anon, regress_owner;
CREATE FUNCTION pg_temp.become(letter text) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('request.jwt.claims',
    CASE WHEN letter <> '' THEN '{"sub": "00000000-0000-4000-8000-00000000000' || letter || '"}' ELSE '' END, true)
$$;
CREATE TABLE app.orders (id int PRIMARY KEY, buyer uuid, seller uuid, state text, total int);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.orders TO authenticated, anon;
INSERT INTO app.orders VALUES
  (1, '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 'open', 10),
  (2, '00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-00000000000a', 'open', 20),
  (3, '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 'sent', 30);
-- Buyers see their orders and change those that are open, to nothing but open.
SELECT kind, object, action, sql FROM rls.custom('app.orders', 'buyer = auth.uid() AND state = ''open'' -- by the buyer', 'buyer = auth.uid() AND total > 0',
  commands => '{select,update}', dry_run => true);
SELECT kind, object, action FROM rls.custom('app.orders', 'buyer = auth.uid() AND state = ''open'' -- by the buyer', 'buyer = auth.uid() AND total > 0',
  commands => '{select,update}');
SELECT DISTINCT action FROM rls.custom('app.orders', 'state = ''open'' and ((buyer)=auth.uid())' , 'buyer = auth.uid() AND total > 0', commands => '{select,update}') WHERE kind <> 'policy';
SELECT DISTINCT action FROM rls.custom('app.orders', 'buyer = auth.uid() AND state = ''open'' -- by the buyer', 'buyer = auth.uid() AND total > 0', commands => '{select,update}');
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
SELECT id FROM app.orders ORDER BY id;
UPDATE app.orders SET total = 11 WHERE id = 1 RETURNING id;
UPDATE app.orders SET total = 0 WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.orders SET total = 31 WHERE id = 3 RETURNING id;
INSERT INTO app.orders VALUES (4, auth.uid(), NULL, 'open', 1);
\echo :LAST_ERROR_SQLSTATE
DELETE FROM app.orders RETURNING id;
SELECT pg_temp.become('b');
SELECT id FROM app.orders ORDER BY id;
SELECT pg_temp.become('c');
SELECT count(*) FROM app.orders;
SELECT pg_temp.become('');
SELECT count(*) FROM app.orders;
SET LOCAL ROLE anon;
SELECT pg_temp.become('a');
SELECT count(*) FROM app.orders;
RESET ROLE;
-- Another condition alters, another list of commands makes and drops; the check is the condition where it is left out.
SELECT kind, object, action, sql FROM rls.custom('app.orders', 'buyer = auth.uid() OR seller = auth.uid()', commands => '{select,insert}') WHERE action <> 'unchanged';
-- For inserts alone a check is enough, and with a check alone nothing else can be.
SELECT polname, pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS check FROM pg_policy WHERE polrelid = 'app.orders'::regclass ORDER BY polname;
SELECT kind, object, action FROM rls.custom('app.orders', check_expr => 'state = ''open''', commands => '{insert}', restrictive => true, name => 'born_open');
SELECT * FROM rls.custom('app.orders', check_expr => 'true', commands => '{insert,update}', name => 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.orders', commands => '{insert}', name => 'x');
\echo :LAST_ERROR_SQLSTATE
-- Edited by hand: drift, refusal, overwrite. Reverted: gone.
ALTER POLICY orders_custom_select ON app.orders USING (true);
SELECT object, what, generated, found FROM rls.drift();
SELECT * FROM rls.custom('app.orders', 'buyer = auth.uid() OR seller = auth.uid()', commands => '{select,insert}');
\echo :LAST_ERROR_SQLSTATE
SELECT object, action FROM rls.custom('app.orders', 'buyer = auth.uid() OR seller = auth.uid()', commands => '{select,insert}', overwrite => true) WHERE action <> 'unchanged';
SELECT kind, object, action FROM rls.revert('app.orders', 'orders_custom');
SELECT kind, object, action FROM rls.revert('app.orders', 'born_open');
-- An index is made for what a condition looks up by equality, unless one serves: a partial one does where the condition implies its predicate.
CREATE TABLE app.jobs (worker uuid, team int, state text, body jsonb);
SELECT sql FROM rls.custom('app.jobs', 'worker = auth.uid() AND team = ANY (ARRAY(SELECT 1 + random()::int)) OR body @> auth.jwt()', commands => '{select}', dry_run => true) WHERE kind = 'index';
SELECT count(*) FROM rls.custom('app.jobs', 'state = ''open'' AND team > 3', commands => '{select}', dry_run => true) WHERE kind = 'index';
CREATE INDEX jobs_open ON app.jobs (worker) WHERE state = 'open';
SELECT object, action FROM rls.custom('app.jobs', 'worker = auth.uid() AND state = ''open''', commands => '{select}', dry_run => true) WHERE kind = 'index';
SELECT object, action FROM rls.custom('app.jobs', 'worker = auth.uid()', commands => '{select}', dry_run => true) WHERE kind = 'index';
-- For another server: who is asking is asked once, and nothing that it does not know.
SELECT sql FROM rls.custom('app.jobs', 'worker = auth.uid() OR state = ''auth.uid()'' OR auth.jwt() ? state', commands => '{delete}', create_index => false, dry_run => true, standalone => true);
SELECT sql FROM rls.custom('app.jobs', 'worker = (SELECT auth.uid())', commands => '{select}', dry_run => true, standalone => true);
SELECT * FROM rls.custom('app.jobs', 'worker::text = auth.user_id()', dry_run => true, standalone => true);
\echo :LAST_ERROR_SQLSTATE
-- A condition is one boolean expression over the table, and nothing else, whatever it looks like.
CREATE TABLE app.plain (id int, owner uuid);
SELECT * FROM rls.custom('app.plain', 'nothing = 1');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'id = ');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', '');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'true); DROP TABLE app.plain; SELECT (true');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'true) FROM app.orders WHERE (true');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'true', 'true), (false');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'count(*) > 0');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'generate_series(1, id) > 0');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'id = $1');
\echo :LAST_ERROR_SQLSTATE
-- Names outside pg_catalog need their schema: the caller's search_path decides nothing.
CREATE FUNCTION app.mine(uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 = auth.uid()';
SET LOCAL search_path = app;
SELECT * FROM rls.custom('app.plain', 'mine(owner)');
\echo :LAST_ERROR_SQLSTATE
SELECT sql FROM rls.custom('app.plain', 'app.mine(owner)', commands => '{delete}', dry_run => true) WHERE kind = 'policy';
RESET search_path;
SELECT * FROM rls.custom(NULL, 'true');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('app.plain', 'true', roles => '{regress_nobody}');
\echo :LAST_ERROR_SQLSTATE
CREATE VIEW app.view AS SELECT 1 AS id;
SELECT * FROM rls.custom('app.view', 'true');
\echo :LAST_ERROR_SQLSTATE
CREATE TEMP TABLE temporary (id int);
SELECT * FROM rls.custom('temporary', 'true');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.custom('pg_catalog.pg_class', 'true');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('regress_owner', 'migrate');
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.custom('app.plain', 'true');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FROM pg_policy WHERE polrelid = 'app.plain'::regclass;
-- A partitioned table: the policies hold for its partitions where they are read through it.
CREATE TABLE app.parts (owner uuid, at int) PARTITION BY RANGE (at);
CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES FROM (0) TO (10);
SELECT kind, object, action FROM rls.custom('app.parts', 'owner = auth.uid()', commands => '{select}');
-- A partition is closed for whoever names it.
GRANT SELECT ON app.parts, app.parts_1 TO authenticated;
INSERT INTO app.parts VALUES ('00000000-0000-4000-8000-00000000000a', 1), ('00000000-0000-4000-8000-00000000000b', 2);
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
SELECT at FROM app.parts;
SELECT at FROM app.parts_1;
RESET ROLE;
SELECT kind, object, action FROM rls.custom('app.parts', 'owner = auth.uid()', commands => '{select}');
SELECT rule, level, object_name, policy, message FROM rls.audit(ARRAY['app']) WHERE level <> 'info' AND object_name LIKE 'parts%';
-- A new partition is open until the next call, or born closed: rls.enable_all().
CREATE TABLE app.parts_2 PARTITION OF app.parts FOR VALUES FROM (10) TO (20) PARTITION BY LIST (at);
CREATE TABLE app.parts_2_10 PARTITION OF app.parts_2 FOR VALUES IN (10);
SELECT kind, object, action FROM rls.custom('app.parts', 'owner = auth.uid()', commands => '{select}') WHERE action <> 'unchanged';
SELECT sql FROM rls.custom('app.parts', 'owner = (SELECT auth.uid())', commands => '{select}', dry_run => true, standalone => true) WHERE kind = 'row security';
ROLLBACK;
