-- atomic.guard_ledger(): only operations write the tables of a created ledger.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set with_ledger :abs_srcdir '/include/ledger.psql'
BEGIN;
\i :roles
\i :with_ledger
-- Not their owner.
INSERT INTO main.accounts (id, currency) VALUES (:nobody, 'USD');
\echo :LAST_ERROR_SQLSTATE
UPDATE main.accounts SET balance = balance + 1;
\echo :LAST_ERROR_SQLSTATE
DELETE FROM main.accounts;
\echo :LAST_ERROR_SQLSTATE
TRUNCATE main.accounts;
\echo :LAST_ERROR_SQLSTATE
UPDATE main.transfers SET amount = 1;
\echo :LAST_ERROR_SQLSTATE
DELETE FROM main.transfers;
\echo :LAST_ERROR_SQLSTATE
TRUNCATE main.transfers;
\echo :LAST_ERROR_SQLSTATE
UPDATE main.entries SET amount = 1;
\echo :LAST_ERROR_SQLSTATE
DELETE FROM main.entries;
\echo :LAST_ERROR_SQLSTATE
TRUNCATE main.entries;
\echo :LAST_ERROR_SQLSTATE
INSERT INTO main.holds (id, from_id, to_id, amount) VALUES (:nobody, :a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
UPDATE main.holds SET status = 'voided';
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- Not a superuser by mistake either.
TRUNCATE main.accounts, main.entries;
\echo :LAST_ERROR_SQLSTATE

-- Not what a trigger does in the middle of an operation; the operation is undone with it.
CREATE FUNCTION main.forge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE main.accounts SET balance = balance + 1000 WHERE id = NEW.to_id;
  RETURN NULL;
END $$;
CREATE TRIGGER forge AFTER INSERT ON main.transfers FOR EACH ROW EXECUTE FUNCTION main.forge();
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER forge ON main.transfers;
-- A trigger that changes the row itself is found out; one that calls an operation is not.
CREATE FUNCTION main.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'accounts' THEN NEW.balance := NEW.balance + 1;
    WHEN 'entries' THEN NEW.balance_after := NEW.balance_after + 1;
    WHEN 'transfers' THEN NEW.amount := NEW.amount + 1;
  END CASE;
  RETURN NEW;
END $$;
CREATE TRIGGER meddle BEFORE UPDATE ON main.accounts FOR EACH ROW EXECUTE FUNCTION main.meddle();
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER meddle ON main.accounts;
CREATE TRIGGER meddle BEFORE INSERT ON main.entries FOR EACH ROW EXECUTE FUNCTION main.meddle();
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER meddle ON main.entries;
CREATE TRIGGER meddle BEFORE INSERT ON main.transfers FOR EACH ROW EXECUTE FUNCTION main.meddle();
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER meddle ON main.transfers;
CREATE FUNCTION main.fee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.metadata ->> 'fee' IS NULL THEN
    PERFORM atomic.transfer_funds(NEW.from_id, '00000000-0000-4000-8000-00000000000c', 0.1, metadata => '{"fee": true}');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER fee AFTER INSERT ON main.transfers FOR EACH ROW EXECUTE FUNCTION main.fee();
SELECT atomic.transfer_funds(:a, :b, 1) ->> 'success' AS success;
SELECT atomic.balance(:a), atomic.balance(:b), atomic.balance(:cash);
SELECT count(*) FILTER (WHERE ok) AS ok, count(*) FROM atomic.verify_ledger();

-- Triggers on created tables run as their owner, get no further, and their errors arrive whole.
DROP TRIGGER fee ON main.transfers;
CREATE ROLE regress_victim;
CREATE TABLE main.log (line text);
ALTER TABLE main.log OWNER TO regress_bank;
CREATE FUNCTION main.snoop() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  command text;
BEGIN
  FOREACH command IN ARRAY ARRAY['RESET ROLE', 'SET LOCAL ROLE regress_victim', 'SET SESSION AUTHORIZATION DEFAULT', 'ALTER ROLE regress_bank SUPERUSER', 'TABLE atomic.operation_keys', 'DELETE FROM main.entries'] LOOP
    BEGIN
      EXECUTE command;
      INSERT INTO main.log VALUES (command || ': worked as ' || current_user);
    EXCEPTION WHEN OTHERS THEN
      INSERT INTO main.log VALUES (command || ': ' || SQLSTATE || ' as ' || current_user);
    END;
  END LOOP;
  IF NEW.amount = 0.02 THEN
    RAISE EXCEPTION 'plan used up' USING ERRCODE = 'PT402', DETAIL = 'a detail', CONSTRAINT = 'a constraint';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER snoop AFTER INSERT ON main.entries FOR EACH ROW WHEN (NEW.amount > 0) EXECUTE FUNCTION main.snoop();
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT atomic.transfer_funds(:a, :b, 0.01) ->> 'success' AS success;
DO $$
DECLARE
  detail text; con text;
BEGIN
  PERFORM * FROM atomic.transfer_batch(ARRAY['00000000-0000-4000-8000-00000000000a']::uuid[], ARRAY['00000000-0000-4000-8000-00000000000b']::uuid[], '{0.02}', mode => 'each');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, con = CONSTRAINT_NAME;
  RAISE NOTICE '% % % % %', SQLSTATE, SQLERRM, detail, con, current_user;
END $$;
RESET ROLE;
SELECT line FROM main.log;
DROP TRIGGER snoop ON main.entries;

-- It is a trigger and nothing else.
SELECT atomic.guard_ledger();
\echo :LAST_ERROR_SQLSTATE
-- A ledger attached over such tables, which would not write entries, cannot write either.
SELECT atomic.attach_ledger('over', 'main.accounts', 'main.transfers', '{"transfer_id": "id"}');
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'over');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
