-- atomic.attach_ledger(): makes a ledger of tables that exist.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE ROLE regress_bank;
CREATE ROLE regress_other;
CREATE SCHEMA bank AUTHORIZATION regress_bank;
GRANT USAGE ON SCHEMA atomic, bank TO regress_bank, regress_other;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA atomic TO regress_bank, regress_other;
GRANT SELECT ON atomic.ledgers TO regress_bank;
SET LOCAL ROLE regress_bank;
CREATE TABLE bank.accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE bank.transactions (from_id uuid, to_id uuid, amount numeric);

-- The owner attaches, and becomes the operator.
SELECT atomic.attach_ledger('main', 'bank.accounts', 'bank.transactions');
TABLE atomic.ledgers;
SELECT atomic.attach_ledger('main', 'bank.accounts', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE

-- A failed call leaves nothing behind.
SELECT atomic.attach_ledger('second', 'bank.accounts', 'bank.transactions', '{"balance": "nowhere"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ledger FROM atomic.ledgers;

-- Only a member of the tables' owner may; a superuser is one of everybody.
RESET ROLE;
SET LOCAL ROLE regress_other;
SELECT atomic.attach_ledger('stolen', 'bank.accounts', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT regress_bank TO regress_other;
SET LOCAL ROLE regress_other;
SELECT atomic.attach_ledger('member', 'bank.accounts', 'bank.transactions');
RESET ROLE;
SELECT ledger, accounts, transfers, operator FROM atomic.ledgers ORDER BY ledger;
REVOKE regress_bank FROM regress_other;

-- No privilege, no call.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA atomic FROM regress_other;
SET LOCAL ROLE regress_other;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
TABLE atomic.ledgers;
\echo :LAST_ERROR_SQLSTATE
TABLE atomic.ledger_registry;
\echo :LAST_ERROR_SQLSTATE
TABLE atomic.operation_keys;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE regress_bank;
TABLE atomic.ledger_registry;
\echo :LAST_ERROR_SQLSTATE

-- NULL where a value is needed.
SELECT atomic.attach_ledger(NULL, 'bank.accounts', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', NULL, 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('', 'bank.accounts', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE

-- What is no lasting table of a user.
SELECT atomic.attach_ledger('x', 'bank.nowhere', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 4294967295::oid, 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
CREATE VIEW bank.account_view AS TABLE bank.accounts;
SELECT atomic.attach_ledger('x', 'bank.account_view', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts_pkey', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
CREATE SEQUENCE bank.numbers;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.numbers');
\echo :LAST_ERROR_SQLSTATE
CREATE MATERIALIZED VIEW bank.account_copy AS TABLE bank.accounts;
SELECT atomic.attach_ledger('x', 'bank.account_copy', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE TEMPORARY TABLE passing (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
\set VERBOSITY sqlstate
SELECT atomic.attach_ledger('x', 'passing', 'bank.transactions');
\set VERBOSITY default
\echo :LAST_ERROR_SQLSTATE
-- A crash would empty it.
SAVEPOINT unlogged;
ALTER TABLE bank.transactions SET UNLOGGED;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(gen_random_uuid(), gen_random_uuid(), 1, ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO unlogged;
CREATE FOREIGN DATA WRAPPER regress_wrapper;
CREATE SERVER regress_server FOREIGN DATA WRAPPER regress_wrapper;
CREATE FOREIGN TABLE bank.elsewhere (id uuid, owner_id uuid, balance numeric) SERVER regress_server;
SELECT atomic.attach_ledger('x', 'bank.elsewhere', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'pg_catalog.pg_class', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_bank;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.accounts');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE bank.ruled (from_id uuid, to_id uuid, amount numeric);
CREATE RULE nothing AS ON INSERT TO bank.ruled DO INSTEAD NOTHING;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.ruled');
\echo :LAST_ERROR_SQLSTATE
SAVEPOINT rules;
DROP RULE nothing ON bank.ruled;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.ruled');
ROLLBACK TO rules;

-- Two owners.
RESET ROLE;
CREATE TABLE bank.theirs (from_id uuid, to_id uuid, amount numeric);
ALTER TABLE bank.theirs OWNER TO regress_other;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.theirs');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_bank;

-- Columns: missing, of another type, computed by the server.
CREATE TABLE bank.odd (id uuid PRIMARY KEY, owner_id uuid, balance float8, number int,
                       twice numeric GENERATED ALWAYS AS (number * 2) STORED, who text, dropped uuid);
ALTER TABLE bank.odd DROP COLUMN dropped;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{"owner": "nobody"}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.odd', 'bank.transactions', '{"owner": "........pg.dropped.7........", "balance": "number"}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.odd', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.odd', 'bank.transactions', '{"balance": "twice"}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.odd', 'bank.transactions', '{"balance": "number", "owner": "who"}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{"idempotency_key": "amount", "transfer_amount": "amount"}');
\echo :LAST_ERROR_SQLSTATE

-- Ids that may repeat: no index, a partial, a deferrable, a wider one.
CREATE TABLE bank.loose (id uuid, owner_id uuid, balance numeric);
SELECT atomic.attach_ledger('x', 'bank.loose', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
CREATE INDEX ON bank.loose (id);
CREATE UNIQUE INDEX ON bank.loose (id) WHERE balance > 0;
CREATE UNIQUE INDEX ON bank.loose (id, owner_id);
CREATE UNIQUE INDEX ON bank.loose ((id::text));
ALTER TABLE bank.loose ADD UNIQUE (id) DEFERRABLE;
SELECT atomic.attach_ledger('x', 'bank.loose', 'bank.transactions');
\echo :LAST_ERROR_SQLSTATE
CREATE UNIQUE INDEX ON bank.loose (id) INCLUDE (balance);
SELECT atomic.attach_ledger('loose', 'bank.loose', 'bank.transactions');
ALTER TABLE bank.transactions ADD COLUMN id uuid;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{"transfer_id": "id"}');
\echo :LAST_ERROR_SQLSTATE

-- A mapping that is none.
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '[]');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{"balanse": "balance"}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{"balance": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{"transfer_to": "from_id"}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', '{"currency": "currency"}');
\echo :LAST_ERROR_SQLSTATE

-- trigger_path: schemas that exist, where nobody else may put anything.
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', trigger_path => 'bank,');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', trigger_path => 'bank, nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', trigger_path => '"$user"');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', trigger_path => 'pg_temp');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE SCHEMA open_to_all;
GRANT CREATE ON SCHEMA open_to_all TO PUBLIC;
CREATE SCHEMA of_other AUTHORIZATION regress_other;
CREATE SCHEMA shared;
GRANT CREATE ON SCHEMA shared TO regress_bank, regress_other;
CREATE SCHEMA "Own, odd" AUTHORIZATION regress_bank;
CREATE SCHEMA of_superuser;
SET LOCAL ROLE regress_bank;
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', trigger_path => 'open_to_all');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', trigger_path => 'of_other');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('x', 'bank.accounts', 'bank.transactions', trigger_path => 'bank, shared');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('path', 'bank.accounts', 'bank.transactions', trigger_path => 'Bank, "Own, odd",of_superuser');

-- Odd names, partitions, domains and whole numbers.
RESET ROLE;
CREATE SCHEMA "a""b" AUTHORIZATION regress_bank;
SET LOCAL ROLE regress_bank;
CREATE DOMAIN "a""b"."Money" AS numeric(8,2);
CREATE TABLE "a""b"."select" ("o'x" uuid PRIMARY KEY, "Owner" uuid, "from" "a""b"."Money") PARTITION BY HASH ("o'x");
CREATE TABLE "a""b".part PARTITION OF "a""b"."select" FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE "a""b"."übertragungen, die einen furchtbar langen Namen, 63 Bytes lang"
  ("ß" uuid PRIMARY KEY, "to" uuid, "by" uuid, "amount;" int, "key" varchar);
SELECT atomic.attach_ledger(E'odd "name"\n', '"a""b"."select"', '"a""b"."übertragungen, die einen furchtbar langen Namen, 63 Bytes lang"',
  '{"account_id": "o''x", "owner": "Owner", "balance": "from", "transfer_id": "ß", "transfer_from": "to",
    "transfer_to": "by", "transfer_amount": "amount;", "idempotency_key": "key"}');
INSERT INTO "a""b"."select" VALUES
  ('00000000-0000-4000-8000-000000000001', NULL, 10), ('00000000-0000-4000-8000-000000000002', NULL, 0);
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 3,
  idempotency_key => 'once', ledger => E'odd "name"\n') AS answer \gset
SELECT :'answer'::jsonb - 'transfer_id' AS answer;
SELECT "o'x", "from" FROM "a""b"."select" ORDER BY 1;
SELECT "ß" = (:'answer'::jsonb ->> 'transfer_id')::uuid AS same_id, "to", "by", "amount;", key
FROM "a""b"."übertragungen, die einen furchtbar langen Namen, 63 Bytes lang";
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 0.5,
  ledger => E'odd "name"\n');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- Nothing is written in a read-only transaction.
BEGIN READ ONLY;
SELECT atomic.attach_ledger('late', 'pg_class', 'pg_type');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
