-- What a bank is after its dump was restored: what it was. Changes nothing, so that it can be asked of the
-- origin, too.
\set cash '''00000000-0000-4000-8000-00000000000c'''
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
\set alice '''{"sub": "00000000-0000-4000-8000-0000000000a1"}'''
SET search_path = "Ledger of ""main""", public;
SELECT ledger, accounts, transfers, operator, entries, holds FROM atomic.ledgers;
SELECT oid::regclass AS "table", relowner::regrole, relrowsecurity FROM pg_class WHERE oid IN ('accounts'::regclass, 'transfers'::regclass, 'entries'::regclass, 'holds'::regclass) ORDER BY relname;
SELECT owner_id, balance, held, min_balance, max_balance, version FROM accounts ORDER BY id;
SELECT amount, captured_amount, status, idempotency_key FROM holds ORDER BY amount;
SELECT ledger, key FROM atomic.operation_keys ORDER BY ledger, key;
SELECT scope, role, user_id, key, request, response FROM atomic.work_keys ORDER BY scope, key;

BEGIN;
SET LOCAL ROLE app_owner;
SELECT check_name, ok FROM atomic.verify_ledger('main');

-- An owner sees his rows; nobody sees none.
SET LOCAL ROLE authenticated;
SELECT count(*) FROM "Ledger of ""main""".accounts;
SET LOCAL request.jwt.claims = :alice;
SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM transfers) AS transfers,
       (SELECT count(*) FROM entries) AS entries, (SELECT count(*) FROM holds) AS holds;

-- Retries are answered as before, and pay nothing.
SELECT atomic.transfer_funds(:a, :b, 25, 'order 1', ledger => 'main') - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:a, :b, 4, 'order 1', ledger => 'side') - 'transfer_id' AS answer;
SELECT * FROM atomic.idempotent_begin('orders', 'order 1', '{"item": "a book"}');
SELECT * FROM atomic.idempotent_begin('orders', 'order 2', '{"item": "a lamp"}');
SELECT atomic.hold_funds(:a, :b, 10, idempotency_key => 'open', ledger => 'main') - 'hold_id' AS answer;
SAVEPOINT refused;
SELECT atomic.transfer_funds(:a, :b, 26, 'order 1', ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO refused;
SELECT atomic.transfer_funds(:b, :a, 1, ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO refused;

-- Operations go on.
SELECT atomic.transfer_funds(:a, :b, 0.5, 'order 3', ledger => 'main') - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:a, :b, 6, ledger => 'side') - 'transfer_id' AS answer;
RESET request.jwt.claims;
SET LOCAL ROLE app_owner;
SELECT * FROM atomic.idempotent_begin('jobs', 'daily', '{}');
SELECT (SELECT id FROM holds WHERE status = 'open' AND expires_at IS NULL) AS hold \gset
SELECT atomic.capture_hold(:'hold', 7, 'main') ->> 'released_amount' AS released;
SELECT atomic.expire_holds(ledger => 'main');
SELECT atomic.reverse_transfer(id, ledger => 'main') - 'transfer_id' AS answer FROM transfers WHERE idempotency_key = 'order 3';
SELECT amount, balance_after FROM atomic.statement(:a, ledger => 'main');
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger('main');

-- Nobody writes past them, the owner included.
SAVEPOINT guarded;
UPDATE accounts SET balance = 1000000;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO guarded;
INSERT INTO transfers SELECT * FROM transfers;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO guarded;
DELETE FROM entries;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO guarded;
TRUNCATE holds;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO guarded;
-- Detached, and taken again as it is.
SELECT atomic.detach_ledger('main');
SELECT atomic.create_ledger('main', 'Ledger of "main"');
SELECT atomic.balance(:a, ledger => 'main');
ROLLBACK;
