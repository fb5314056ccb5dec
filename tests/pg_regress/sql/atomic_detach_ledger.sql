-- atomic.detach_ledger(): forgets a ledger; its tables stay as they are.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE ROLE regress_bank;
CREATE ROLE regress_other;
CREATE SCHEMA bank AUTHORIZATION regress_bank;
GRANT USAGE ON SCHEMA atomic TO regress_bank, regress_other;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA atomic TO regress_bank, regress_other;
SET LOCAL ROLE regress_bank;
CREATE TABLE bank.accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE bank.transactions (from_id uuid, to_id uuid, amount numeric);
INSERT INTO bank.accounts VALUES
  ('00000000-0000-4000-8000-000000000001', NULL, 10), ('00000000-0000-4000-8000-000000000002', NULL, 0);
SELECT atomic.attach_ledger('main', 'bank.accounts', 'bank.transactions');
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 3, 'k') AS answer \gset

SELECT atomic.detach_ledger(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.detach_ledger('nowhere');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE regress_other;
SELECT atomic.detach_ledger('main');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE regress_bank;
SELECT atomic.detach_ledger('main');
SELECT balance FROM bank.accounts ORDER BY id;
SELECT atomic.detach_ledger('main');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 3);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 3, ledger => 'main');
\echo :LAST_ERROR_SQLSTATE

-- Attached again, a late retry still gets its answer and pays nothing.
SELECT atomic.attach_ledger('main', 'bank.accounts', 'bank.transactions');
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 3, 'k')
  = :'answer'::jsonb || '{"replayed": true}' AS same_answer;
SELECT balance FROM bank.accounts ORDER BY id;

-- A namesake with other tables: nothing of the old one is used, prepared statements included.
CREATE TABLE bank.accounts2 (LIKE bank.accounts INCLUDING ALL);
INSERT INTO bank.accounts2 TABLE bank.accounts;
SELECT atomic.detach_ledger('main');
SELECT atomic.attach_ledger('main', 'bank.accounts2', 'bank.transactions');
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1) - 'transfer_id' AS answer;
SELECT a.balance, b.balance AS balance2 FROM bank.accounts a JOIN bank.accounts2 b USING (id) ORDER BY id;

-- Where the tables are gone, the operator detaches.
DROP TABLE bank.accounts2;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1);
\echo :LAST_ERROR_SQLSTATE
DROP TABLE bank.transactions;
RESET ROLE;
SET LOCAL ROLE regress_other;
SELECT atomic.detach_ledger('main');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE regress_bank;
SELECT atomic.detach_ledger('main');
RESET ROLE;
SELECT count(*) FROM atomic.ledgers;
ROLLBACK;
