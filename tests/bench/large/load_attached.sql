-- Fills attached tables, in schema :ledger, with :accounts accounts and :rounds transfers to each.
SET search_path = :"ledger", public;
INSERT INTO accounts SELECT account(n), account(n), 1000000 FROM generate_series(1, :accounts) n;
INSERT INTO transfers
SELECT transfer(r * :accounts + n), account(n), account(n % :accounts + 1), 0.01, '2025-01-01'::timestamptz + r * interval '1 hour'
FROM generate_series(0, :rounds - 1) r, generate_series(1, :accounts) n;
