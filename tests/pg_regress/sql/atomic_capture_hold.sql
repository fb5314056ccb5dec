-- atomic.capture_hold(): pays what a hold promised.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.hold_funds(:a, :b, 60) ->> 'hold_id' AS hold \gset
SELECT atomic.hold_funds(:a, :b, 30) ->> 'hold_id' AS partly \gset
SELECT atomic.hold_funds(:a, :b, 5, '1 millisecond') ->> 'hold_id' AS late \gset
RESET ROLE;

-- Not the payer, who would pay himself out of his promise; not a stranger, who learns nothing.
SET LOCAL ROLE authenticated;
SELECT atomic.capture_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.capture_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.capture_hold(:nobody);
\echo :LAST_ERROR_SQLSTATE

-- The payee's owner: all of it, once.
SET LOCAL request.jwt.claims = :bob;
SELECT atomic.capture_hold(:'hold') - 'hold_id' - 'transfer_id' AS answer;
\set VERBOSITY terse
SELECT atomic.capture_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.void_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT atomic.balance(:b);

-- A part, which releases the rest.
SELECT atomic.capture_hold(:'partly', 30.01);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.capture_hold(:'partly', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.capture_hold(:'partly', 0.001);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.capture_hold(:'partly', 10.5) - 'hold_id' - 'transfer_id' AS answer;
RESET ROLE;
SELECT balance, held, version FROM main.accounts WHERE id = :a;
SELECT h.status, h.amount, h.captured_amount, t.amount AS transferred FROM main.holds h LEFT JOIN main.transfers t ON t.hold_id = h.id ORDER BY h.id;

-- Over, swept or not.
SET LOCAL ROLE regress_bank;
SELECT pg_sleep(0.01);
\set VERBOSITY terse
SELECT atomic.capture_hold(:'late');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.expire_holds();
SELECT atomic.capture_hold(:'late');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default

-- Status and limits count when money moves.
SELECT atomic.hold_funds(:a, :b, 9) ->> 'hold_id' AS hold \gset
SELECT atomic.set_account(:b, max_balance => 80) \g /dev/null
SELECT atomic.capture_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, 'frozen') \g /dev/null
SELECT atomic.capture_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, 'open') \g /dev/null
SELECT atomic.capture_hold(:'hold', 4.5) - 'hold_id' - 'transfer_id' AS answer;

SELECT atomic.capture_hold(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.capture_hold(:nobody);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.capture_hold(:nobody, 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
ROLLBACK;
