-- atomic.statement(): the entries of an account.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT clock_timestamp() AS before \gset
SELECT atomic.transfer_funds(:a, :b, 30) ->> 'new_balance' AS a;
SELECT clock_timestamp() AS between \gset
SELECT atomic.transfer_funds(:b, :a, 3.5) ->> 'new_balance' AS b;
SELECT amount, balance_after FROM atomic.statement(:a);
SELECT s.amount, s.balance_after, t.from_id = :a AS paid FROM atomic.statement(:a) s JOIN main.transfers t ON t.id = s.transfer_id ORDER BY s.entry_id;
-- From a time on, and before a time.
SELECT amount FROM atomic.statement(:a, since => :'before');
SELECT amount FROM atomic.statement(:a, until => :'before');
SELECT amount FROM atomic.statement(:a, :'before', :'between');
SELECT s.created_at = (SELECT created_at FROM main.transfers WHERE id = s.transfer_id) AS same FROM atomic.statement(:a) s;

SELECT * FROM atomic.statement(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.statement(:nobody);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.statement(:a) IS NOT NULL AS row FROM generate_series(1, 1);
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :bob;
SELECT amount, balance_after FROM atomic.statement(:b);
SELECT * FROM atomic.statement(:a);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.statement(:nobody);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE TABLE main.old (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE main.old_transfers (from_id uuid, to_id uuid, amount numeric);
SELECT atomic.attach_ledger('old', 'main.old', 'main.old_transfers');
SELECT * FROM atomic.statement(:a, ledger => 'old');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
