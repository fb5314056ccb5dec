-- atomic.set_account(): status and limits of an account.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
PREPARE account AS SELECT status, min_balance, max_balance FROM main.accounts WHERE id = :a;

-- NULL leaves as it is; infinities take a limit away.
SELECT atomic.set_account(:a, min_balance => -10, max_balance => 500);
EXECUTE account;
SELECT atomic.set_account(:a, status => 'frozen');
EXECUTE account;
SELECT atomic.set_account(:a, 'open', '-Infinity', 'Infinity');
EXECUTE account;
SELECT atomic.set_account(:a, min_balance => 100, max_balance => 100);
EXECUTE account;

-- What frozen and closed mean.
SELECT atomic.set_account(:a, 'frozen', 0, 1000);
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:b, :a, 1) ->> 'success' AS success;
SELECT atomic.set_account(:a, 'closed');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, 'open');
SELECT atomic.hold_funds(:a, :b, 101) ->> 'available_balance' AS available;
SELECT atomic.set_account(:a, 'closed');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000d1', id => '00000000-0000-4000-8000-0000000000d1');
SELECT atomic.set_account('00000000-0000-4000-8000-0000000000d1', 'closed');
SELECT atomic.transfer_funds(:b, '00000000-0000-4000-8000-0000000000d1', 1, on_error => 'return');
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000d1', :b, 1, on_error => 'return');
SELECT atomic.set_account('00000000-0000-4000-8000-0000000000d1', 'open');
SELECT atomic.transfer_funds(:b, '00000000-0000-4000-8000-0000000000d1', 1) ->> 'success' AS success;

-- Limits that the balance, less what is held, is beyond already.
SELECT atomic.set_account(:a, min_balance => 0.01);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, max_balance => 100.99);
\echo :LAST_ERROR_SQLSTATE

-- What cannot be.
SELECT atomic.set_account(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, 'gone');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, max_balance => 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:a, max_balance => 1000.001);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.set_account(:nobody);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.set_account(:a, max_balance => 1000);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
ROLLBACK;
