-- atomic.transfer_funds(): moves money from one account to another.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE ROLE regress_bank;
CREATE ROLE regress_clerk;
GRANT regress_bank TO regress_clerk;
CREATE SCHEMA bank AUTHORIZATION regress_bank;
GRANT USAGE ON SCHEMA atomic TO regress_bank, authenticated, anon;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA atomic TO regress_bank, authenticated, anon;
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
\set nobody '''00000000-0000-4000-8000-000000000000'''
\set alice '''{"sub": "00000000-0000-4000-8000-0000000000a1", "role": "authenticated"}'''
\set bob '''{"sub": "00000000-0000-4000-8000-0000000000b1", "role": "authenticated"}'''
SET LOCAL ROLE regress_bank;
CREATE TABLE bank.accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric(12,2) CHECK (balance >= 0));
CREATE TABLE bank.transactions (n int GENERATED ALWAYS AS IDENTITY, from_id uuid, to_id uuid, amount numeric);
INSERT INTO bank.accounts VALUES (:a, '00000000-0000-4000-8000-0000000000a1', 100), (:b, '00000000-0000-4000-8000-0000000000b1', 5);

-- No ledger yet.
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('main', 'bank.accounts', 'bank.transactions');

-- The owner of the payer account pays, without any privilege on the tables.
RESET ROLE;
SET LOCAL ROLE authenticated;
TABLE bank.accounts;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.transfer_funds(:a, :b, 12.5) AS answer \gset
SELECT :'answer'::jsonb - 'transfer_id' AS answer, (:'answer'::jsonb ->> 'transfer_id')::uuid IS NOT NULL AS has_id;
-- Trailing zeros are no decimals; the last cent can be spent.
SELECT atomic.transfer_funds(:a, :b, 87.4900) - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:a, :b, 0.01) - 'transfer_id' AS answer;
RESET ROLE;
SELECT balance FROM bank.accounts ORDER BY id;
SELECT from_id = :a AS from_a, to_id = :b AS to_b, amount FROM bank.transactions ORDER BY n;
UPDATE bank.accounts SET balance = 100 WHERE id = :a;
UPDATE bank.accounts SET balance = 5 WHERE id = :b;
SET LOCAL ROLE authenticated;

-- NULL where a value is needed.
SELECT atomic.transfer_funds(NULL, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, NULL, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, NULL, on_error => 'return');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 1, on_error => NULL);
\echo :LAST_ERROR_SQLSTATE

-- Arguments of no use.
SELECT atomic.transfer_funds(:a, :b, 1, on_error => 'ignore');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 1, idempotency_key => '');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 1, idempotency_key => repeat('x', 256));
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 1, metadata => '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'nowhere');
\echo :LAST_ERROR_SQLSTATE

-- No amount: not finite, not positive, finer than a cent. Never rounded.
SELECT atomic.transfer_funds(:a, :b, 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 'Infinity');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, '-Infinity');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, -1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 0.00);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 0.001);
\echo :LAST_ERROR_SQLSTATE

SELECT atomic.transfer_funds(:a, :a, 1);
\echo :LAST_ERROR_SQLSTATE

-- Somebody else's account, and one that does not exist: the same answer to the letter.
SELECT atomic.transfer_funds(:b, :a, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:nobody, :a, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:b, :a, 1, on_error => 'return') = atomic.transfer_funds(:nobody, :a, 1, on_error => 'return') AS same;

SELECT atomic.transfer_funds(:a, :nobody, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 100.01);
\echo :LAST_ERROR_SQLSTATE

-- Nobody, and a broken identity.
RESET request.jwt.claims;
SET LOCAL request.jwt.claims = '';
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"role": "authenticated"}';
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": "no uuid"}';
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{';
SELECT atomic.transfer_funds(:a, :b, 1, on_error => 'return');
\echo :LAST_ERROR_SQLSTATE
-- An account that belongs to nobody is not everybody's.
RESET ROLE;
UPDATE bank.accounts SET owner_id = NULL WHERE id = :a;
SET LOCAL ROLE anon;
SET LOCAL request.jwt.claims = '';
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
UPDATE bank.accounts SET owner_id = '00000000-0000-4000-8000-0000000000a1' WHERE id = :a;

-- Refusals as values, in their order of precedence: each call adds the next cause in front.
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :bob;
SELECT atomic.transfer_funds(:b, :a, 6, on_error => 'return');
SELECT atomic.transfer_funds(:b, :nobody, 6, on_error => 'return');
SELECT atomic.transfer_funds(:a, :nobody, 106, on_error => 'return');
SELECT atomic.transfer_funds(:a, :a, 106, on_error => 'return');
SELECT atomic.transfer_funds(:a, :a, -106, on_error => 'return');
SELECT atomic.transfer_funds(NULL, :a, -106, on_error => 'return');
\echo :LAST_ERROR_SQLSTATE

-- An operator acts on any account, by membership; for him what is missing is missing.
RESET ROLE;
RESET request.jwt.claims;
SET LOCAL ROLE regress_clerk;
SELECT atomic.transfer_funds(:b, :a, 1) - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:nobody, :a, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:b, :nobody, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:b, :a, 5, on_error => 'return');

-- Idempotency: the same key pays once, with other parameters it is refused, a refused one is free.
SELECT atomic.transfer_funds(:a, :b, 200, 'key', on_error => 'return');
SELECT atomic.transfer_funds(:a, :b, 10, 'key') AS answer \gset
SELECT :'answer'::jsonb - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:a, :b, 10.00, 'key') = :'answer'::jsonb || '{"replayed": true}' AS same_answer;
SELECT atomic.transfer_funds(:a, :b, 11, 'key');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :nobody, 10, 'key', on_error => 'return');
SELECT atomic.transfer_funds(:b, :a, 1, 'key') - 'transfer_id' AS key_of_another_payer;
SELECT balance FROM bank.accounts ORDER BY id;

-- Inside plpgsql: a caught refusal undoes nothing else, and the caller is himself again.
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :bob;
DO $$
DECLARE
  state text; detail text; hint text;
BEGIN
  PERFORM atomic.transfer_funds('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-00000000000a', 1000);
EXCEPTION WHEN integrity_constraint_violation THEN  -- the whole class 23
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RAISE NOTICE '% % % %', state, detail, hint, current_user;
END $$;
SELECT current_user, current_setting('search_path') AS search_path;
RESET ROLE;

-- Balances that are no finite number never move.
CREATE TABLE bank.free (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
ALTER TABLE bank.free OWNER TO regress_bank;
SELECT atomic.attach_ledger('free', 'bank.free', 'bank.transactions');
INSERT INTO bank.free VALUES (:a, NULL, 'NaN'), (:b, NULL, 10);
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'free');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:b, :a, 1, ledger => 'free', on_error => 'return');
\echo :LAST_ERROR_SQLSTATE
UPDATE bank.free SET balance = 'Infinity' WHERE id = :a;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'free');
\echo :LAST_ERROR_SQLSTATE
UPDATE bank.free SET balance = NULL WHERE id = :a;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'free');
\echo :LAST_ERROR_SQLSTATE
UPDATE bank.free SET balance = 0 WHERE id = :a;
-- Unconstrained numerics keep every digit.
SELECT atomic.transfer_funds(:b, :a, 0.000000000000000000000000000000000001, ledger => 'free') - 'transfer_id' AS answer;

-- Several ledgers: which one has to be said.
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE

-- Whole numbers; what a column cannot hold is the server's own error.
CREATE TABLE bank.cents (id uuid PRIMARY KEY, owner_id uuid, balance integer);
CREATE TABLE bank.cent_transfers (id uuid UNIQUE, from_id uuid, to_id uuid, amount bigint);
ALTER TABLE bank.cents OWNER TO regress_bank;
ALTER TABLE bank.cent_transfers OWNER TO regress_bank;
SELECT atomic.attach_ledger('cents', 'bank.cents', 'bank.cent_transfers', '{"transfer_id": "id"}');
INSERT INTO bank.cents VALUES (:a, NULL, 2147483647), (:b, NULL, 10);
SELECT atomic.transfer_funds(:a, :b, 5.00, ledger => 'cents') - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:a, :b, 0.5, ledger => 'cents');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
SELECT atomic.transfer_funds(:b, :a, 15, ledger => 'cents');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT balance FROM bank.cents ORDER BY id;

-- Tables change behind prepared statements: renamed and replaced, moved, given away, altered.
ALTER TABLE bank.cents RENAME TO pennies;
CREATE TABLE bank.cents (id uuid PRIMARY KEY, owner_id uuid, balance integer);
INSERT INTO bank.cents TABLE bank.pennies;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'cents') - 'transfer_id' AS answer;
SELECT c.balance, p.balance AS pennies FROM bank.cents c JOIN bank.pennies p USING (id) ORDER BY id;
ALTER SCHEMA bank RENAME TO vault;
CREATE SCHEMA bank;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'cents') - 'transfer_id' AS answer;
ALTER TABLE vault.pennies OWNER TO CURRENT_USER;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'cents');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE vault.pennies OWNER TO regress_bank;
ALTER TABLE vault.pennies RENAME COLUMN balance TO money;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'cents');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE vault.pennies RENAME COLUMN money TO balance;
ALTER TABLE vault.pennies ALTER COLUMN balance TYPE numeric(14,2);
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'cents') - 'transfer_id' AS answer;
ALTER TABLE vault.pennies DROP CONSTRAINT cents_pkey;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'cents');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- A transaction that only reads cannot pay. (The client's savepoints would end the mode.)
\set ON_ERROR_ROLLBACK off
BEGIN;
CREATE TABLE public.accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE public.transactions (from_id uuid, to_id uuid, amount numeric);
SELECT atomic.attach_ledger('main', 'accounts', 'transactions');
SET TRANSACTION READ ONLY;
\set VERBOSITY terse
SELECT atomic.transfer_funds(:a, :b, 1, on_error => 'return');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
