-- Triggers on the table of holds run when balances were read and are not written yet: whatever they
-- do, no money appears or vanishes, and what operations read and write has the type it had.
\set ON_ERROR_ROLLBACK on
\set VERBOSITY terse
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
\set c '''00000000-0000-4000-8000-00000000000c'''
BEGIN;
CREATE ROLE regress_bank;
GRANT USAGE ON SCHEMA atomic TO regress_bank;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA atomic TO regress_bank;
GRANT CREATE ON DATABASE :DBNAME TO regress_bank;
SET LOCAL ROLE regress_bank;
SELECT atomic.create_ledger('bank');
SELECT count(atomic.open_account(id, min_balance => CASE id WHEN :a THEN NULL ELSE 0 END, id => id)) FROM unnest(ARRAY[:a, :b, :c]::uuid[]) id;
SELECT atomic.transfer_funds(:a, :b, 100) ->> 'new_balance' AS a;
SELECT atomic.hold_funds(:b, :a, 5) ->> 'hold_id' AS hold \gset
SELECT atomic.hold_funds(:b, :a, 7, '1 microsecond') ->> 'success' AS success;
CREATE FUNCTION bank.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE current_setting('regress.act'); RETURN NULL; END $$;
CREATE TRIGGER fire AFTER INSERT OR UPDATE ON bank.holds FOR EACH ROW EXECUTE FUNCTION bank.fire();
CREATE FUNCTION bank.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;

-- Operations of the same ledger, from there: with accounts that are written row by row, and by
-- statements.
CREATE PROCEDURE bank.try(act text) LANGUAGE plpgsql AS $$
DECLARE
  call text;
  said text;
BEGIN
  PERFORM set_config('regress.act', act, true);
  FOREACH call IN ARRAY ARRAY[
    'SELECT atomic.hold_funds(''00000000-0000-4000-8000-00000000000b'', ''00000000-0000-4000-8000-00000000000a'', 10)',
    format('SELECT atomic.capture_hold(%L)', current_setting('regress.hold')),
    format('SELECT atomic.void_hold(%L)', current_setting('regress.hold')),
    'SELECT atomic.expire_holds()',
    'SELECT atomic.transfer_funds(''00000000-0000-4000-8000-00000000000b'', ''00000000-0000-4000-8000-00000000000a'', 10)'] LOOP
    BEGIN
      EXECUTE call;
      said := 'done';
      RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE <> 'ZZ000' THEN said := SQLSTATE || ' ' || SQLERRM; END IF;
    END;
    RAISE NOTICE '%: %', substring(call FROM 'atomic\.\w+'), said;
  END LOOP;
END $$;
SELECT set_config('regress.hold', :'hold', true) \g /dev/null
SET LOCAL client_min_messages = notice;
CALL bank.try('SELECT atomic.transfer_funds(''00000000-0000-4000-8000-00000000000b'', ''00000000-0000-4000-8000-00000000000c'', 1)');
CALL bank.try('SELECT atomic.set_account(''00000000-0000-4000-8000-00000000000b'', ''frozen'')');
CREATE TRIGGER nothing AFTER UPDATE ON bank.accounts EXECUTE FUNCTION bank.nothing();
CALL bank.try('SELECT count(*) FROM atomic.transfer_batch(''{00000000-0000-4000-8000-00000000000b}'', ''{00000000-0000-4000-8000-00000000000c}'', ''{1}'')');
DROP TRIGGER nothing ON bank.accounts;
-- Reading is fine.
CALL bank.try('SELECT atomic.available_balance(''00000000-0000-4000-8000-00000000000b'')');

-- Changes of the tables that rows are about to be written to.
CALL bank.try('ALTER TABLE bank.accounts ALTER version DROP DEFAULT, ALTER version TYPE text');
CALL bank.try('ALTER TABLE bank.accounts DROP COLUMN held');
CALL bank.try('CLUSTER bank.accounts USING accounts_pkey');
CALL bank.try('ALTER TABLE bank.entries ADD COLUMN more int DEFAULT 1');
CALL bank.try('CREATE TRIGGER nothing BEFORE INSERT ON bank.transfers FOR EACH ROW EXECUTE FUNCTION bank.nothing()');
-- Others go on.
CALL bank.try('ALTER TABLE bank.accounts SET (fillfactor = 90)');
RESET client_min_messages;
DROP TRIGGER fire ON bank.holds;
SELECT atomic.transfer_funds(:b, :c, 1) ->> 'new_balance' AS b;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();

-- Triggers on accounts may call operations, in the middle of one that ends holds and goes on, too.
SAVEPOINT fee;
CREATE FUNCTION bank.fee() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM atomic.transfer_funds(NEW.id, '00000000-0000-4000-8000-00000000000c', 1); RETURN NULL; END $$;
CREATE TRIGGER fee AFTER UPDATE ON bank.accounts FOR EACH ROW WHEN (NEW.held < OLD.held) EXECUTE FUNCTION bank.fee();
SELECT atomic.hold_funds(:b, :a, 1, '1 microsecond') ->> 'success' AS success;
SELECT atomic.transfer_funds(:b, :a, 10) ->> 'new_balance' AS b;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
CREATE TRIGGER nothing AFTER UPDATE ON bank.accounts EXECUTE FUNCTION bank.nothing();
SELECT atomic.hold_funds(:b, :a, 1, '1 microsecond') ->> 'success' AS success;
SELECT atomic.transfer_funds(:b, :a, 10) ->> 'new_balance' AS b;
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();
ROLLBACK TO fee;

-- Columns that became something else are not read.
SAVEPOINT types;
ALTER TABLE bank.holds DROP CONSTRAINT holds_amount_check, DROP CONSTRAINT holds_check1, ALTER amount TYPE int;
SELECT atomic.capture_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO types;
ALTER TABLE bank.holds DROP CONSTRAINT holds_status_check, ALTER status DROP DEFAULT;
DROP INDEX bank.holds_expires_at_idx;
ALTER TABLE bank.holds ALTER status TYPE int USING 1;
SELECT atomic.void_hold(:'hold');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO types;
CREATE TRIGGER nothing AFTER UPDATE ON bank.accounts EXECUTE FUNCTION bank.nothing();
ALTER TABLE bank.accounts ALTER status DROP DEFAULT, ALTER status TYPE int USING 1;
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO types;
ALTER TABLE bank.entries DROP COLUMN created_at;
SELECT atomic.balance(:a);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO types;
SELECT atomic.detach_ledger('bank');
ALTER TABLE bank.accounts ALTER version DROP DEFAULT, ALTER version TYPE int;
SELECT atomic.create_ledger('bank');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO types;
ROLLBACK;
