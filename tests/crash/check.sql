-- Every acknowledged transfer is there, with its entries, and the sum is exact.
SELECT count(*) > 100 AS enough, count(*) = count(DISTINCT transfer_id) AS distinct FROM acknowledged WHERE round = :round;
SELECT count(*) AS lost FROM acknowledged a WHERE NOT EXISTS (SELECT FROM main.transfers t WHERE t.id = a.transfer_id);
SELECT count(*) AS without_entries FROM acknowledged a LEFT JOIN (SELECT transfer_id, count(*) FROM main.entries GROUP BY transfer_id) e USING (transfer_id) WHERE e.count IS DISTINCT FROM 2;
SELECT sum(balance) AS sum FROM main.accounts;
SELECT check_name, ok FROM atomic.verify_ledger() WHERE NOT ok;
-- Keys agree: a retry of what was written is answered, and pays nothing.
SELECT answer -> 'replayed' AS replayed, answer ->> 'transfer_id' = id::text AS same, count(*) > 100 AS enough
FROM (SELECT id, atomic.transfer_funds(from_id, to_id, amount, idempotency_key, metadata) AS answer
      FROM main.transfers WHERE idempotency_key IS NOT NULL) AS retry
GROUP BY replayed, same;
SELECT atomic.transfer_funds(account(1), account(2), 1) ->> 'success' AS goes_on;
