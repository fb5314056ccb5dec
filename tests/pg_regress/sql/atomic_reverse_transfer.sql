-- atomic.reverse_transfer(): undoes a transfer by another one.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.transfer_funds(:a, :b, 30) ->> 'transfer_id' AS transfer \gset
SELECT atomic.reverse_transfer(:'transfer', 'undo') AS answer \gset
SELECT :'answer'::jsonb - 'transfer_id' AS answer;
SELECT from_id, to_id, amount, reverses_id = :'transfer' AS reverses, idempotency_key FROM main.transfers WHERE id = (:'answer'::jsonb ->> 'transfer_id')::uuid;
SELECT atomic.balance(:a), atomic.balance(:b);

-- Once; the key replays.
SELECT atomic.reverse_transfer(:'transfer', 'undo') = :'answer'::jsonb || '{"replayed": true}' AS same_answer;
SET LOCAL ROLE regress_clerk;
SELECT regexp_replace(atomic.reverse_transfer(:'transfer', 'undo')::text, '[0-9a-f]{8}-.*', '') AS replayed;
\set VERBOSITY terse
SELECT atomic.reverse_transfer(:'transfer');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:b, :a, 1, 'undo');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
-- A reversal is a transfer.
SELECT atomic.reverse_transfer((:'answer'::jsonb ->> 'transfer_id')::uuid) ->> 'new_balance' AS a;

-- What a payment needs, a payment back needs, too.
SELECT atomic.transfer_funds(:b, :cash, 35) ->> 'new_balance' AS b;
SELECT atomic.transfer_funds(:a, :b, 5) ->> 'transfer_id' AS transfer \gset
SELECT atomic.hold_funds(:b, :a, 1) ->> 'hold_id' AS hold \gset
SELECT atomic.reverse_transfer(:'transfer');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.void_hold(:'hold') ->> 'status' AS status;
SELECT atomic.set_account(:b, 'frozen') \g /dev/null
SELECT atomic.reverse_transfer(:'transfer');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:b, 'open') \g /dev/null
SELECT atomic.reverse_transfer(:'transfer') ->> 'new_balance' AS b;

SELECT atomic.reverse_transfer(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.reverse_transfer(:nobody);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.reverse_transfer(:nobody, '');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :bob;
SELECT atomic.reverse_transfer(:'transfer');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
CREATE TABLE main.old (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE main.old_transfers (from_id uuid, to_id uuid, amount numeric);
SELECT atomic.attach_ledger('old', 'main.old', 'main.old_transfers');
SELECT atomic.reverse_transfer(:nobody, ledger => 'old');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
