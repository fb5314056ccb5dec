-- atomic.create_ledger(): makes the tables of a ledger.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE ROLE regress_bank;
CREATE ROLE regress_stranger;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_bank;
SELECT rls.grant_to('regress_bank', 'migrate');
SELECT rls.grant_to('regress_bank', 'app');
SELECT rls.grant_to('regress_stranger', 'migrate');

-- Whoever may not make a schema makes no ledger; a name is needed.
SET LOCAL ROLE regress_stranger;
\set VERBOSITY sqlstate
SELECT atomic.create_ledger('main');
\set VERBOSITY default
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.create_ledger(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.create_ledger('');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.create_ledger(repeat('x', 64));
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- Made in a schema of the ledger's name, owned by the caller.
SET LOCAL ROLE regress_bank;
SELECT atomic.create_ledger('main');
SELECT ledger, accounts, transfers, entries, holds, operator FROM atomic.ledgers;
SELECT c.relname, c.relowner::regrole AS owner, c.relrowsecurity
FROM pg_class c WHERE c.relnamespace = 'main'::regnamespace AND c.relkind = 'r' ORDER BY 1;
SELECT a.attrelid::regclass AS "table", string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
WHERE c.relnamespace = 'main'::regnamespace AND a.attnum > 0 GROUP BY 1 ORDER BY 1;
SELECT policyname, roles, cmd FROM pg_policies WHERE schemaname = 'main' ORDER BY 1;
SELECT atomic.create_ledger('main');
\echo :LAST_ERROR_SQLSTATE

-- An owner sees his own accounts, transfers, entries and holds, and nobody else's.
\set cash '''00000000-0000-4000-8000-00000000000c'''
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000c1', min_balance => NULL, id => :cash);
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', id => :a);
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000b1', id => :b);
SELECT atomic.transfer_funds(:cash, :a, 10) ->> 'new_balance' AS cash;
SELECT atomic.transfer_funds(:cash, :b, 20) ->> 'new_balance' AS cash;
SELECT atomic.transfer_funds(:a, :b, 1) ->> 'new_balance' AS a;
SELECT atomic.hold_funds(:cash, :b, 2) ->> 'available_balance' AS cash;
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT count(*) FROM main.accounts;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-0000000000a1"}';
SELECT id, balance FROM main.accounts;
SELECT from_id, to_id, amount FROM main.transfers ORDER BY id;
SELECT account_id, amount, balance_after, account_version FROM main.entries ORDER BY id;
SELECT count(*) FROM main.holds;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-0000000000b1"}';
SELECT to_id, amount, status FROM main.holds;
UPDATE main.accounts SET balance = 1000;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT level, rule, object_name FROM rls.audit(schemas => '{main}', min_level => 'warning');

-- Into a schema that exists; tables that exist are no ledger unless all four are there.
CREATE SCHEMA "Odd ""schema";
GRANT CREATE, USAGE ON SCHEMA "Odd ""schema" TO regress_bank;
SET LOCAL ROLE regress_bank;
SELECT atomic.create_ledger('Odd', 'Odd "schema');
SELECT accounts FROM atomic.ledgers WHERE ledger = 'Odd';
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', ledger => 'Odd') IS NOT NULL AS opened;
CREATE SCHEMA half;
CREATE TABLE half.entries (id int);
SELECT atomic.create_ledger('half');
\echo :LAST_ERROR_SQLSTATE
SELECT to_regclass('half.accounts') IS NULL AS undone;

-- Tables are of one ledger: by another name a retry would not find its key.
SELECT atomic.create_ledger('second', 'main');
\echo :LAST_ERROR_SQLSTATE

-- Tables left by a ledger that was detached are taken as they are, by their owner alone.
SELECT atomic.detach_ledger('main');
RESET ROLE;
GRANT USAGE, CREATE ON SCHEMA main TO regress_stranger;
SET LOCAL ROLE regress_stranger;
SELECT atomic.create_ledger('theirs', 'main');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE regress_bank;
DROP TRIGGER rowguard_guard ON main.entries;
SELECT atomic.create_ledger('again', 'main');
SELECT atomic.balance(:b, ledger => 'again');
DELETE FROM main.entries;
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger('again');

-- The extension cannot go without the guards, and takes no money along.
RESET ROLE;
\set VERBOSITY terse
DROP EXTENSION rowguard;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL client_min_messages = warning;
DROP EXTENSION rowguard CASCADE;
SELECT id, balance FROM main.accounts ORDER BY id;
SELECT count(*) FROM main.entries;
CREATE EXTENSION rowguard;
SELECT atomic.create_ledger('main');
SELECT atomic.transfer_funds(:b, :a, 1) ->> 'new_balance' AS b;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
ROLLBACK;

-- Without role authenticated the policies are for whoever is granted SELECT.
BEGIN;
\set ON_ERROR_ROLLBACK off
SELECT atomic.create_ledger('main');
SELECT policyname, roles = ARRAY[CASE WHEN to_regrole('authenticated') IS NULL THEN 'public' ELSE 'authenticated' END::name] AS expected
FROM pg_policies WHERE schemaname = 'main' ORDER BY 1;
ROLLBACK;

-- Nothing is written in a read-only transaction.
BEGIN READ ONLY;
SELECT atomic.create_ledger('late');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
