-- rls.enable(): row security on, and without policies nothing is let through.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
GRANT USAGE ON SCHEMA app TO authenticated, regress_owner;
CREATE TABLE app.posts (id int);
ALTER TABLE app.posts OWNER TO regress_owner;
GRANT SELECT, INSERT ON app.posts TO authenticated;
INSERT INTO app.posts VALUES (1);
SELECT * FROM rls.enable('app.posts', dry_run => true);
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'app.posts'::regclass;
SELECT * FROM rls.enable('app.posts');
SELECT * FROM rls.enable('app.posts');
-- Closed for others, open for its owner, until that is bound, too.
SET LOCAL ROLE authenticated;
SELECT count(*) FROM app.posts;
INSERT INTO app.posts VALUES (2);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_owner;
SELECT count(*) FROM app.posts;
RESET ROLE;
SELECT * FROM rls.enable('app.posts', force => true);
SELECT * FROM rls.enable('app.posts', true);
SET LOCAL ROLE regress_owner;
SELECT count(*) FROM app.posts;
RESET ROLE;
-- It never opens what was closed, or frees an owner that was bound.
SELECT * FROM rls.enable('app.posts', force => false);
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'app.posts'::regclass;
-- For another server all is to be done.
SELECT * FROM rls.enable('app.posts', true, dry_run => true, standalone => true);
SELECT * FROM rls.enable('app.posts', standalone => true);
\echo :LAST_ERROR_SQLSTATE
-- Partitioned tables: each table is its own; refusals.
CREATE TABLE app.parts (id int) PARTITION BY LIST (id);
CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES IN (1);
SELECT object, action FROM rls.enable('app.parts');
CREATE VIEW app.view AS SELECT 1 AS id;
CREATE TEMP TABLE temporary (id int);
SELECT * FROM rls.enable('app.view');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable('temporary');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable('pg_catalog.pg_class');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable('app.nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.enable('app.posts', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('regress_owner', 'migrate');
SET LOCAL ROLE regress_owner;
SELECT action FROM rls.enable('app.posts');
SELECT * FROM rls.enable('app.parts');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT * FROM rls.enable('app.posts');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
