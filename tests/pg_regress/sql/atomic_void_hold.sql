-- atomic.void_hold(): gives free what a hold promised.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.hold_funds(:a, :b, 60) ->> 'hold_id' AS hold \gset
SELECT atomic.hold_funds(:a, :b, 30, '1 second') ->> 'hold_id' AS late \gset
RESET ROLE;
SET LOCAL ROLE authenticated;
-- The payer cannot take back what he promised.
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.void_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.void_hold(:'late');
\echo :LAST_ERROR_SQLSTATE
-- Unless its time is over.
SELECT pg_sleep(1.1);
SELECT atomic.void_hold(:'late') - 'hold_id' AS answer;
\set VERBOSITY terse
SELECT atomic.void_hold(:'late');
\echo :LAST_ERROR_SQLSTATE
-- The payee's owner can, once.
SET LOCAL request.jwt.claims = :bob;
SELECT atomic.void_hold(:'hold') - 'hold_id' AS answer;
SELECT atomic.void_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.capture_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.void_hold(:nobody);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT balance, held, version FROM main.accounts WHERE id = :a;
SELECT status, captured_amount FROM main.holds ORDER BY id;
-- An operator can, too.
SET LOCAL ROLE regress_clerk;
SELECT atomic.hold_funds(:a, :b, 1) ->> 'hold_id' AS hold \gset
SELECT atomic.void_hold(:'hold') ->> 'released_amount' AS released;
SELECT atomic.void_hold(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.void_hold(:nobody);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
ROLLBACK;
