-- A subscriber that takes over after the publisher's last payment.
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
ALTER SUBSCRIPTION moved DISABLE;
SELECT setval('"Ledger of ""main""".entries_id_seq', max(id)) > 1 AS set FROM "Ledger of ""main""".entries;
SET ROLE app_owner;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger('main');
SELECT atomic.balance(:a, ledger => 'main'), atomic.available_balance(:a, 'main') AS available;
-- Retries pay nothing.
SELECT atomic.transfer_funds(:a, :b, 11, 'streamed', ledger => 'main') - 'transfer_id' AS answer;
SELECT atomic.hold_funds(:a, :b, 2, idempotency_key => 'promised', ledger => 'main') - 'hold_id' AS answer;
-- New payments go on, and nobody writes past them.
SELECT atomic.transfer_funds(:a, :b, 1, 'new', ledger => 'main') - 'transfer_id' AS answer;
UPDATE "Ledger of ""main""".accounts SET balance = 1000000;
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FILTER (WHERE ok) AS ok, count(*), (SELECT count(DISTINCT id) = count(*) FROM "Ledger of ""main""".entries) AS distinct_entries FROM atomic.verify_ledger('main');
