-- rls.assert_isolated(): no row reaches two identities.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set access :abs_srcdir '/include/access.psql'
BEGIN;
\i :roles
\i :access
SELECT rls.assert_isolated('app.notes', :'alice', :'bob');
-- A reader who may read everything reaches what is hers, too.
GRANT SELECT ON app.notes TO anon;
CREATE POLICY reads ON app.notes FOR SELECT TO anon USING (id > 1);
SELECT rls.assert_isolated('app.notes', :'alice', :'stranger');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_isolated('app.notes', identity_a => :'stranger', identity_b => :'bob');
\echo :LAST_ERROR_SQLSTATE
-- Rows are shared in any combination of commands: whoever cannot see a row may delete it blindly.
DROP POLICY reads ON app.notes;
REVOKE SELECT ON app.notes FROM anon;
GRANT DELETE ON app.notes TO anon;
CREATE POLICY deletes ON app.notes FOR DELETE TO anon USING (id = 2);
SELECT rls.assert_isolated('app.notes', :'stranger', :'alice');
\echo :LAST_ERROR_SQLSTATE
-- No row is named that neither may read: by its place then.
REVOKE SELECT ON app.notes FROM authenticated;
REVOKE SELECT (id, owner_id, body) ON app.notes FROM authenticated;
SELECT rls.assert_isolated('app.notes', :'stranger', :'alice');
\echo :LAST_ERROR_SQLSTATE
-- Whoever reaches nothing is kept apart from everybody, which proves nothing.
DROP POLICY deletes ON app.notes;
SELECT rls.assert_isolated('app.notes', :'stranger', :'alice');
REVOKE DELETE ON app.notes FROM anon;
SELECT rls.assert_isolated('app.notes', :'stranger', :'stranger');

-- Partitions, keys of two columns, odd names, many rows over many blocks; a row that is moved is the same row.
CREATE TABLE app."Ev ""ents" (tenant int, "n o" int, who uuid, filler text, PRIMARY KEY (tenant, "n o")) PARTITION BY LIST (tenant);
CREATE TABLE app.events_1 PARTITION OF app."Ev ""ents" FOR VALUES IN (1);
CREATE TABLE app.events_2 PARTITION OF app."Ev ""ents" FOR VALUES IN (2);
INSERT INTO app."Ev ""ents" SELECT 1 + n % 2, n, format('00000000-0000-4000-8000-00000000000%s', substr('ab', 1 + n % 2, 1))::uuid, repeat('x', 200)
FROM generate_series(1, 5000) n;
UPDATE app."Ev ""ents" SET filler = 'y' WHERE "n o" % 3 = 0;
ALTER TABLE app."Ev ""ents" ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON app."Ev ""ents" TO authenticated;
CREATE POLICY own ON app."Ev ""ents" USING (who = auth.uid());
SELECT rls.assert_isolated('app."Ev ""ents"', :'alice', :'bob');
CREATE POLICY leaks ON app."Ev ""ents" FOR SELECT USING ("n o" < 3);
SELECT rls.assert_isolated('app."Ev ""ents"', :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE app.keyless (id int);
INSERT INTO app.keyless VALUES (1);
GRANT SELECT ON app.keyless TO PUBLIC;
SELECT rls.assert_isolated('app.keyless', :'alice', :'stranger');
\echo :LAST_ERROR_SQLSTATE

-- What raises, or is rewritten by a rule, is no answer.
CREATE POLICY loops ON app.keyless FOR SELECT USING (EXISTS (SELECT FROM app.keyless k WHERE k.id = keyless.id));
ALTER TABLE app.keyless ENABLE ROW LEVEL SECURITY;
SELECT rls.assert_isolated('app.keyless', :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE
DROP POLICY loops ON app.keyless;
GRANT DELETE ON app.keyless TO authenticated;
CREATE RULE elsewhere AS ON DELETE TO app.keyless DO INSTEAD NOTHING;
SELECT rls.assert_isolated('app.keyless', :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE

-- Wrong arguments.
SELECT rls.assert_isolated(NULL, :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_isolated('app.notes', NULL, :'bob');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_isolated('app.notes', :'alice', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_isolated('app.notes', :'alice', '{"claims": {}}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_isolated('app.notes', '[]', :'bob');
\echo :LAST_ERROR_SQLSTATE
CREATE VIEW app.peek AS SELECT 1;
SELECT rls.assert_isolated('app.peek', :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_isolated(1, :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE

-- As an ordinary owner.
CREATE ROLE regress_owner;
SELECT rls.grant_to('regress_owner', 'ci');
GRANT USAGE ON SCHEMA app TO regress_owner;
GRANT authenticated TO regress_owner;
ALTER TABLE app.notes OWNER TO regress_owner;
ALTER TABLE app.notes FORCE ROW LEVEL SECURITY;
SET LOCAL ROLE regress_owner;
SELECT rls.assert_isolated('app.notes', :'alice', :'bob');
SELECT rls.assert_isolated('app.notes', :'alice', :'alice');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.assert_isolated('app.notes', :'alice', :'stranger');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT rls.assert_isolated('app.notes', :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- In verified mode nobody looks alone who is not.
SET LOCAL rowguard.identity_mode = 'verified';
SELECT rls.assert_isolated('app.notes', :'alice', :'bob');
SELECT rls.assert_isolated('app.notes', :'alice', :'alice');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_owner;
SELECT rls.assert_isolated('app.notes', :'alice', :'bob');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
