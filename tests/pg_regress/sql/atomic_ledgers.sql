-- atomic.ledgers: the registered ledgers.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE ROLE regress_bank;
CREATE SCHEMA bank;
CREATE TABLE bank.accounts (id uuid PRIMARY KEY, owner_id uuid, cents bigint);
CREATE TABLE bank.transactions (from_id uuid, to_id uuid, amount bigint);
SELECT count(*) FROM atomic.ledgers;
SELECT atomic.attach_ledger('main', 'bank.accounts', 'bank.transactions', '{"balance": "cents"}', 'bank');
SELECT ledger, accounts, transfers, operator::oid = current_user::regrole AS operator_is_caller, mapping, trigger_path FROM atomic.ledgers;

-- Names follow the tables.
ALTER TABLE bank.accounts RENAME TO "Accounts";
ALTER SCHEMA bank RENAME TO money;
SELECT accounts, transfers FROM atomic.ledgers;

-- pg_dump takes the private tables along, and finds them empty in a fresh database.
SELECT c.oid::regclass, e.extcondition[n] AS condition
FROM pg_extension e, unnest(e.extconfig) WITH ORDINALITY AS c (oid, n)
WHERE e.extname = 'rowguard' AND c.oid::regclass::text LIKE 'atomic.%' ORDER BY 1;

-- Nobody reads it without a grant, and nobody writes it.
SET LOCAL ROLE regress_bank;
TABLE atomic.ledgers;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT USAGE ON SCHEMA atomic TO regress_bank;
GRANT SELECT ON atomic.ledgers TO regress_bank;
SET LOCAL ROLE regress_bank;
SELECT ledger FROM atomic.ledgers;
DELETE FROM atomic.ledgers;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
