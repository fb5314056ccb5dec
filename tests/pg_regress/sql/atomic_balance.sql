-- atomic.balance(): what an account holds, now or as of a time.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.balance(:a), atomic.balance(:cash);
-- As of a time: entries of one transaction have times of their own.
SELECT clock_timestamp() AS before \gset
SELECT atomic.transfer_funds(:a, :b, 30) ->> 'new_balance' AS a;
SELECT clock_timestamp() AS between \gset
SELECT atomic.transfer_funds(:a, :b, 30) ->> 'new_balance' AS a;
SELECT atomic.balance(:a, 'epoch') AS never, atomic.balance(:a, :'before') AS before, atomic.balance(:a, :'between') AS between,
       atomic.balance(:a, 'infinity') AS now, atomic.balance(:b, :'between') AS b;
-- Held money is in the balance.
SELECT atomic.hold_funds(:a, :b, 40) ->> 'available_balance' AS available;
SELECT atomic.balance(:a);

SELECT atomic.balance(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.balance(:nobody);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.balance(:a, ledger => 'nowhere');
\echo :LAST_ERROR_SQLSTATE

-- The owner reads his own; anybody else gets the same words whether the account exists or not.
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT atomic.balance(:a);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.balance(:a);
SELECT atomic.balance(:b);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.balance(:nobody);
\echo :LAST_ERROR_SQLSTATE

-- Attached tables know the present alone.
RESET ROLE;
CREATE SCHEMA old;
CREATE TABLE old.accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric(12,2));
CREATE TABLE old.transfers (from_id uuid, to_id uuid, amount numeric);
INSERT INTO old.accounts VALUES (:a, NULL, 7);
SELECT atomic.attach_ledger('old', 'old.accounts', 'old.transfers');
SELECT atomic.balance(:a, ledger => 'old');
SELECT atomic.balance(:a, now(), 'old');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- Reading needs no right to write.
\set ON_ERROR_ROLLBACK off
BEGIN;
\i :roles
\i :with_ledger
SET TRANSACTION READ ONLY;
SELECT atomic.balance(:a), atomic.available_balance(:a), count(*) AS entries FROM atomic.statement(:a);
ROLLBACK;
