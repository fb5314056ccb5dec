-- atomic.available_balance(): what an account holds and has not promised.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.available_balance(:a);
SELECT atomic.hold_funds(:a, :b, 40) ->> 'hold_id' AS hold \gset
SELECT atomic.hold_funds(:a, :b, 10, '1 millisecond') ->> 'available_balance' AS available;
SELECT pg_sleep(0.01);
-- A hold whose time is over promises nothing, swept or not.
SELECT atomic.available_balance(:a), atomic.balance(:a);
SELECT atomic.expire_holds();
SELECT atomic.available_balance(:a);
SELECT atomic.void_hold(:'hold') ->> 'status' AS status;
SELECT atomic.available_balance(:a);

SELECT atomic.available_balance(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.available_balance(:nobody);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.available_balance(:a);
SELECT atomic.available_balance(:b);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
