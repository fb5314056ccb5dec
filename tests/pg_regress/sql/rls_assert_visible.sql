-- rls.assert_visible(): an identity sees rows, or so many.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set access :abs_srcdir '/include/access.psql'
BEGIN;
\i :roles
\i :access

-- Some row, so many, one that satisfies a predicate, so many that do.
SELECT rls.assert_visible(:'alice', 'app.notes');
SELECT rls.assert_visible(:'alice', 'app.notes', 3);
SELECT rls.assert_visible(:'alice', 'app.notes', 'id = 3');
SELECT rls.assert_visible(:'bob', 'app.notes', count => 2, predicate => 'id < 6');
SELECT rls.assert_visible(:'alice', 'app.notes', 0, 'id > 3');
SELECT rls.assert_visible(:'alice', 'app.notes', 'id IN (SELECT n.id FROM app.notes n WHERE n.body = notes.body) AND owner_id = auth.uid() -- her own');

-- Single rules, one after the other; what they return is not looked at.
\o /dev/null
SELECT rls.assert_visible(:'alice', 'app.notes', 3);
SELECT rls.assert_hidden(:'alice', 'app.notes', 'owner_id <> auth.uid()');
SELECT rls.assert_denied(:'alice', 'UPDATE app.notes SET owner_id = ''00000000-0000-4000-8000-00000000000b''');
\o

-- It fails where the identity sees none, too few or too many, and says what it sees.
SELECT rls.assert_visible(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
GRANT SELECT ON app.notes TO anon;
SELECT rls.assert_visible(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'id = 4');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 4);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'bob', 'app.notes', 6, 'id <> 5');
\echo :LAST_ERROR_SQLSTATE
DROP POLICY own ON app.notes;
SELECT rls.assert_visible(:'alice', 'app.notes', 3);
\echo :LAST_ERROR_SQLSTATE
CREATE POLICY own ON app.notes TO authenticated USING (owner_id = auth.uid());

-- Views, materialized views, partitions; rows without a key are told by their place, those of a view not at all.
CREATE VIEW app.peek AS SELECT * FROM app.notes;
CREATE MATERIALIZED VIEW app.digest AS SELECT id FROM app.notes WHERE id < 3;
CREATE TABLE app.parts (id int, at int) PARTITION BY LIST (id);
CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES IN (1);
CREATE TABLE app.parts_2 PARTITION OF app.parts FOR VALUES IN (2);
INSERT INTO app.parts VALUES (1, 1), (2, 1), (2, 2);
GRANT SELECT ON app.peek, app.digest, app.parts TO anon;
SELECT rls.assert_visible(:'stranger', 'app.peek', 1);
SELECT rls.assert_visible(:'stranger', 'app.digest', 1);
SELECT rls.assert_visible(:'stranger', 'app.parts', 3);
SELECT rls.assert_visible(:'stranger', 'app.parts', 1, 'at = 1');
-- Odd names, and a key of two columns, of which one may not be read.
CREATE TABLE app."Odd ""table" ("left" text, "b c" text, PRIMARY KEY ("b c", "left"));
INSERT INTO app."Odd ""table" VALUES ('x', 'y'), (repeat('long', 50), 'z');
GRANT SELECT ON app."Odd ""table" TO anon;
SELECT rls.assert_visible(:'stranger', 'app."Odd ""table"', 1);
REVOKE SELECT ON app."Odd ""table" FROM anon;
GRANT SELECT ("left") ON app."Odd ""table" TO anon;
SELECT rls.assert_visible(:'stranger', 'app."Odd ""table"', 1);
CREATE ROLE "regress Odd ""role";
GRANT USAGE ON SCHEMA app TO "regress Odd ""role";
SELECT rls.assert_visible('{"role": "regress Odd \"role"}', 'app."Odd ""table"');

-- The predicate is an expression, and nothing else.
SELECT rls.assert_visible(:'alice', 'app.notes', 'true); DROP TABLE app.notes; --');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'true; DROP TABLE app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'true FROM app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'true UNION SELECT true');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'true AS x');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'id = 1, id = 2');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'true INTO t');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', '');
\echo :LAST_ERROR_SQLSTATE
-- It is evaluated as the role: what the role may not read, or write, fails, whoever asks.
SELECT rls.assert_visible(:'alice', 'app.notes', 'secret = ''s''');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE app.loot (who name);
GRANT INSERT ON app.loot TO PUBLIC;
CREATE FUNCTION app.writes() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.loot VALUES (current_user); RETURN true; END $$;
SELECT rls.assert_visible(:'alice', 'app.notes', 'app.writes()');
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION app.climbs() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; RETURN true; END $$;
SELECT rls.assert_visible(:'alice', 'app.notes', 'app.climbs()');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'current_user = ''authenticated'' AND session_user <> ''authenticated''');
SELECT rls.assert_visible(:'alice', 'app.notes', 'no_column');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', 'id');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', '1 / (id - 1) > 0');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS loot FROM app.loot;
-- Row security that the session has turned off filters all the same.
SET LOCAL row_security = off;
SELECT rls.assert_visible(:'alice', 'app.notes', 3);
SET LOCAL row_security = on;

-- Wrong arguments.
SELECT rls.assert_visible(NULL, 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes', NULL::bigint);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible('{"claims": {}}', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible('{"rol": "anon"}', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible('"anon"', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible('{"role": "regress_no_role"}', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 1::regclass);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'alice', 'app.notes_pkey');
\echo :LAST_ERROR_SQLSTATE

-- As an ordinary owner, whom row security binds or not: as roles that he may become.
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT authenticated TO regress_owner;
GRANT USAGE ON SCHEMA app TO regress_owner;
ALTER TABLE app.notes OWNER TO regress_owner;
ALTER TABLE app.notes FORCE ROW LEVEL SECURITY;
SET LOCAL ROLE regress_owner;
SELECT rls.assert_visible(:'alice', 'app.notes', 3);
SELECT rls.assert_visible(:'alice', 'app.notes', 4);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_visible(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT current_user = 'regress_owner' AS still_me, COALESCE(current_setting('request.jwt.claims', true), '') AS claims;
RESET ROLE;
SET LOCAL ROLE anon;
SELECT rls.assert_visible(:'stranger', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- In verified mode claims that no token proves count for the trial alone, and for superusers.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT rls.assert_visible(:'alice', 'app.notes', 3);
SELECT rls.assert_visible(:'alice', 'app.notes', 4);
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.uid();
SET LOCAL ROLE regress_owner;
SELECT rls.assert_visible(:'alice', 'app.notes', 3);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- A cancelled query ends the assertion, and the trial with it: also for whoever catches it.
CREATE FUNCTION app.sleeps() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN true; END $$;
CREATE POLICY sleeps ON app.notes AS RESTRICTIVE USING (app.sleeps());
SET LOCAL statement_timeout = 200;
SELECT rls.assert_visible(:'alice', 'app.notes');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.uid(), current_user = session_user AS still_me, current_setting('transaction_read_only') AS read_only;
DO $$
BEGIN
  PERFORM rls.access_matrix('{"a": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}}', tables => '{app.notes}');
EXCEPTION WHEN query_canceled THEN
  INSERT INTO app.loot VALUES (COALESCE(auth.uid()::text, 'nobody'));
  RAISE NOTICE 'cancelled as %: %', current_user, SQLERRM;
END $$;
SELECT who AS believed, auth.uid() FROM app.loot;
ROLLBACK;
