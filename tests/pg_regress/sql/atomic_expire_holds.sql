-- atomic.expire_holds(): sweeps holds whose time is over.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.hold_funds(:a, :b, n, '1 second') ->> 'success' AS success FROM generate_series(1, 5) n;
SELECT atomic.hold_funds(:b, :a, 1, '1 second') ->> 'success' AS success;
SELECT atomic.hold_funds(:a, :b, 7, '1 day') ->> 'success' AS success;
SELECT atomic.hold_funds(:a, :b, 8) ->> 'success' AS success;
SELECT pg_sleep(1.1);
SELECT sum(held) FROM main.accounts;
SELECT atomic.expire_holds(0);
SELECT atomic.expire_holds(2);
SELECT atomic.expire_holds();
SELECT atomic.expire_holds();
SELECT sum(held) FROM main.accounts;
SELECT status, count(*) FROM main.holds GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();

SELECT atomic.expire_holds(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.expire_holds(-1);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.expire_holds();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
