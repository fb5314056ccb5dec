-- rls.health(): whether all is well, in one call.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
\set tokens_include :abs_srcdir '/include/tokens.psql'
BEGIN;
\i :roles
\i :tokens_include
CREATE FUNCTION pg_temp.said(deep boolean DEFAULT false) RETURNS TABLE (status text, name text, said jsonb) LANGUAGE sql AS $$
  SELECT h ->> 'status', key, value FROM rls.health(deep) AS h, jsonb_each(h -> 'checks') WHERE key <> 'version' OR value ->> 'status' <> 'ok' ORDER BY key
$$;
-- All is well, and where there are no ledgers they are no check that fails.
SELECT * FROM pg_temp.said();
SELECT jsonb_object_keys(rls.health()) AS key ORDER BY 1;
SELECT (h ->> 'started_at')::timestamptz = pg_postmaster_start_time() AS started, (h ->> 'uptime')::numeric = floor((h ->> 'uptime')::numeric) AS whole,
       (h ->> 'uptime')::int BETWEEN 0 AND ceil(extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())) AS up
FROM rls.health() AS h;
SELECT v ->> 'status' AS status, v ->> 'extension' = v ->> 'library' AND v ->> 'library' = v ->> 'available' AS same
FROM (SELECT rls.health() -> 'checks' -> 'version' AS v) AS version;

-- The session's own wish to read only says nothing of the database; the database's does.
SET LOCAL default_transaction_read_only = on;
SELECT said FROM pg_temp.said() WHERE name = 'database';
RESET default_transaction_read_only;

-- Errors that nobody has accepted; a warning is none.
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon;
CREATE TABLE app.open (id int);
GRANT SELECT ON app.open TO anon;
SELECT * FROM pg_temp.said() WHERE name = 'audit';
SELECT key AS failed, value ->> 'reason' AS reason
FROM jsonb_each(rls.health() -> 'checks') WHERE value ->> 'status' = 'failed';
SELECT rls.suppress(fingerprint, 'a list of countries') FROM rls.audit(min_level => 'error') \g /dev/null
SELECT * FROM pg_temp.said() WHERE name = 'audit';
-- The audit cannot be asked: the check carries what was raised, and the others are there.
SAVEPOINT setting;
SET LOCAL rowguard.exposed_roles = 'regress_no_role';
SELECT * FROM pg_temp.said();
ROLLBACK TO setting;
-- More tables than are audited in passing.
SAVEPOINT many;
DO $$ BEGIN FOR n IN 1..2000 LOOP EXECUTE format('CREATE TABLE app.t%s ()', n); END LOOP; END $$;
SELECT * FROM pg_temp.said() WHERE name = 'audit';
SELECT said ->> 'status' AS status, said -> 'tables' AS tables FROM pg_temp.said(true) WHERE name = 'audit';
ROLLBACK TO many;

-- Objects of another version than the library: not updated, or not connected since.
SAVEPOINT version;
UPDATE pg_extension SET extversion = '0.0.0' WHERE extname = 'rowguard';
SELECT status, said - 'library' - 'available' AS said FROM pg_temp.said() WHERE name = 'version';
ROLLBACK TO version;

-- Verified mode that cannot work, and why; then it can.
SAVEPOINT mode;
SET LOCAL rowguard.identity_mode = 'verified';
SELECT status, said FROM pg_temp.said() WHERE name = 'identity';
SET LOCAL rowguard.jwks = :'jwks';
SELECT status, said FROM pg_temp.said() WHERE name = 'identity';
SET LOCAL rowguard.jwks_file = '/nowhere';
SELECT status, said FROM pg_temp.said() WHERE name = 'identity';
ROLLBACK TO mode;

-- Ledgers: their tables always, their rows on request.
\i :with_ledger
RESET ROLE;
SELECT * FROM pg_temp.said() WHERE name = 'ledgers';
SELECT * FROM pg_temp.said(true) WHERE name = 'ledgers';
SAVEPOINT rows;
ALTER TABLE main.accounts DISABLE TRIGGER USER;
UPDATE main.accounts SET balance = balance + 1 WHERE id = :a;
SELECT * FROM pg_temp.said() WHERE name = 'ledgers';
ALTER TABLE main.accounts ENABLE TRIGGER USER;
SELECT * FROM pg_temp.said() WHERE name = 'ledgers';
SELECT * FROM pg_temp.said(true) WHERE name = 'ledgers';
ROLLBACK TO rows;
-- A guard that is gone, or that stands before some commands only.
SAVEPOINT unguarded;
DROP TRIGGER rowguard_guard ON main.holds;
SELECT * FROM pg_temp.said() WHERE name = 'ledgers';
CREATE TRIGGER rowguard_guard BEFORE INSERT OR UPDATE OR DELETE ON main.holds EXECUTE FUNCTION atomic.guard_ledger();
SELECT status FROM pg_temp.said() WHERE name = 'ledgers';
SELECT atomic.detach_ledger('main'), atomic.create_ledger('main') \g /dev/null
SELECT status FROM pg_temp.said() WHERE name = 'ledgers';
ROLLBACK TO unguarded;
-- One that is broken does not hide the next.
SAVEPOINT gone;
SELECT atomic.create_ledger('second', 'second') \g /dev/null
DROP TABLE main.holds CASCADE;
SELECT * FROM pg_temp.said() WHERE name = 'ledgers';
ROLLBACK TO gone;
-- Nobody may act for its accounts' owners any more.
SAVEPOINT orphaned;
CREATE ROLE regress_gone;
SELECT rls.grant_to('regress_gone', 'migrate') \g /dev/null
CREATE SCHEMA orphan AUTHORIZATION regress_gone;
SET LOCAL ROLE regress_gone;
SELECT atomic.create_ledger('orphan') \g /dev/null
RESET ROLE;
REASSIGN OWNED BY regress_gone TO CURRENT_USER;
DROP OWNED BY regress_gone;
DROP ROLE regress_gone;
SELECT part FROM rls.health() AS h, jsonb_array_elements(h -> 'checks' -> 'ledgers' -> 'ledgers') AS part WHERE part ->> 'ledger' = 'orphan';
ROLLBACK TO orphaned;
-- Attached tables have no book to verify.
SAVEPOINT attached;
CREATE TABLE app.accounts (id uuid PRIMARY KEY, user_id uuid, balance numeric(19,4) NOT NULL);
CREATE TABLE app.transfers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), from_account_id uuid, to_account_id uuid, amount numeric(19,4) NOT NULL, created_at timestamptz DEFAULT now());
SELECT atomic.attach_ledger('old', 'app.accounts', 'app.transfers', '{"owner": "user_id", "transfer_from": "from_account_id", "transfer_to": "to_account_id"}') \g /dev/null
SELECT part FROM rls.health(true) AS h, jsonb_array_elements(h -> 'checks' -> 'ledgers' -> 'ledgers') AS part WHERE part ->> 'ledger' = 'old';
ROLLBACK TO attached;

-- For whoever is granted it: what he may not see is said, not guessed.
CREATE ROLE regress_ci;
SELECT rls.grant_to('regress_ci', 'ci');
SET LOCAL ROLE regress_ci;
SELECT rls.health() ->> 'status' AS status;
SELECT h ->> 'status' AS status, h -> 'checks' -> 'ledgers' AS ledgers FROM rls.health(true) AS h;
RESET ROLE;
SET LOCAL ROLE anon;
SELECT rls.health();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT rls.health(NULL);
\echo :LAST_ERROR_SQLSTATE

-- Under another search path, where names are somebody else's.
CREATE SCHEMA evil;
CREATE VIEW evil.pg_extension AS SELECT 'rowguard'::name AS extname, 'evil' AS extversion;
CREATE FUNCTION evil.floor(numeric) RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN RAISE 'reached'; END $$;
SET LOCAL search_path = evil, pg_catalog;
SELECT rls.health() ->> 'status' AS status;
RESET search_path;
-- Cancelled, it ends.
SAVEPOINT slow;
DO $$ BEGIN FOR n IN 1..200 LOOP EXECUTE format('CREATE TABLE app.t%s (id int)', n); END LOOP; END $$;
SET LOCAL statement_timeout = 1;
SELECT rls.health(true) \g /dev/null
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO slow;
ROLLBACK;
-- In a read-only transaction.
BEGIN READ ONLY;
SELECT h ->> 'status' AS status, h -> 'checks' -> 'database' AS database FROM rls.health(true) AS h;
ROLLBACK;
