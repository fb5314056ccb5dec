-- Fills a created ledger, :ledger, with :accounts accounts and :rounds transfers to each, as a restore would:
-- past the guard, and consistent to the last entry, which load_entries.sql writes. First account 0 pays 1,000,000 to everybody; in each
-- round after that everybody pays a cent to his neighbour, the first one first and the last one to the first,
-- so that all balances are known. In the order of accounts, which every index takes at its end.
SET session_replication_role = replica;
SET search_path = :"ledger", public;
INSERT INTO accounts (id, owner_id, currency, balance, min_balance, version)
SELECT account(n), account(n), 'USD', CASE WHEN n > 0 THEN 1000000.00 ELSE -1000000.00 * :accounts END,
       CASE WHEN n > 0 THEN 0 END, CASE WHEN n > 0 THEN 2 * :rounds - 1 ELSE :accounts END
FROM generate_series(0, :accounts) n;
INSERT INTO transfers (id, from_id, to_id, amount, currency, created_at, from_version)
SELECT transfer(r * :accounts + n), account(CASE WHEN r > 0 THEN n ELSE 0 END),
       account(CASE WHEN r = 0 THEN n WHEN n < :accounts THEN n + 1 ELSE 1 END),
       CASE WHEN r > 0 THEN 0.01 ELSE 1000000.00 END, 'USD', '2025-01-01'::timestamptz + r * interval '1 hour',
       CASE WHEN r = 0 THEN n WHEN n = 1 THEN 2 * r ELSE 2 * r + 1 END
FROM generate_series(0, :rounds - 1) r, generate_series(1, :accounts) n;
