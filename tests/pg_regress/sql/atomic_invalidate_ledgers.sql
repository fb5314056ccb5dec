-- atomic.invalidate_ledgers(): what a session knows of a registered ledger is what stands there now.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
-- The owner of the ledger is its operator, and this session knows so.
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main') ->> 'success' AS success;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main') ->> 'success' AS success;
RESET ROLE;
-- Another operator by the registry itself, which no function of ours writes so.
SAVEPOINT before;
UPDATE atomic.ledger_registry SET operator = 'authenticated'::regrole WHERE ledger = 'main';
SET ROLE regress_bank;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- Undone.
ROLLBACK TO before;
SET ROLE regress_bank;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main') ->> 'success' AS success;
RESET ROLE;
-- The only ledger needs no name, while it is the only one.
SET ROLE regress_bank;
SELECT atomic.transfer_funds(:a, :b, 1) ->> 'success' AS success;
SELECT atomic.transfer_funds(:a, :b, 1) ->> 'success' AS success;
SAVEPOINT before;
SELECT atomic.create_ledger('second');
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main') ->> 'success' AS success;
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.detach_ledger('main');
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
SELECT atomic.transfer_funds(:a, :b, 1) ->> 'success' AS success;
RESET ROLE;
-- Also where triggers are off, as replication has them.
SAVEPOINT before;
SET session_replication_role = replica;
DELETE FROM atomic.ledger_registry;
SET ROLE regress_bank;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
ROLLBACK TO before;
TRUNCATE atomic.ledger_registry;
SET ROLE regress_bank;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- It is a trigger and nothing else.
SELECT atomic.invalidate_ledgers();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
