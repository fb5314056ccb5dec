-- atomic.idempotent_sweep(): forgets old idempotency keys.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.transfer_funds(:cash, :a, n, 'key ' || n) ->> 'success' AS success FROM generate_series(1, 3) n;
SELECT count(*) FROM generate_series(1, 9) n, atomic.idempotent_begin('jobs', 'key ' || n, '{}');
SELECT atomic.idempotent_finish('jobs', 'key ' || n, to_jsonb(n)) FROM generate_series(1, 6) n \g /dev/null
-- Time passes: keys 1 to 4 and 7, 8 are days old, the oldest first.
RESET ROLE;
UPDATE atomic.work_keys SET begun_at = begun_at - right(key, 1)::int * interval '1 day' WHERE right(key, 1) IN ('1', '2', '3', '4', '7', '8');
SET LOCAL ROLE regress_bank;
SELECT atomic.idempotent_sweep('100 days');
SELECT atomic.idempotent_sweep('1 hour', 0);
-- Finished ones alone, the oldest first, so many at a time.
SELECT atomic.idempotent_sweep('1 hour', 3);
RESET ROLE;
SELECT key, response FROM atomic.work_keys ORDER BY key;
SET LOCAL ROLE regress_bank;
SELECT atomic.idempotent_sweep('1 hour', 3);
SELECT atomic.idempotent_sweep('1 hour');
SELECT state FROM atomic.idempotent_begin('jobs', 'key 1', '{"other": true}');
-- Unfinished ones, on request, and none that is younger.
SELECT atomic.idempotent_sweep('180 hours', unfinished => true);
SELECT atomic.idempotent_sweep('1 hour', unfinished => true);
SELECT atomic.idempotent_sweep('1 hour', unfinished => true);
RESET ROLE;
SELECT key, response FROM atomic.work_keys ORDER BY key;
-- Keys of operations, on request: those of holds, and of transfers on attached tables. A late retry pays
-- again, or is refused by a table that knows the key besides. The transfers of a created ledger carry their
-- keys, and answer for ever.
RESET ROLE;
SET LOCAL client_min_messages = warning;
CREATE TABLE purses (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE payments (from_id uuid, to_id uuid, amount numeric);
INSERT INTO purses VALUES (:a, NULL, 10), (:b, NULL, 0);
SELECT atomic.attach_ledger('attached', 'purses', 'payments') \g /dev/null
SELECT atomic.transfer_funds(:a, :b, 1, 'key 2', ledger => 'attached') -> 'replayed' AS replayed;
SELECT atomic.hold_funds(:cash, :a, n, idempotency_key => 'hold ' || n, ledger => 'main') -> 'replayed' AS replayed FROM generate_series(1, 2) n;
UPDATE atomic.operation_keys SET created_at = created_at - interval '5 days' WHERE key <> 'hold 2';
SELECT ledger, key FROM atomic.operation_keys ORDER BY ledger, key;
SET LOCAL ROLE regress_bank;
SELECT atomic.idempotent_sweep('1 hour', 1, operation_keys => true);
SELECT atomic.idempotent_sweep('1 hour', operation_keys => true);
SELECT atomic.transfer_funds(:cash, :a, 1, 'key 1', ledger => 'main') -> 'replayed' AS replayed;
SELECT atomic.hold_funds(:cash, :a, 2, idempotency_key => 'hold 2', ledger => 'main') -> 'replayed' AS replayed;
\set VERBOSITY sqlstate
SELECT atomic.hold_funds(:cash, :a, 1, idempotency_key => 'hold 1', ledger => 'main') -> 'replayed' AS replayed;
\set VERBOSITY default
RESET ROLE;
SELECT atomic.transfer_funds(:a, :b, 1, 'key 2', ledger => 'attached') -> 'replayed' AS replayed;
SELECT balance FROM purses ORDER BY balance;
SET LOCAL ROLE regress_bank;

-- Arguments.
SELECT atomic.idempotent_sweep(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_sweep('1 day', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_sweep('1 day', 1, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_sweep('1 day', 1, true, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_sweep('0');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_sweep('-1 day');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_sweep('1 day', -1);
\echo :LAST_ERROR_SQLSTATE
-- Those who work with keys may not forget them.
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT atomic.idempotent_sweep('1 microsecond');
\echo :LAST_ERROR_SQLSTATE
-- A big table is swept by its index.
RESET ROLE;
INSERT INTO atomic.work_keys (scope, role, user_id, key, request, response, begun_at)
SELECT 'many', 0, 'u' || n % 100, n, '{}', '{}', now() - n * interval '1 second' FROM generate_series(1, 20000) n;
SET LOCAL ROLE regress_bank;
SELECT atomic.idempotent_sweep('10000 seconds');
SELECT atomic.idempotent_sweep('5000 seconds', 2000);
SELECT atomic.idempotent_sweep('5000 seconds', 2147483647);
ROLLBACK;
