-- rls.team_access(): a row belongs to a team, and a junction table says who is in it.
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
GRANT USAGE ON SCHEMA app TO authenticated, anon, regress_owner;
GRANT CREATE ON SCHEMA app TO regress_owner;
GRANT USAGE ON SCHEMA rls TO regress_owner;
GRANT EXECUTE ON FUNCTION rls.team_access, rls.revert, rls.register_memberships, rls.forget_memberships TO regress_owner;
SET LOCAL ROLE regress_owner;
CREATE FUNCTION pg_temp.id(letter text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-4000-8000-00000000000' || letter)::uuid $$;
CREATE TABLE app.members (team_id uuid, user_id uuid, role text NOT NULL, left_at timestamptz, PRIMARY KEY (team_id, user_id));
CREATE TABLE app.posts (id int PRIMARY KEY, team_id uuid, title text);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.posts TO authenticated, anon;
-- In team 1: a as admin, b as viewer, d no more. In team 2: a as viewer, c as admin. Nobody is in team 3.
INSERT INTO app.members VALUES
  (pg_temp.id('1'), pg_temp.id('a'), 'admin', NULL), (pg_temp.id('1'), pg_temp.id('b'), 'viewer', NULL), (pg_temp.id('1'), pg_temp.id('d'), 'admin', '2020-01-01'),
  (pg_temp.id('2'), pg_temp.id('a'), 'viewer', NULL), (pg_temp.id('2'), pg_temp.id('c'), 'admin', NULL);
INSERT INTO app.posts SELECT n, pg_temp.id(n::text), 'of ' || n FROM generate_series(1, 3) AS n;
INSERT INTO app.posts VALUES (4, NULL, 'of no team');
RESET ROLE;
-- What a caller reaches: rows read, and SQLSTATEs or rows of an update of all, a move of the first row to team 2, an insert into team 1 and a delete.
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS n = ROW_COUNT;
  RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM; WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.reach(letter text, OUT reads text, OUT updates text, OUT moves text, OUT inserts text, OUT deletes text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', CASE WHEN letter <> '' THEN json_build_object('sub', pg_temp.id(letter))::text ELSE '' END, true);
  reads := (SELECT string_agg(id::text, ',' ORDER BY id) FROM app.posts);
  updates := pg_temp.try('UPDATE app.posts SET title = title');
  moves := pg_temp.try('UPDATE app.posts SET team_id = pg_temp.id(''2'') WHERE id = 1');
  inserts := pg_temp.try('INSERT INTO app.posts VALUES (9, pg_temp.id(''1''), ''new'')');
  deletes := pg_temp.try('DELETE FROM app.posts');
END $$;
CREATE VIEW pg_temp.everybody AS
  SELECT who, (pg_temp.reach(letter)).* FROM (VALUES (1, 'a: admin of 1, viewer of 2', 'a'), (2, 'b: viewer of 1', 'b'), (3, 'c: admin of 2', 'c'), (4, 'd: was admin of 1', 'd'),
    (5, 'e: stranger', 'e'), (6, 'nobody', '')) AS people (no, who, letter) ORDER BY no;
GRANT SELECT ON pg_temp.everybody TO authenticated, anon;

-- A dry run says what would be done, as SQL that runs as it stands, and does nothing.
SET LOCAL ROLE regress_owner;
\pset format unaligned
SELECT * FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role',
  write_roles => '{admin,owner}', active_when => 'left_at IS NULL', commands => '{select,update}', dry_run => true);
\pset format aligned
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.posts'::regclass;
SELECT count(*) FROM pg_policy WHERE polrelid = 'app.posts'::regclass;
SAVEPOINT before;
SELECT sql FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'left_at IS NULL', dry_run => true) \gexec
SELECT DISTINCT action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'left_at IS NULL');
ROLLBACK TO before;

-- Applied: the same rows, and done. Applied again: nothing changes, not even an id.
SELECT step, kind, object, action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'left_at IS NULL');
RESET ROLE;
CREATE TEMP TABLE stored AS SELECT 'policy' AS kind, oid, xmin AS writer FROM pg_policy UNION ALL SELECT 'registration', number, xmin FROM rls.membership_registry;
SET LOCAL ROLE regress_owner;
SELECT action, count(*) FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'left_at IS NULL') GROUP BY action;
RESET ROLE;
SELECT kind, count(*) AS untouched FROM (SELECT kind, oid, writer FROM stored INTERSECT (SELECT 'policy', oid, xmin FROM pg_policy UNION ALL SELECT 'registration', number, xmin FROM rls.membership_registry)) AS same GROUP BY kind ORDER BY kind;
SELECT kind, object, does FROM rls.managed WHERE kind <> 'policy';

-- The caller needs no right on the junction. Who reads and writes what:
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.members;
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.everybody;
-- A move into another team is refused, an update that leaves no team, too; and a role that no policy admits reads nothing.
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('a'))::text, true) IS NOT NULL AS a;
UPDATE app.posts SET team_id = pg_temp.id('3') WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.posts SET team_id = NULL WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT count(*) FROM app.posts;
RESET ROLE;
-- The owner of the table is not bound, unless asked for.
SET LOCAL ROLE regress_owner;
SELECT count(*) FROM app.posts;
RESET ROLE;

-- Other roles: who may read may write, where nothing else is said; and only the roles named.
SET LOCAL ROLE regress_owner;
SELECT kind, object, action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', read_roles => '{admin}', active_when => 'left_at IS NULL');
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
-- No roles and no condition: every member. The registration is another one.
SET LOCAL ROLE regress_owner;
SELECT kind, object, action, CASE WHEN kind = 'memberships' THEN sql END AS sql FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id');
SELECT DISTINCT action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id');
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody;
RESET ROLE;

-- Junctions that have row security, are forced, and use the same template: nothing leads back.
SET LOCAL ROLE regress_owner;
SELECT kind, object, action FROM rls.team_access('app.members', 'team_id', 'app.members', 'team_id', 'user_id', force => true);
GRANT SELECT, UPDATE ON app.members TO authenticated;
SELECT count(*) FROM app.members;
SET LOCAL ROLE authenticated;
SELECT right(team_id::text, 1) AS team, right(user_id::text, 1) AS "user" FROM app.members ORDER BY 1, 2;
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('b'))::text, true) IS NOT NULL AS b;
SELECT right(team_id::text, 1) AS team, right(user_id::text, 1) AS "user" FROM app.members ORDER BY 1, 2;
UPDATE app.members SET role = role RETURNING right(user_id::text, 1) AS "user";
UPDATE app.members SET team_id = pg_temp.id('2') WHERE user_id = pg_temp.id('b');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.everybody;
RESET ROLE;
-- Also where its policies would lead back, or hide everything.
SET LOCAL ROLE regress_owner;
CREATE POLICY back ON app.members TO authenticated USING (team_id IN (SELECT team_id FROM app.posts));
CREATE POLICY hidden ON app.members AS RESTRICTIVE TO PUBLIC USING (false);
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.everybody LIMIT 2;
SET LOCAL row_security = off;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL row_security = on;
SET LOCAL ROLE regress_owner;
DROP POLICY back ON app.members;
DROP POLICY hidden ON app.members;
RESET ROLE;

-- What is generated passes the audit, and is as it was generated.
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info';
SELECT * FROM rls.drift();

-- Reverting takes away the set and what it registered, and leaves the index that another set reads members by.
SET LOCAL ROLE regress_owner;
SELECT kind, object, action, sql FROM rls.revert('app.posts', 'posts_team_access');
SELECT kind, object, action FROM rls.revert('app.members', 'members_team_access');
RESET ROLE;
SELECT count(*) AS left_over FROM rls.managed;
SELECT count(*) AS left_over FROM rls.membership_registry;

-- Types of keys and users: text and varchar, numbers of two sizes, domains, an enum of roles; odd names; partitions.
CREATE DOMAIN app.team AS uuid;
CREATE TYPE app.rank AS ENUM ('reader', 'writer');
CREATE SCHEMA "sch'em""a";
CREATE TABLE "sch'em""a"."Mem""bers'" ("te'am" bigint, "Us""er" varchar(40), "ro le" app.rank, t text COLLATE "C", d app.team, n bigint);
INSERT INTO "sch'em""a"."Mem""bers'" VALUES (7, 'x1', 'reader', 'seven', pg_temp.id('7'), 41), (8, 'x2', 'writer', 'eight', pg_temp.id('8'), 42);
CREATE TABLE "sch'em""a"."select" (i int, t varchar(9), d uuid, "wh'o" text) PARTITION BY LIST (i);
CREATE TABLE "sch'em""a".p7 PARTITION OF "sch'em""a"."select" FOR VALUES IN (7);
CREATE TABLE "sch'em""a".p8 PARTITION OF "sch'em""a"."select" FOR VALUES IN (8);
INSERT INTO "sch'em""a"."select" VALUES (7, 'seven', pg_temp.id('7')), (8, 'eight', pg_temp.id('8'));
GRANT USAGE ON SCHEMA "sch'em""a" TO authenticated;
GRANT SELECT, INSERT ON "sch'em""a"."select" TO authenticated;
CREATE FUNCTION pg_temp.seen(sub json) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', json_build_object('sub', sub)::text, true);
  RETURN (SELECT string_agg(i::text, ',' ORDER BY i) FROM "sch'em""a"."select");
END $$;
SELECT kind, object, action FROM rls.team_access('"sch''em""a"."select"', 'i', '"sch''em""a"."Mem""bers''"', 'te''am', 'Us"er', 'ro le', write_roles => '{writer}');
SELECT count(*) FILTER (WHERE action <> 'unchanged') AS changed FROM rls.team_access('"sch''em""a"."select"', 'i', '"sch''em""a"."Mem""bers''"', 'te''am', 'Us"er', 'ro le', write_roles => '{writer}');
SET LOCAL ROLE authenticated;
SELECT pg_temp.seen('"x1"'), pg_temp.seen('"x2"'), pg_temp.seen('"x3"');
SELECT pg_temp.seen('"x1"');
INSERT INTO "sch'em""a"."select" VALUES (7, 'seven');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.seen('"x2"');
INSERT INTO "sch'em""a"."select" VALUES (8, 'eight') RETURNING i;
DELETE FROM "sch'em""a"."select";
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FROM rls.team_access('"sch''em""a"."select"', 't', '"sch''em""a"."Mem""bers''"', 't', 'n');
SET LOCAL ROLE authenticated;
SELECT pg_temp.seen('"41"'), pg_temp.seen('42');
SELECT pg_temp.seen('"no number"');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FROM rls.team_access('"sch''em""a"."select"', 'd', '"sch''em""a"."Mem""bers''"', 'd', 'Us"er');
SET LOCAL ROLE authenticated;
SELECT pg_temp.seen('"x1"');
RESET ROLE;

-- Composite keys: as a literal, an array of texts, an array of names.
CREATE TABLE app.staff (org_id int, team_id text, user_id uuid);
CREATE TABLE app.files (id int PRIMARY KEY, org_id bigint, team_id text);
INSERT INTO app.staff VALUES (1, 'x', pg_temp.id('a')), (2, 'y', pg_temp.id('a')), (1, 'y', pg_temp.id('b'));
INSERT INTO app.files VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'x'), (4, 2, 'y'), (5, NULL, 'x');
GRANT SELECT, UPDATE ON app.files TO authenticated;
\pset format unaligned
SELECT kind, object, action, sql FROM rls.team_access('app.files', '{org_id,team_id}', 'app.staff', '{org_id,team_id}', 'user_id', commands => '{select}') WHERE kind <> 'row security';
\pset format aligned
SELECT DISTINCT action FROM rls.team_access('app.files', ARRAY['org_id', 'team_id'], 'app.staff', '{org_id,team_id}'::name[], 'user_id'::name, commands => '{select}');
SELECT count(*) FROM rls.team_access('app.files', ARRAY['org_id', 'team_id']::varchar[], 'app.staff', '{org_id,team_id}', 'user_id', commands => '{select,update}');
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('a'))::text, true) IS NOT NULL AS a;
SET LOCAL ROLE authenticated;
SELECT id FROM app.files ORDER BY id;
UPDATE app.files SET team_id = 'y' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.files SET org_id = 2, team_id = 'y' WHERE id = 1 RETURNING id;
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('b'))::text, true) IS NOT NULL AS b;
SELECT id FROM app.files ORDER BY id;
RESET ROLE;
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app', 'sch''em"a']) WHERE level <> 'info' AND object_name IN ('files', 'staff', 'select');

-- Once per statement, and by the index: 100,000 rows, of which the caller reaches 200.
CREATE TABLE app.big (id int, team_id uuid, org_id int, label text);
INSERT INTO app.big SELECT n, md5((n % 1000)::text)::uuid, n % 10, 'team ' || n % 1000 FROM generate_series(1, 100000) AS n;
INSERT INTO app.members VALUES (md5('1')::uuid, pg_temp.id('f'), 'admin'), (md5('2')::uuid, pg_temp.id('f'), 'admin');
GRANT SELECT ON app.big TO authenticated;
CREATE FUNCTION app.asked() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'the junction is read'; RETURN true; END $$;
SELECT kind, object, action FROM rls.team_access('app.big', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'app.asked()', commands => '{select}');
ANALYZE app.big;
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN (SELECT string_agg(DISTINCT index #>> '{}', ', ') FROM jsonb_path_query(plan, 'strict $.**."Index Name"') AS index)
    || CASE WHEN jsonb_path_exists(plan, 'strict $.** ? (@."Node Type" == "Seq Scan")') THEN ', and a scan' ELSE '' END;
END $$;
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('f'))::text, true) IS NOT NULL AS f;
SET LOCAL ROLE authenticated;
SELECT pg_temp.plan('SELECT count(*) FROM app.big') AS index;
RESET ROLE;
UPDATE app.members SET left_at = now() WHERE team_id = md5('2')::uuid;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.big;
RESET ROLE;
CREATE TABLE app.labels (org_id int, label text, user_id uuid);
INSERT INTO app.labels VALUES (1, 'team 1', pg_temp.id('f')), (2, 'team 2', pg_temp.id('f'));
SELECT count(*) FROM rls.team_access('app.big', '{org_id,label}', 'app.labels', '{org_id,label}', 'user_id', commands => '{select}');
SET LOCAL ROLE authenticated;
SELECT pg_temp.plan('SELECT count(*) FROM app.big') AS index;
SELECT count(*) FROM app.big;
RESET ROLE;

-- For another server: a function that reads the junction as its owner, for exactly the policy's roles.
\pset format unaligned
SELECT sql FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'left_at IS NULL',
  commands => '{select,update}', roles => '{authenticated,anon}', dry_run => true, standalone => true);
SELECT sql FROM rls.team_access('app.files', '{org_id,team_id}', 'app.staff', '{org_id,team_id}', 'user_id', commands => '{select}', dry_run => true, standalone => true) WHERE kind IN ('function', 'policy');
\pset format aligned
-- There it passes the audit, too.
SAVEPOINT before;
SELECT count(*) FROM rls.revert('app.files', 'files_team_access');
DO $$
DECLARE statement text;
BEGIN
  FOR statement IN SELECT p.sql FROM rls.team_access('app.files', '{org_id,team_id}', 'app.staff', '{org_id,team_id}', 'user_id', dry_run => true, standalone => true) AS p WHERE p.sql IS NOT NULL LOOP
    EXECUTE statement;
  END LOOP;
END $$;
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('a'))::text, true) IS NOT NULL AS a;
SET LOCAL ROLE authenticated;
SELECT id FROM app.files ORDER BY id;
RESET ROLE;
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info' AND object_name IN ('files', 'staff', 'files_team_access_members');
ROLLBACK TO before;
-- It could not read a forced junction, unless its owner is exempt.
ALTER TABLE app.posts OWNER TO regress_owner;
ALTER TABLE app.members OWNER TO regress_owner;
ALTER TABLE app.members FORCE ROW LEVEL SECURITY;
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', dry_run => true, standalone => true);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
ALTER ROLE regress_owner BYPASSRLS;
SET LOCAL ROLE regress_owner;
SELECT kind, object FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', dry_run => true, standalone => true) WHERE kind = 'function';
RESET ROLE;

SELECT * FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'auth.role() IS NOT NULL', dry_run => true, standalone => true);
\echo :LAST_ERROR_SQLSTATE

-- Conditions are data of the server's own parser, whatever they hold.
SELECT kind, action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', active_when => $$role <> 'it''s -- " \' AND left_at is null /* x */ -- y$$, commands => '{select}');
SELECT DISTINCT action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', active_when => $$role <> 'it''s -- " \' AND left_at is null /* x */ -- y$$, commands => '{select}');
SELECT set_config('request.jwt.claims', json_build_object('sub', pg_temp.id('a'))::text, true) IS NOT NULL AS a;
SET LOCAL ROLE authenticated;
SELECT id FROM app.posts ORDER BY id;
RESET ROLE;

-- Text that closes a parenthesis is one expression, and stays inside the condition.
SELECT sql FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'true) OR (true', commands => '{select}') WHERE kind = 'memberships';
SET LOCAL ROLE authenticated;
SELECT id FROM app.posts ORDER BY id;
RESET ROLE;

-- Refusals, before anything is changed.
CREATE TABLE app.refused (id int, team_id uuid, note jsonb);
CREATE VIEW app.refused_view AS SELECT * FROM app.members;
CREATE TEMP TABLE refused_temp (team_id uuid, user_id uuid);
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.nowhere', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 0, 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.refused_view', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'refused_temp', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'pg_catalog.pg_class', 'relname', 'relname');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'nothing', 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'nothing', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'nobody');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'note', 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'id', 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'left_at');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', 'left_at');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', '{team_id,id}', 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', '{}', 'app.members', '{}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
SELECT * FROM rls.team_access('app.refused', '{team_id', 'app.members', 'team_id', 'user_id');
\set VERBOSITY default
SELECT * FROM rls.team_access('app.refused', '{team_id,NULL}', 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 7, 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', read_roles => '{admin}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', 'role', write_roles => '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', 'role', write_roles => '{admin,NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('"sch''em""a"."select"', 'i', '"sch''em""a"."Mem""bers''"', 'te''am', 'Us"er', 'ro le', read_roles => '{reader,wirter}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'nothing IS NULL');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'true; DROP TABLE app.refused');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'count(*) > 1');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'role');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', NULL, 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', NULL, 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', NULL, 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access('app.refused', 'team_id', 'app.members', 'team_id', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.team_access(NULL, 'team_id', 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
-- Somebody else's junction.
CREATE TABLE app.mine (id int, team_id uuid);
ALTER TABLE app.mine OWNER TO regress_owner;
ALTER TABLE app.members OWNER TO CURRENT_USER;
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.team_access('app.mine', 'team_id', 'app.members', 'team_id', 'user_id');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.refused'::regclass;
SELECT count(*) FROM rls.membership_registry WHERE tbl IN ('app.refused'::regclass, 'app.mine'::regclass);
ROLLBACK;
