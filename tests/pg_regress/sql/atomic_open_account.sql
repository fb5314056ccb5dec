-- atomic.open_account(): opens an account.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1') AS id \gset
SELECT owner_id, currency, balance, held, min_balance, max_balance, status, version FROM main.accounts WHERE id = :'id';
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', 'JPY', -500, 1000, 'main', '00000000-0000-4000-8000-0000000000d0');
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', min_balance => '-Infinity', max_balance => 'Infinity', id => '00000000-0000-4000-8000-0000000000d1');
SELECT currency, min_balance, max_balance FROM main.accounts WHERE id::text LIKE '00000000-%d_' ORDER BY id;

-- What is needed.
SELECT atomic.open_account(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', NULL);
\echo :LAST_ERROR_SQLSTATE

-- Currencies: of ISO 4217, or of the table.
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', 'usd');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', 'PTS');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
INSERT INTO atomic.currencies VALUES ('PTS', 5);
SET LOCAL ROLE regress_bank;
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', 'PTS', -0.00001) IS NOT NULL AS opened;
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', 'PTS', -0.000001);
\echo :LAST_ERROR_SQLSTATE
INSERT INTO atomic.currencies VALUES ('USD', 5);
\echo :LAST_ERROR_SQLSTATE

-- Limits are amounts of the currency, and leave room for zero.
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', 'JPY', max_balance => 0.5);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', max_balance => 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', min_balance => 'Infinity');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', min_balance => 0.01);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', max_balance => -1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', id => :a);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', ledger => 'nowhere');
\echo :LAST_ERROR_SQLSTATE

-- Operators only; attached tables have columns of their own.
CREATE TABLE main.old (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE main.old_transfers (from_id uuid, to_id uuid, amount numeric);
SELECT atomic.attach_ledger('old', 'main.old', 'main.old_transfers');
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', ledger => 'old');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE anon;
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000a1', ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
