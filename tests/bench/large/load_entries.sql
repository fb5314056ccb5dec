-- The entries of what load_created.sql fills a ledger with, see there.
SET session_replication_role = replica;
SET search_path = :"ledger", public;
-- Account 0 pays only.
INSERT INTO entries (account_id, transfer_id, amount, balance_after, account_version, created_at)
SELECT account(0), transfer(n), -1000000.00, -1000000.00 * n, n, '2025-01-01'
FROM generate_series(1, :accounts) n;
-- The others: their first money, then in each round a credit and a debit; the first account pays first.
INSERT INTO entries (account_id, transfer_id, amount, balance_after, account_version, created_at)
SELECT account(n),
       transfer(CASE WHEN r = 0 THEN n WHEN debit THEN r * :accounts + n WHEN n > 1 THEN r * :accounts + n - 1 ELSE (r + 1) * :accounts END),
       CASE WHEN r = 0 THEN 1000000.00 WHEN debit THEN -0.01 ELSE 0.01 END,
       1000000.00 + CASE WHEN r = 0 OR debit = (n > 1) THEN 0.00 WHEN debit THEN -0.01 ELSE 0.01 END,
       CASE WHEN r = 0 THEN 1 ELSE 2 * r + (debit = (n > 1))::int END,
       '2025-01-01'::timestamptz + r * interval '1 hour'
FROM generate_series(1, :accounts) n,
     (SELECT r, side = 1 AS debit FROM generate_series(0, :rounds - 1) r, generate_series(0, 1) side WHERE r > 0 OR side = 0 ORDER BY r, side) x;
