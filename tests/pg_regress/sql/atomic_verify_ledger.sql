-- atomic.verify_ledger(): proves that the rows of a ledger agree, and finds one that does not.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
SELECT atomic.hold_funds(:a, :b, 10) ->> 'success' AS held;
SELECT atomic.hold_funds(:a, :b, 10) ->> 'hold_id' AS hold \gset
SELECT atomic.capture_hold(:'hold', 4) ->> 'success' AS captured;
SELECT atomic.hold_funds(:a, :b, 3) ->> 'hold_id' AS hold \gset
SELECT atomic.void_hold(:'hold') ->> 'success' AS voided;
SELECT atomic.transfer_funds(:a, :b, 20) ->> 'transfer_id' AS transfer \gset
SELECT atomic.reverse_transfer(:'transfer') ->> 'success' AS reversed;
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000d1', 'JPY', id => '00000000-0000-4000-8000-0000000000d1') \g /dev/null
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000d2', 'JPY', -5, id => '00000000-0000-4000-8000-0000000000d2') \g /dev/null
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000d2', '00000000-0000-4000-8000-0000000000d1', 5) ->> 'success' AS success;
SELECT * FROM atomic.verify_ledger('main');

-- Every single change of a row that means money, each on its own: guards and constraints out of the
-- way, one statement, and what the checks say. A line without a check would be a miss.
RESET ROLE;
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS sql
    FROM pg_constraint WHERE connamespace = 'main'::regnamespace AND (contype = 'c' OR conname = 'entries_pkey')
    UNION ALL
    SELECT format('ALTER TABLE %s DISABLE TRIGGER USER', oid::regclass) FROM pg_class WHERE relnamespace = 'main'::regnamespace AND relkind = 'r'
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE indisunique AND NOT indisprimary AND relnamespace = 'main'::regnamespace
    UNION ALL
    SELECT format('ALTER TABLE %s ALTER %I DROP NOT NULL', attrelid::regclass, attname)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND relkind = 'r'
    WHERE relnamespace = 'main'::regnamespace AND attnotnull AND attnum > 0 AND attname <> 'id'
  LOOP
    EXECUTE one.sql;
  END LOOP;
END $$;
CREATE FUNCTION pg_temp.corrupt(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  failed text;
  changed int;
BEGIN
  BEGIN
    EXECUTE sql;
    GET DIAGNOSTICS changed = ROW_COUNT;
    SELECT string_agg(check_name, ', ') INTO failed FROM atomic.verify_ledger() WHERE NOT ok;
    RAISE division_by_zero;
  EXCEPTION WHEN division_by_zero THEN
    RETURN changed || ' row: ' || coalesce(failed, 'MISSED');
  END;
END $$;
CREATE TEMPORARY TABLE corruption (n int GENERATED ALWAYS AS IDENTITY, sql text);
INSERT INTO corruption (sql) VALUES
  ($$UPDATE main.accounts SET balance = balance + 0.01 WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET balance = 'NaN' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET balance = 'Infinity' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET balance = NULL WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET held = held - 0.01 WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET held = 'NaN' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET held = NULL WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET version = version + 1 WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET version = NULL WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET currency = 'EUR' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET currency = NULL WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET status = 'closed' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET status = 'odd' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET status = NULL WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET min_balance = 1000 WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET min_balance = 'NaN' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET max_balance = 0 WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$UPDATE main.accounts SET id = '00000000-0000-4000-8000-0000000000dd' WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$DELETE FROM main.accounts WHERE id = '00000000-0000-4000-8000-00000000000a'$$),
  ($$DELETE FROM main.accounts WHERE id = '00000000-0000-4000-8000-0000000000d1'$$),
  ($$INSERT INTO main.accounts (id, currency, balance) VALUES ('00000000-0000-4000-8000-0000000000dd', 'USD', 1)$$),
  ($$UPDATE main.transfers SET amount = amount + 1 WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET amount = 'NaN' WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET amount = NULL WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET from_id = to_id, to_id = from_id WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET to_id = '00000000-0000-4000-8000-00000000000b' WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET currency = 'EUR' WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET created_at = created_at + interval '1 second' WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET idempotency_key = 'key' WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET from_version = from_version + 1 WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET from_version = NULL WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET id = '00000000-0000-4000-8000-0000000000dd' WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$DELETE FROM main.transfers WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$UPDATE main.transfers SET reverses_id = (SELECT min(id::text)::uuid FROM main.transfers) WHERE reverses_id IS NOT NULL$$),
  ($$UPDATE main.transfers SET reverses_id = '00000000-0000-4000-8000-0000000000dd' WHERE hold_id IS NOT NULL$$),
  ($$UPDATE main.transfers SET hold_id = NULL WHERE hold_id IS NOT NULL$$),
  ($$UPDATE main.transfers SET hold_id = '00000000-0000-4000-8000-0000000000dd' WHERE id = (SELECT min(id::text)::uuid FROM main.transfers)$$),
  ($$INSERT INTO main.transfers SELECT '00000000-0000-4000-8000-0000000000dd', from_id, to_id, amount, currency, NULL, NULL, NULL, NULL, created_at FROM main.transfers LIMIT 1$$),
  ($$UPDATE main.entries SET amount = amount + 1 WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET amount = 'NaN' WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET amount = NULL WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET balance_after = balance_after + 1 WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET balance_after = NULL WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET account_version = 100 WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET account_version = NULL WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET account_id = '00000000-0000-4000-8000-00000000000b' WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET transfer_id = '00000000-0000-4000-8000-0000000000dd' WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$UPDATE main.entries SET created_at = created_at - interval '1 second' WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$DELETE FROM main.entries WHERE id = (SELECT min(id) FROM main.entries)$$),
  ($$DELETE FROM main.entries WHERE id = (SELECT max(id) FROM main.entries)$$),
  ($$INSERT INTO main.entries (account_id, transfer_id, amount, balance_after, account_version, created_at) SELECT account_id, transfer_id, 0, balance_after, account_version + 1, created_at FROM main.entries ORDER BY id DESC LIMIT 1$$),
  ($$UPDATE main.holds SET amount = amount + 1 WHERE status = 'open'$$),
  ($$UPDATE main.holds SET amount = 'NaN' WHERE status = 'open'$$),
  ($$UPDATE main.holds SET amount = NULL WHERE status = 'open'$$),
  ($$UPDATE main.holds SET status = 'captured' WHERE status = 'open'$$),
  ($$UPDATE main.holds SET status = 'voided' WHERE status = 'open'$$),
  ($$UPDATE main.holds SET status = 'odd' WHERE status = 'voided'$$),
  ($$UPDATE main.holds SET status = NULL WHERE status = 'voided'$$),
  ($$UPDATE main.holds SET captured_amount = captured_amount + 1 WHERE status = 'captured'$$),
  ($$UPDATE main.holds SET captured_amount = 1 WHERE status = 'voided'$$),
  ($$UPDATE main.holds SET captured_amount = NULL WHERE status = 'voided'$$),
  ($$UPDATE main.holds SET from_id = '00000000-0000-4000-8000-00000000000c' WHERE status = 'open'$$),
  ($$UPDATE main.holds SET to_id = '00000000-0000-4000-8000-00000000000c' WHERE status = 'captured'$$),
  ($$UPDATE main.holds SET to_id = '00000000-0000-4000-8000-0000000000dd' WHERE status = 'open'$$),
  ($$DELETE FROM main.holds WHERE status = 'open'$$),
  ($$DELETE FROM main.holds WHERE status = 'captured'$$);
SELECT n, regexp_replace(sql, '00000000-0000-4000-8000-000000000', '..') AS statement, pg_temp.corrupt(sql) AS found FROM corruption ORDER BY n;
SELECT count(*) AS missed FROM corruption WHERE pg_temp.corrupt(sql) LIKE '%MISSED' OR pg_temp.corrupt(sql) NOT LIKE '1 row%';

-- The first ten are named.
DELETE FROM main.entries;
SELECT check_name, ok, detail -> 'bad' AS bad, jsonb_array_length(detail -> 'first') AS named FROM atomic.verify_ledger();

-- Who: operators.
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT * FROM atomic.verify_ledger();
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.verify_ledger('nowhere');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE TABLE main.old (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TABLE main.old_transfers (from_id uuid, to_id uuid, amount numeric);
SELECT atomic.attach_ledger('old', 'main.old', 'main.old_transfers');
SELECT * FROM atomic.verify_ledger('old');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
