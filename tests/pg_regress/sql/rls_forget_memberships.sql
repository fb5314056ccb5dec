-- rls.forget_memberships(): takes back what was registered for a set of policies.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_other;
GRANT USAGE, CREATE ON SCHEMA app TO regress_owner;
SELECT rls.grant_to('regress_owner', 'migrate'), rls.grant_to('regress_other', 'migrate') \g /dev/null
SET LOCAL ROLE regress_owner;
CREATE TABLE app.members (team_id int, user_id uuid);
CREATE TABLE app.posts (team_id int);
SELECT rls.register_memberships('app.posts', 'one', 'custom', 'app.members', '{team_id}', 'user_id') \g /dev/null
SELECT rls.register_memberships('app.posts', 'two', 'custom', 'app.members', '{team_id}', 'user_id') \g /dev/null
SELECT rls.forget_memberships('app.posts', 'one');
SELECT "set", kind, object FROM rls.managed;
-- Another set still may; forgotten for all, nobody.
SELECT count(*) FROM rls.memberships('app.members', '{team_id}', 'user_id') AS m(team int);
SELECT rls.forget_memberships('app.posts', 'two');
SELECT rls.forget_memberships('app.posts', 'two');
SELECT count(*) FROM rls.memberships('app.members', '{team_id}', 'user_id') AS m(team int);
\echo :LAST_ERROR_SQLSTATE
-- Refusals.
SELECT rls.forget_memberships(NULL, 'one');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.forget_memberships('app.posts', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.forget_memberships(0, 'one');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.forget_memberships('pg_catalog.pg_class', 'one');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT format('%s', 'app.posts'::regclass::oid) AS posts \gset
SET LOCAL ROLE regress_other;
SELECT rls.forget_memberships(:posts, 'one');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
\set ON_ERROR_ROLLBACK off
SET TRANSACTION READ ONLY;
SELECT rls.forget_memberships('app.posts', 'one');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
