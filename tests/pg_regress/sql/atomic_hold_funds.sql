-- atomic.hold_funds(): promises money of an account to another.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.hold_funds(:a, :b, 60) AS answer \gset
SELECT :'answer'::jsonb - 'hold_id' AS answer;
SELECT id = (:'answer'::jsonb ->> 'hold_id')::uuid AS same_id, from_id, to_id, amount, captured_amount, status, expires_at FROM main.holds;
SELECT balance, held, version FROM main.accounts WHERE id = :a;

-- Held money is not available, to transfers, reversals or other holds.
SELECT atomic.transfer_funds(:a, :b, 40.01, on_error => 'return');
SELECT atomic.hold_funds(:a, :b, 40.01);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 40) ->> 'new_balance' AS a;

-- Keys: the payer's, whatever the operation; the answer is the one of then.
SELECT atomic.void_hold((:'answer'::jsonb ->> 'hold_id')::uuid) ->> 'status' AS status;
SELECT atomic.hold_funds(:a, :b, 10, '1 day', 'key') AS keyed \gset
SELECT :'keyed'::jsonb - 'hold_id' AS answer;
SELECT atomic.hold_funds(:a, :b, 1) ->> 'available_balance' AS available;
SELECT atomic.hold_funds(:a, :b, 10.00, '1 day', 'key') = :'keyed'::jsonb || '{"replayed": true}' AS same_answer;
SELECT atomic.hold_funds(:a, :b, 10, NULL, 'key');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 10, 'key');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:b, :a, 10, NULL, 'key') ->> 'replayed' AS replayed_for_another_payer;

-- An expired hold holds nothing, swept or not.
SELECT atomic.available_balance(:a);
SELECT atomic.hold_funds(:a, :b, 49, '1 millisecond') ->> 'available_balance' AS available;
SELECT pg_sleep(0.01);
SELECT atomic.transfer_funds(:a, :b, 49) ->> 'new_balance' AS a;
SELECT status, count(*), sum(amount) FROM main.holds GROUP BY 1 ORDER BY 1;

-- Refusals, in the order of transfer_funds(): each call adds the next cause in front.
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000d1', 'JPY', max_balance => 1, id => '00000000-0000-4000-8000-0000000000d1') \g /dev/null
SELECT atomic.hold_funds(:a, :b, 1000);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, '00000000-0000-4000-8000-0000000000d1', 1000);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, 'frozen') \g /dev/null
SELECT atomic.hold_funds(:a, '00000000-0000-4000-8000-0000000000d1', 1000);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, :nobody, 1000);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, :nobody, 1000, idempotency_key => 'key');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, :nobody, 0.001, idempotency_key => 'key');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:nobody, :a, 0.001, idempotency_key => 'key');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:nobody, :nobody, 0.001);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:nobody, :nobody, 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:nobody, :nobody, NULL);
\echo :LAST_ERROR_SQLSTATE

-- What cannot be.
SELECT atomic.hold_funds(:a, :b, 1, '0');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, :b, 1, '-1 day');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, :b, 1, idempotency_key => '');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT atomic.hold_funds(:b, :a, 1);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :bob;
SELECT atomic.hold_funds(:b, :a, 1) ->> 'success' AS success;
SELECT atomic.hold_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
CREATE TABLE main.old (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE main.old_transfers (from_id uuid, to_id uuid, amount numeric);
SELECT atomic.attach_ledger('old', 'main.old', 'main.old_transfers');
SELECT atomic.hold_funds(:a, :b, 1, ledger => 'old');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
