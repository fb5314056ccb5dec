-- rls.assert_denied(): a statement is refused to an identity.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set access :abs_srcdir '/include/access.psql'
BEGIN;
\i :roles
\i :access

-- A privilege, a policy's check, a trigger's own SQLSTATE, a constraint.
SELECT rls.assert_denied(:'stranger', 'SELECT * FROM app.notes');
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes (id, owner_id) VALUES (20, ''00000000-0000-4000-8000-00000000000b'')');
SELECT rls.assert_denied(:'alice', 'UPDATE app.notes SET owner_id = ''00000000-0000-4000-8000-00000000000b''');
SELECT rls.assert_denied(:'alice', 'TRUNCATE app.notes');
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes VALUES (1)', '23505');
CREATE FUNCTION app.refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'pay first' USING ERRCODE = 'PT402'; END $$;
CREATE TRIGGER refuses BEFORE DELETE ON app.notes FOR EACH ROW EXECUTE FUNCTION app.refuses();
SELECT rls.assert_denied(:'alice', 'DELETE FROM app.notes', sqlstate => 'PT402');
SELECT rls.assert_denied(:'alice', 'SELECT 1; SELECT secret FROM app.notes');

-- It fails where the statement runs, undoes what it did, and says how many rows it was.
CREATE SEQUENCE app.counter;
GRANT USAGE ON SEQUENCE app.counter TO authenticated;
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes (id) VALUES (20), (nextval(''app.counter'') + 20)');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'UPDATE app.notes SET body = NULL WHERE id = 1');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'bob', 'UPDATE app.notes SET body = NULL WHERE id = 1');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'stranger', '');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELECT id FROM app.notes; SELECT generate_series(1, 100000)');
\echo :LAST_ERROR_SQLSTATE
-- All is undone but the sequence, which goes on.
SELECT count(*), count(body) AS bodies, (SELECT is_called FROM app.counter) AS counted FROM app.notes;

-- It fails where something else is raised.
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes VALUES (1)');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELECT * FROM app.nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELEC');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'stranger', 'SELECT * FROM app.notes', '23505');
\echo :LAST_ERROR_SQLSTATE
-- What only the trial refuses is not denied to the role.
SELECT rls.assert_denied(:'alice', 'CREATE TEMP TABLE mine (id int)');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SET ROLE authenticated');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'RESET ROLE');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'RESET SESSION AUTHORIZATION');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'PREPARE later AS SELECT 1');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'LISTEN mine');
\echo :LAST_ERROR_SQLSTATE
-- Nor is a lock of the session, which nothing would give back.
SELECT pg_advisory_lock(1);
SELECT rls.assert_denied(:'alice', 'SELECT pg_advisory_lock(2)');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELECT pg_advisory_unlock_all()', '0A000');
SELECT rls.assert_denied(:'alice', 'SELECT pg_advisory_xact_lock(3)');
\echo :LAST_ERROR_SQLSTATE
SELECT objid AS locked, pg_advisory_unlock(1) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
CREATE TABLE app.parents (id int PRIMARY KEY);
CREATE TABLE app.children (id int REFERENCES app.parents DEFERRABLE INITIALLY DEFERRED);
GRANT INSERT ON app.children TO authenticated;
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.children VALUES (1)', '23503');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO app.children VALUES (1)', '23503');
-- Nothing of it stays in the session.
SELECT rls.assert_denied(:'alice', 'SET search_path = app; SELECT set_config(''request.jwt.claims'', ''{"sub": "x"}'', false)');
SHOW search_path;
SELECT current_setting('request.jwt.claims', true) AS claims, current_user = session_user AS still_me, (SELECT count(*) FROM pg_prepared_statements) AS prepared;

-- Row security that the session has turned off is no reason.
SET LOCAL row_security = off;
SELECT rls.assert_denied(:'alice', 'SELECT id FROM app.notes');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL row_security = on;

-- A statement that cannot be run inside another.
SELECT rls.assert_denied(:'alice', 'COMMIT');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'COPY app.parents FROM STDIN');
\echo :LAST_ERROR_SQLSTATE
CREATE PROCEDURE app.commits() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;
SELECT rls.assert_denied(:'alice', 'CALL app.commits()');
\echo :LAST_ERROR_SQLSTATE

-- Wrong arguments.
SELECT rls.assert_denied(NULL, 'SELECT 1');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELECT 1', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELECT 1', '4250');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELECT 1', '4250é');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'SELECT 1', '57014');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied('{}', 'SELECT 1');
\echo :LAST_ERROR_SQLSTATE

-- What nobody may catch ends the assertion as it is: a failure to serialize, a lock timeout, a cancelled query.
SELECT rls.assert_denied(:'alice', 'DO $$ BEGIN RAISE SQLSTATE ''40001''; END $$', '40002');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'DO $$ BEGIN RAISE SQLSTATE ''40P01''; END $$', '40002');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'DO $$ BEGIN RAISE SQLSTATE ''55P03''; END $$', '40002');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL statement_timeout = 200;
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes (id) VALUES (20); SELECT pg_sleep(60)');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL statement_timeout = 0;
SELECT count(*), current_user = session_user AS still_me FROM app.notes;

-- As an ordinary owner: his own rights are not those of the role.
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT authenticated TO regress_owner;
GRANT USAGE ON SCHEMA app TO regress_owner;
ALTER TABLE app.notes OWNER TO regress_owner;
SET LOCAL ROLE regress_owner;
SELECT rls.assert_denied(:'alice', 'DROP TABLE app.notes');
SELECT rls.assert_denied(:'alice', 'SELECT secret FROM app.notes');
SELECT rls.assert_denied(:'alice', 'SELECT id FROM app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'stranger', 'SELECT secret FROM app.notes');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT rls.assert_denied(:'stranger', 'SELECT secret FROM app.notes');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- In verified mode.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes (id) VALUES (20)');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes (id, owner_id) VALUES (20, ''00000000-0000-4000-8000-00000000000b'')');
SET LOCAL ROLE regress_owner;
SELECT rls.assert_denied(:'alice', 'SELECT secret FROM app.notes');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- In a transaction that only reads another error comes first, and is said.
\set ON_ERROR_ROLLBACK off
SET TRANSACTION READ ONLY;
SELECT rls.assert_denied(:'alice', 'INSERT INTO app.notes (id, owner_id) VALUES (20, ''00000000-0000-4000-8000-00000000000b'')');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
