-- rls.memberships(): what the caller is a member of, and only by junctions that their owners registered, word for word.
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
GRANT USAGE ON SCHEMA app TO authenticated, regress_owner;
GRANT USAGE, CREATE ON SCHEMA app TO regress_owner, regress_other;
SELECT rls.grant_to('regress_owner', 'migrate'), rls.grant_to('regress_other', 'migrate') \g /dev/null
SET LOCAL ROLE regress_owner;
CREATE TABLE app.members (team_id int, user_id uuid, role text, secret text);
CREATE TABLE app.posts (id int PRIMARY KEY, team_id int);
INSERT INTO app.members VALUES (1, '00000000-0000-4000-8000-00000000000a', 'admin', 's1'), (2, '00000000-0000-4000-8000-00000000000a', 'viewer', 's2'), (3, '00000000-0000-4000-8000-00000000000b', NULL, 's3');
INSERT INTO app.posts VALUES (1, 1), (2, 2), (3, 3);
GRANT SELECT ON app.posts TO authenticated;
SELECT count(*) FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', commands => '{select}');
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a"}', true) IS NOT NULL AS a;

-- The caller's own, in roles or in any, as many columns as registered; a role is no right on the table.
SET LOCAL ROLE authenticated;
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team int) ORDER BY 1;
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role', '{admin,x}') AS m(team int);
SELECT count(*) FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role', '{}') AS m(team int);
SELECT * FROM app.members;
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('request.jwt.claims', '', true) AS nobody;
SELECT count(*) FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team int);
SELECT set_config('request.jwt.claims', '{"sub": "no uuid"}', true) IS NOT NULL AS odd;
SELECT count(*) FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a"}', true) IS NOT NULL AS a;
-- Another identity in the same session, at the same place.
CREATE FUNCTION pg_temp.teams(letter text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000' || letter || '"}', true);
  RETURN (SELECT string_agg(team::text, ',' ORDER BY team) FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team int));
END $$;
SELECT pg_temp.teams('a'), pg_temp.teams('b'), pg_temp.teams('c'), pg_temp.teams('a');

-- Other words than those registered: another column, another user column, another condition, no role column, another junction.
SELECT * FROM rls.memberships('app.members', '{secret}', 'user_id', 'role') AS m(secret text);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id,secret}', 'user_id', 'role') AS m(team int, secret text);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'secret', 'role') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'secret', '{s3}') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role', active_when => 'true) OR (true') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role', tree => 'app.posts', tree_id_column => 'id', tree_parent_column => 'team_id', max_depth => 1) AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.posts', '{team_id}', 'id') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('pg_catalog.pg_authid', '{oid}', 'rolname') AS m(o oid);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships(0, '{team_id}', 'user_id') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
-- Other columns than there are, or none.
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team bigint);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team int, more int);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.memberships('app.members', '{team_id}', 'user_id', 'role');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', roles => '{admin}') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships(NULL, '{team_id}', 'user_id') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', NULL, 'user_id') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{NULL}', 'user_id') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', NULL) AS m(team int);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', tree => 'app.posts') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
-- The registry is nobody's to read or write.
SELECT count(*) FROM rls.membership_registry;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_owner;
UPDATE rls.membership_registry SET user_column = 'secret';
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- Row security on it changes nothing, and neither does the caller's search path.
ALTER TABLE rls.membership_registry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE FUNCTION public.never(uuid, uuid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = public.never);
SET LOCAL search_path = public, pg_catalog;
SET LOCAL ROLE authenticated;
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.posts;
RESET ROLE;
RESET search_path;
DROP OPERATOR public.= (uuid, uuid);

-- Under other names the junction is the same; a namesake is another.
SAVEPOINT before;
SET LOCAL ROLE regress_owner;
ALTER TABLE app.members RENAME TO was_members;
CREATE TABLE app.members (team_id int, user_id uuid, role text);
INSERT INTO app.members VALUES (3, '00000000-0000-4000-8000-00000000000a');
SET LOCAL ROLE authenticated;
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.posts;
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
-- Dropped, the junction takes the policies along, and the table is closed; a namesake gets nothing.
SET LOCAL ROLE regress_owner;
DROP TABLE app.members;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL client_min_messages = warning;
DROP TABLE app.members CASCADE;
RESET client_min_messages;
CREATE TABLE app.members (team_id int, user_id uuid, role text);
INSERT INTO app.members VALUES (3, '00000000-0000-4000-8000-00000000000a');
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
SELECT * FROM rls.memberships('app.members', '{team_id}', 'user_id', 'role') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- What was registered for tables that are gone goes with the next that is forgotten.
SELECT count(*) FROM rls.membership_registry;
SET LOCAL ROLE regress_owner;
SELECT rls.forget_memberships('app.posts', 'another set');
RESET ROLE;
SELECT count(*) FROM rls.membership_registry;
ROLLBACK TO before;
-- Another owner: refused, until he permits it.
ALTER TABLE app.members OWNER TO regress_other;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT "set", kind, what, found FROM rls.drift();
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', commands => '{select}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT regress_owner TO regress_other;
SET LOCAL ROLE regress_other;
SELECT kind, action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', 'role', commands => '{select}');
SET LOCAL ROLE authenticated;
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.posts;
ROLLBACK TO before;
-- Columns that are gone, renamed or of another type.
SET LOCAL ROLE regress_owner;
ALTER TABLE app.members RENAME COLUMN user_id TO person;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT "set", kind, what, found FROM rls.drift();
ROLLBACK TO before;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
SET LOCAL ROLE regress_owner;
ALTER TABLE app.members ALTER COLUMN team_id TYPE bigint;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_owner;
ALTER TABLE app.members ALTER COLUMN team_id TYPE jsonb USING to_jsonb(team_id);
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
-- Forged rows of the registry: another owner, another table.
UPDATE rls.membership_registry SET owner = 'regress_other';
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
UPDATE rls.membership_registry SET members = 'app.posts';
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
ALTER TABLE rls.membership_registry ADD COLUMN more int;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
-- A policy edited to ask for more than is registered.
SET LOCAL ROLE regress_owner;
ALTER POLICY posts_team_access_select ON app.posts USING (team_id IN (SELECT t FROM rls.memberships('app.members', '{team_id}', 'role', 'role') AS m(t int)));
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;

-- Code in the condition runs as the junction's owner, who cannot be left, with his rights and no more; its errors come as they are.
SET LOCAL ROLE regress_owner;
CREATE FUNCTION app.check_it(role text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE NOTICE 'as % by %, path %', current_user, session_user <> current_user, current_setting('search_path');
  IF role = 'viewer' THEN
    BEGIN
      SET LOCAL ROLE NONE;
    EXCEPTION WHEN OTHERS THEN RAISE EXCEPTION USING ERRCODE = 'XY123', MESSAGE = SQLERRM, DETAIL = SQLSTATE, CONSTRAINT = 'none';
    END;
  END IF;
  RETURN true;
END $$;
SELECT count(*) FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', active_when => 'app.check_it(role)', commands => '{select}');
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
\echo :LAST_ERROR_SQLSTATE
SELECT current_user;
SHOW search_path;
RESET ROLE;
ROLLBACK TO before;

-- The condition means what it meant to the owner, whatever the caller has set, and whatever he had.
SET LOCAL ROLE regress_owner;
ALTER TABLE app.members ADD COLUMN since date NOT NULL DEFAULT '2024-01-15';
SET LOCAL datestyle = 'SQL, DMY';
SELECT kind, action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', active_when => $$role !~ '\mview' AND since > '02/01/2024'$$, commands => '{select}');
RESET datestyle;
SELECT kind, action FROM rls.team_access('app.posts', 'team_id', 'app.members', 'team_id', 'user_id', active_when => $$role !~ '\mview' AND since > '2024-01-02'$$, commands => '{select}');
RESET ROLE;
SELECT active_when FROM rls.membership_registry;
SET LOCAL ROLE authenticated;
SET LOCAL standard_conforming_strings = off;
SET LOCAL datestyle = 'German, MDY';
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.posts;
ROLLBACK TO before;

-- A set of another table, registered by an owner from before, takes nothing from one that the owner of now has registered.
SET LOCAL ROLE regress_owner;
CREATE TABLE app.pages (id int PRIMARY KEY, team_id int);
INSERT INTO app.pages VALUES (1, 1), (3, 3);
GRANT SELECT ON app.pages TO authenticated;
RESET ROLE;
ALTER TABLE app.members OWNER TO regress_other;
ALTER TABLE app.pages OWNER TO regress_other;
SET LOCAL ROLE regress_other;
SELECT kind, action FROM rls.team_access('app.pages', 'team_id', 'app.members', 'team_id', 'user_id', 'role', commands => '{select}');
SET LOCAL ROLE authenticated;
SELECT string_agg(id::text, ',' ORDER BY id) AS seen FROM app.pages;
ROLLBACK TO before;

-- In a read-only transaction, and in parallel plans, it reads as elsewhere.
SET LOCAL ROLE regress_owner;
INSERT INTO app.posts SELECT n, n % 5 FROM generate_series(10, 20000) AS n;
SET LOCAL ROLE authenticated;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT count(*) FROM app.posts;
SELECT count(*) FROM app.posts AS one JOIN app.posts AS other USING (id);
\set ON_ERROR_ROLLBACK off
SET TRANSACTION READ ONLY;
SELECT count(*) FROM app.posts;
ROLLBACK;
