-- Every acknowledged transfer is there, with its entries, and the sum is exact.
SELECT count(*) > 100 AS enough, count(*) = count(DISTINCT transfer_id) AS distinct FROM acknowledged WHERE round = :round;
SELECT count(*) AS lost FROM acknowledged a WHERE NOT EXISTS (SELECT FROM main.transfers t WHERE t.id = a.transfer_id);
SELECT count(*) AS without_entries FROM acknowledged a LEFT JOIN (SELECT transfer_id, count(*) FROM main.entries GROUP BY transfer_id) e USING (transfer_id) WHERE e.count IS DISTINCT FROM 2;
SELECT sum(balance) AS sum FROM main.accounts;
SELECT check_name, ok FROM atomic.verify_ledger() WHERE NOT ok;
-- Keys agree: what was written has its key stored, and nothing else has.
SELECT count(*) AS keys_that_disagree
FROM (SELECT from_id, idempotency_key, id::text FROM main.transfers WHERE idempotency_key IS NOT NULL) t
FULL JOIN (SELECT payer, key, response ->> 'transfer_id' AS id FROM atomic.operation_keys) k ON k.payer = t.from_id AND k.key = t.idempotency_key
WHERE k.id IS DISTINCT FROM t.id;
SELECT atomic.transfer_funds(account(1), account(2), 1) ->> 'success' AS goes_on;
