-- atomic.transfer_funds(): idempotency keys of a created ledger, whose transfers carry them. Payer and key make
-- the transfer's id; a retry is answered from the transfer and from its payer's entry.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger

-- The id is a name-based UUID of version 8, which anybody can compute.
CREATE FUNCTION pg_temp.name(payer uuid, key text) RETURNS uuid LANGUAGE sql AS $$
  SELECT encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid
  FROM (SELECT substring(sha256(uuid_send(payer) || convert_to(key, 'UTF8')) FOR 16)) AS hash (h)
$$;
CREATE FUNCTION pg_temp.pay(payer uuid, payee uuid, amount numeric, key text, metadata jsonb DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', CASE WHEN answer ->> 'transfer_id' = pg_temp.name(payer, key)::text THEN 'named' END,
                   answer ->> 'new_balance', CASE WHEN (answer ->> 'replayed')::bool THEN 'replayed' END, answer -> 'error' ->> 'code')
  FROM atomic.transfer_funds(payer, payee, amount, key, metadata, on_error => 'return') AS answer
$$;
SELECT pg_temp.pay(:a, :b, 10, 'key'), pg_temp.pay(:b, :a, 1, 'key') AS of_another_payer;
SELECT key = '' AS none, pg_temp.pay(:a, :b, 0.01, key) AS first, pg_temp.pay(:a, :b, 0.01, key) AS second
FROM unnest(ARRAY['Zoë''s "key" \ 🔑', 'key ', repeat('x', 255)]) AS key;

-- What was answered then is answered now, though the account has moved on.
SELECT pg_temp.pay(:cash, :a, 1000, 'later'), pg_temp.pay(:a, :b, 10.000, 'key') AS as_then;
SELECT pg_temp.pay(:a, :b, 11, 'key') AS other_amount, pg_temp.pay(:a, :cash, 10, 'key') AS other_payee, pg_temp.pay(:a, :b, 10, 'key', '{}') AS other_metadata;

-- Metadata are compared as JSON; null in JSON is something, and so is much.
SELECT pg_temp.pay(:a, :b, 1, 'data', '{"n": 1.50, "m": [1]}'), pg_temp.pay(:a, :b, 1, 'data', '{"m": [1], "n": 1.5}') AS same, pg_temp.pay(:a, :b, 1, 'data', '{"n": 1.5}') AS other;
SELECT pg_temp.pay(:a, :b, 1, 'null', 'null'), pg_temp.pay(:a, :b, 1, 'null', 'null') AS same, pg_temp.pay(:a, :b, 1, 'null') AS other;
SELECT jsonb_object_agg(n, md5(n::text)) AS much FROM generate_series(1, 10000) n \gset
SELECT pg_temp.pay(:a, :b, 1, 'much', :'much'), pg_temp.pay(:a, :b, 1, 'much', :'much') AS same, pg_temp.pay(:a, :b, 1, 'much', :'much'::jsonb - '7') AS other;

-- A leg of a batch is the same transfer as one of its own; a reversal or a hold is another thing.
SELECT ord, transfer_id = pg_temp.name(:a, key) AS named, code, from_balance
FROM atomic.transfer_batch(ARRAY[:a, :a, :a, :a]::uuid[], ARRAY[:b, :b, :b, :b]::uuid[], ARRAY[10, 2, 2, 3], ARRAY['key', 'leg', 'leg', 'leg'], 'each') JOIN unnest(ARRAY['key', 'leg', 'leg', 'leg']) WITH ORDINALITY AS k (key, ord) USING (ord) ORDER BY ord;
SELECT pg_temp.pay(:a, :b, 2, 'leg') AS as_then;
SELECT id FROM main.transfers WHERE idempotency_key = 'leg' \gset
SELECT answer ->> 'transfer_id' = pg_temp.name(:b, 'back')::text AS named, answer -> 'replayed' AS replayed FROM atomic.reverse_transfer(:'id', 'back') AS answer;
SELECT answer ->> 'transfer_id' = pg_temp.name(:b, 'back')::text AS named, answer -> 'replayed' AS replayed FROM atomic.reverse_transfer(:'id', 'back') AS answer;
SELECT pg_temp.pay(:b, :a, 2, 'back') AS of_a_reversal;
SELECT atomic.reverse_transfer(pg_temp.name(:a, 'data'), 'back');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, :b, 10, idempotency_key => 'key');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.hold_funds(:a, :b, 10, idempotency_key => 'hold') -> 'replayed' AS replayed;
SELECT pg_temp.pay(:a, :b, 10, 'hold') AS of_a_hold, atomic.hold_funds(:a, :b, 10, idempotency_key => 'hold') -> 'replayed' AS replayed;
SELECT code FROM atomic.transfer_batch(ARRAY[:a]::uuid[], ARRAY[:b]::uuid[], ARRAY[10], ARRAY['hold'], 'each');

-- A refused transfer and one that is rolled back leave the key free.
SELECT pg_temp.pay(:a, :b, 100000, 'free');
SAVEPOINT before;
SELECT pg_temp.pay(:a, :b, 1, 'free');
ROLLBACK TO before;
SELECT pg_temp.pay(:a, :b, 2, 'free');

-- No index but that of ids is needed, and where a trigger stands before the rows it is all the same; unless it
-- writes what would be answered otherwise.
DROP INDEX main.accounts_id_idx;
SELECT pg_temp.pay(:a, :b, 1, 'by tree'), pg_temp.pay(:a, :b, 1, 'by tree') AS second;
CREATE FUNCTION main.change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.idempotency_key := replace(NEW.idempotency_key, 'changed', 'otherwise');
  NEW.from_version := NEW.from_version + (NEW.idempotency_key = 'version')::int;
  NEW.metadata := CASE NEW.idempotency_key WHEN 'data of it' THEN '{}' ELSE NEW.metadata END;
  RETURN NEW;
END $$;
CREATE TRIGGER change BEFORE INSERT ON main.transfers FOR EACH ROW EXECUTE FUNCTION main.change();
SELECT pg_temp.pay(:a, :b, 1, 'statement'), pg_temp.pay(:a, :b, 1, 'statement') AS second, pg_temp.pay(:a, :b, 10, 'key') AS earlier, pg_temp.pay(:a, :b, 9, 'key') AS other;
SELECT pg_temp.pay(:a, :b, 1, 'changed');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.pay(:a, :b, 1, 'version');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.pay(:a, :b, 1, 'data of it');
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER change ON main.transfers;

-- Holds alone have rows in the private table.
RESET ROLE;
SELECT ledger, key FROM atomic.operation_keys;
SET LOCAL ROLE regress_bank;
SELECT check_name, detail FROM atomic.verify_ledger() WHERE NOT ok;
ROLLBACK;
