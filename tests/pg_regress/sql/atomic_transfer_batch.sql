-- atomic.transfer_batch(): many transfers, as if one after another.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
-- Each leg sees what those before it did: Bob spends what Alice just sent.
SELECT ord, transfer_id IS NOT NULL AS has_id, code, from_balance, to_balance
FROM atomic.transfer_batch(ARRAY[:a, :b, :b]::uuid[], ARRAY[:b, :cash, :a]::uuid[], '{50, 54, 0.5}');
SELECT count(*) AS rows FROM atomic.transfer_batch('{}', '{}', '{}');
SELECT from_id, to_id, amount, currency FROM main.transfers ORDER BY id OFFSET 2;
SELECT account_id, amount, balance_after, account_version FROM main.entries ORDER BY id OFFSET 4;

-- all: one bad leg undoes all, and is named.
SELECT * FROM atomic.transfer_batch(ARRAY[:a, :b]::uuid[], ARRAY[:b, :a]::uuid[], '{10, 1000}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[:a, :nobody]::uuid[], ARRAY[:b, :a]::uuid[], '{10, 1000}', mode => 'all');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.balance(:a), atomic.balance(:b);

-- each: bad legs are skipped, with their codes in the usual precedence.
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000d1', 'JPY', id => '00000000-0000-4000-8000-0000000000d1') \g /dev/null
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000d2', max_balance => 5, id => '00000000-0000-4000-8000-0000000000d2') \g /dev/null
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000d3', id => '00000000-0000-4000-8000-0000000000d3') \g /dev/null
SELECT atomic.set_account('00000000-0000-4000-8000-0000000000d3', 'closed') \g /dev/null
SELECT ord, transfer_id IS NOT NULL AS paid, code, from_balance, to_balance
FROM atomic.transfer_batch(
  ARRAY[:a, :a, :a, :a, :nobody, :a, :a, :a, :a, :a, :a]::uuid[],
  ARRAY[:b, :b, :a, :b, :a, :nobody, '00000000-0000-4000-8000-0000000000d3', '00000000-0000-4000-8000-0000000000d1',
        '00000000-0000-4000-8000-0000000000d2', :b, :b]::uuid[],
  '{10, -1, 1, 0.001, 1, 1, 1, 1, 6, 39.51, 39.5}', mode => 'each');
SELECT atomic.balance(:a);

-- Keys: stored by single transfers and by batches alike, and used twice in one batch.
SELECT atomic.transfer_funds(:b, :a, 20, 'single') ->> 'new_balance' AS b;
SELECT ord, code, from_balance, to_balance
FROM atomic.transfer_batch(ARRAY[:b, :b, :b, :b, :b, :b]::uuid[], ARRAY[:a, :a, :a, :a, :a, :a]::uuid[], '{20.00, 3, 3.0, 4, 900, 5}',
                           ARRAY['single', 'batch', 'batch', 'batch', 'late', 'late'], mode => 'each');
SELECT atomic.transfer_funds(:b, :a, 3, 'batch') - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:b, :a, 5, 'late') - 'transfer_id' AS answer;
SELECT idempotency_key, count(*) FROM main.transfers WHERE idempotency_key IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT code FROM atomic.transfer_batch(ARRAY[:b]::uuid[], ARRAY[:a]::uuid[], '{1}', ARRAY['single']);
\echo :LAST_ERROR_SQLSTATE

-- A leg's funds may be held.
SELECT atomic.hold_funds(:b, :a, 2) ->> 'available_balance' AS available \gset
SELECT atomic.hold_funds(:b, :a, 1, '1 millisecond') ->> 'available_balance' AS available_after \gset
SELECT :available - :available_after AS held, pg_sleep(0.01);
SELECT code FROM atomic.transfer_batch(ARRAY[:b, :b]::uuid[], ARRAY[:a, :a]::uuid[], ARRAY[:available_after + 1.01, :available_after + 1], mode => 'each');

-- What is needed.
SELECT * FROM atomic.transfer_batch(NULL, '{}', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch('{NULL}', ARRAY[:a]::uuid[], '{1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[:a]::uuid[], '{NULL}', '{1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[:a]::uuid[], ARRAY[:b]::uuid[], '{NULL}', mode => 'each');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[:a]::uuid[], ARRAY[:b]::uuid[], '{1}', mode => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[:a]::uuid[], ARRAY[:b]::uuid[], '{1}', mode => 'some');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[:a]::uuid[], ARRAY[:b]::uuid[], '{1, 2}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[[:a]]::uuid[], ARRAY[:b]::uuid[], '{1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.transfer_batch(ARRAY[:a]::uuid[], ARRAY[:b]::uuid[], '{1}', ARRAY['']);
\echo :LAST_ERROR_SQLSTATE

-- Who: an owner debits his own alone, and reads no stranger's balance.
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT code FROM atomic.transfer_batch(ARRAY[:a]::uuid[], ARRAY[:b]::uuid[], '{1}', mode => 'each');
SET LOCAL request.jwt.claims = :alice;
SELECT ord, code, from_balance IS NOT NULL AS has_from, to_balance
FROM atomic.transfer_batch(ARRAY[:a, :b, :nobody]::uuid[], ARRAY[:b, :a, :a]::uuid[], '{1, 1, 1}', mode => 'each');
SELECT * FROM atomic.transfer_batch(ARRAY[:a, :b]::uuid[], ARRAY[:b, :a]::uuid[], '{1, 1}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger('main');

-- Attached tables, too.
CREATE TABLE main.old (id uuid PRIMARY KEY, owner_id uuid, money bigint, kind char(3));
CREATE TABLE main.old_transfers (n int GENERATED ALWAYS AS IDENTITY, from_id uuid, to_id uuid, amount int);
ALTER TABLE main.old OWNER TO regress_bank;
ALTER TABLE main.old_transfers OWNER TO regress_bank;
INSERT INTO main.old VALUES (:a, NULL, 10, 'EUR'), (:b, NULL, 0, 'EUR'), (:cash, NULL, 1000, 'USD');
SELECT atomic.attach_ledger('old', 'main.old', 'main.old_transfers', '{"balance": "money", "currency": "kind"}');
SELECT ord, transfer_id IS NOT NULL AS paid, code, from_balance, to_balance
FROM atomic.transfer_batch(ARRAY[:a, :b, :b, :cash, :b]::uuid[], ARRAY[:b, :a, :a, :a, :a]::uuid[], '{7, 2.0, 0.5, 1, 6}', mode => 'each', ledger => 'old');
SELECT id, money FROM main.old ORDER BY id;
SELECT from_id, to_id, amount FROM main.old_transfers ORDER BY n;
ROLLBACK;
