-- rls.register_memberships(): the owner of a junction lets policies read it, with these columns and no others.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
GRANT USAGE, CREATE ON SCHEMA app TO regress_owner, regress_other;
SELECT rls.grant_to('regress_owner', 'migrate'), rls.grant_to('regress_other', 'migrate') \g /dev/null
SET LOCAL ROLE regress_owner;
CREATE TABLE app.members (team_id int, user_id uuid, role text, left_at timestamptz);
CREATE TABLE app.nodes (id int, parent_id int);
CREATE TABLE app.posts (team_id int);
RESET ROLE;
CREATE VIEW pg_temp.registered AS
  SELECT members, tbl, name, number, template, owner, member_columns, user_column, role_column, active_when, tree, tree_id_column, tree_parent_column, max_depth
  FROM rls.membership_registry ORDER BY tbl, name, number;
GRANT SELECT ON pg_temp.registered TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT rls.register_memberships('app.posts', 'mine', 'custom', 'app.members', '{team_id}', 'user_id', 'role', 'left_at is null');
-- Registered once, with the condition as the server prints it.
SELECT rls.register_memberships('app.posts', 'mine', 'custom', 'app.members', '{team_id}', 'user_id', 'role', 'left_at IS NULL -- still there');
SELECT rls.register_memberships('app.posts', 'mine', 'custom', 'app.members', '{team_id}', 'user_id', tree => 'app.nodes', tree_id_column => 'id', tree_parent_column => 'parent_id', max_depth => 3);
SELECT rls.register_memberships('app.posts', 'other', 'custom', 'app.members', '{team_id}', 'user_id');
\x on
SELECT * FROM pg_temp.registered;
\x off
SELECT "table", "set", template, kind, object, by FROM rls.managed;
-- What closes a parenthesis is kept as one expression.
SELECT rls.register_memberships('app.posts', 'odd', 'custom', 'app.members', '{team_id}', 'user_id', active_when => 'false) OR (true');
SELECT active_when FROM pg_temp.registered WHERE name = 'odd';
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a"}', true) IS NOT NULL AS a;
INSERT INTO app.members VALUES (1, '00000000-0000-4000-8000-00000000000b');
SELECT count(*) FROM rls.memberships('app.members', '{team_id}', 'user_id', active_when => '(false OR true)') AS m(team int);
SELECT count(*) FROM rls.memberships('app.members', '{team_id}', 'user_id', active_when => 'false) OR (true') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
-- Refusals.
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{nothing}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{left_at}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{team_id}', 'user_id', active_when => 'true; DELETE FROM app.members');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{team_id}', 'user_id', tree => 'app.nodes', tree_id_column => 'id', tree_parent_column => 'parent_id', max_depth => 1001);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{team_id,user_id}', 'user_id', tree => 'app.nodes', tree_id_column => 'id', tree_parent_column => 'parent_id', max_depth => 1);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{user_id}', 'user_id', tree => 'app.nodes', tree_id_column => 'id', tree_parent_column => 'parent_id', max_depth => 1);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{team_id}', 'user_id', tree => 'app.nodes', tree_id_column => 'id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships(NULL, 'x', 'custom', 'app.members', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', NULL, 'custom', 'app.members', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', NULL, 'app.members', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', NULL, '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{NULL}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{team_id}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships(0, 'x', 'custom', 'app.members', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
-- Somebody else's junction, protected table, or tree.
SET LOCAL ROLE regress_other;
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE app.theirs (team_id int, user_id uuid);
SELECT rls.register_memberships('app.theirs', 'x', 'custom', 'app.members', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.theirs', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.register_memberships('app.theirs', 'x', 'custom', 'app.theirs', '{team_id}', 'user_id', tree => 'app.nodes', tree_id_column => 'id', tree_parent_column => 'parent_id', max_depth => 1);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT regress_owner TO regress_other;
SET LOCAL ROLE regress_other;
SELECT rls.register_memberships('app.theirs', 'x', 'custom', 'app.theirs', '{team_id}', 'user_id', tree => 'app.nodes', tree_id_column => 'id', tree_parent_column => 'parent_id', max_depth => 1);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT rls.register_memberships(0, 'x', 'custom', 0, '{}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
\set ON_ERROR_ROLLBACK off
SET TRANSACTION READ ONLY;
SELECT rls.register_memberships('app.posts', 'x', 'custom', 'app.members', '{team_id}', 'user_id');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
