-- atomic.transfer_funds() and atomic.transfer_batch() write plain tables row by row, others by
-- statements: whatever the tables are like, the same calls have the same answers, errors and rows.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE ROLE regress_bank;
GRANT USAGE ON SCHEMA atomic TO regress_bank;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA atomic TO regress_bank;
GRANT CREATE ON DATABASE :DBNAME TO regress_bank;
SET LOCAL ROLE regress_bank;
CREATE SCHEMA tool;
CREATE TABLE tool.answers (variant text, step int, call text, answer text);

-- One bank for each way in which tables may differ. A trigger after each row notes whether a statement
-- wrote the row, and what it sees: the row before and after, and no more triggers around it than one.
CREATE FUNCTION tool.note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  context text;
BEGIN
  GET DIAGNOSTICS context = PG_CONTEXT;
  EXECUTE format('INSERT INTO %I.noted VALUES ($1, $2)', TG_TABLE_SCHEMA)
  USING context LIKE '%WITH paid AS%',
        concat_ws(' ', current_user, pg_trigger_depth(), TG_OP, to_jsonb(OLD) ->> 'balance', to_jsonb(NEW) ->> 'balance', to_jsonb(NEW) ->> 'amount');
  RETURN NULL;
END $$;
CREATE FUNCTION tool.pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION tool.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION tool.number() RETURNS int LANGUAGE sql AS 'SELECT 7';
CREATE DOMAIN tool.money AS numeric(8,2) CHECK (VALUE > -1);
CREATE PROCEDURE tool.make(variant text, more_of_transfers text, afterwards text) LANGUAGE plpgsql AS $make$
BEGIN
  EXECUTE format('CREATE SCHEMA %I', variant);
  PERFORM set_config('search_path', quote_ident(variant), true);
  CREATE TABLE accounts (gone int, id uuid PRIMARY KEY, owner_id uuid, balance numeric(8,2) CHECK (balance >= 0), currency char(3), wide text);
  CREATE TABLE transfers (gone int, id uuid PRIMARY KEY, from_id uuid REFERENCES accounts, to_id uuid REFERENCES accounts,
    amount numeric(8,2) CHECK (amount <> 66), status text NOT NULL DEFAULT upper('new'), at timestamptz NOT NULL DEFAULT now());
  ALTER TABLE accounts DROP COLUMN gone;
  ALTER TABLE transfers DROP COLUMN gone;
  EXECUTE 'ALTER TABLE transfers ADD COLUMN number int DEFAULT 7' || more_of_transfers;
  CREATE TABLE noted (statement boolean, what text);
  INSERT INTO accounts
  SELECT format('00000000-0000-4000-8000-00000000000%s', n)::uuid, format('00000000-0000-4000-8000-0000000000a%s', n)::uuid,
         CASE WHEN n < 4 THEN 1000 ELSE 0 END, CASE WHEN n = 3 THEN 'EUR' ELSE 'USD' END, repeat(n::text, 9000)
  FROM generate_series(1, 5) n;
  -- A column that older rows do not have.
  ALTER TABLE accounts ADD COLUMN late int DEFAULT 5;
  ALTER TABLE accounts ADD CHECK (tableoid = 'accounts'::regclass);
  EXECUTE afterwards;
  PERFORM atomic.attach_ledger(variant, 'accounts', 'transfers', '{"transfer_id": "id", "currency": "currency"}');
  CREATE TRIGGER note_update AFTER UPDATE OF balance ON accounts FOR EACH ROW WHEN (OLD.balance <> NEW.balance) EXECUTE FUNCTION tool.note();
  CREATE TRIGGER note_insert AFTER INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION tool.note();
  PERFORM set_config('search_path', 'public', true);
END $make$;
CALL tool.make('plain', '', '');
CALL tool.make('before_row', '', 'CREATE TRIGGER pass BEFORE INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION tool.pass();
  CREATE TRIGGER pass BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION tool.pass()');
CALL tool.make('each_statement', '', 'CREATE TRIGGER nothing AFTER UPDATE ON accounts EXECUTE FUNCTION tool.nothing()');
CALL tool.make('transition', '', 'CREATE TRIGGER nothing AFTER INSERT ON transfers REFERENCING NEW TABLE AS added EXECUTE FUNCTION tool.nothing()');
CALL tool.make('generated', ', ADD COLUMN twice numeric GENERATED ALWAYS AS (amount * 2) STORED', '');
CALL tool.make('own_default', ', ADD COLUMN more int DEFAULT tool.number()', '');
CALL tool.make('domain', '', 'ALTER TABLE accounts ALTER balance TYPE tool.money');
CALL tool.make('partitioned', '', 'DROP TABLE transfers;
  CREATE TABLE transfers (id uuid PRIMARY KEY, from_id uuid REFERENCES accounts, to_id uuid REFERENCES accounts,
    amount numeric(8,2) CONSTRAINT transfers_amount_check CHECK (amount <> 66), status text NOT NULL DEFAULT upper(''new''), at timestamptz NOT NULL DEFAULT now(), number int DEFAULT 7)
    PARTITION BY HASH (id);
  CREATE TABLE part PARTITION OF transfers FOR VALUES WITH (MODULUS 1, REMAINDER 0)');

-- The calls. $ stands for an account's id without its last digit.
CREATE PROCEDURE tool.run(ledger text, step int, call text) LANGUAGE plpgsql AS $run$
DECLARE
  said text;
  detail text;
  named text;
BEGIN
  BEGIN
    EXECUTE replace(replace(call, '$', '00000000-0000-4000-8000-00000000000'), '@', ledger) INTO said;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, named = CONSTRAINT_NAME;
    -- Rows are shown with ids that differ.
    said := concat_ws(' | ', SQLSTATE, replace(said, 'relation "part"', 'relation "transfers"'), nullif(regexp_replace(detail, 'Failing row .*', 'row'), ''), nullif(named, ''));
  END;
  INSERT INTO tool.answers VALUES (ledger, step, call, said);
END $run$;
CREATE PROCEDURE tool.run_all(ledger text) LANGUAGE plpgsql AS $all$
DECLARE
  calls text[] := ARRAY[
    $$SELECT atomic.transfer_funds('$1', '$2', 12.5, ledger => '@') - 'transfer_id'$$,
    $$SELECT atomic.transfer_funds('$2', '$1', 1000, ledger => '@') - 'transfer_id'$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 1.005, ledger => '@', on_error => 'return')$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 5000, ledger => '@', on_error => 'return')$$,
    $$SELECT atomic.transfer_funds('$1', '$9', 1, ledger => '@', on_error => 'return')$$,
    $$SELECT atomic.transfer_funds('$9', '$1', 1, ledger => '@', on_error => 'return')$$,
    $$SELECT atomic.transfer_funds('$1', '$3', 1, ledger => '@', on_error => 'return')$$,
    -- Of a constraint; of a precision; of a key.
    $$SELECT atomic.transfer_funds('$1', '$2', 66, ledger => '@') - 'transfer_id'$$,
    $$UPDATE @.accounts SET balance = 999999.99 WHERE id = '$4' RETURNING balance$$,
    $$SELECT atomic.transfer_funds('$1', '$4', 1, ledger => '@') - 'transfer_id'$$,
    $$UPDATE @.accounts SET balance = 10 WHERE id = '$4' RETURNING balance$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 7, 'key', ledger => '@') - 'transfer_id'$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 7.00, 'key', ledger => '@') - 'transfer_id'$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 8, 'key', ledger => '@', on_error => 'return')$$,
    $$SELECT array_agg((code, from_balance, to_balance) ORDER BY ord) FROM atomic.transfer_batch(
        '{$1,$2,$4,$1,$1}', '{$4,$4,$1,$9,$1}', '{5,6,11,1,1}', mode => 'each', ledger => '@')$$,
    $$SELECT count(*) FROM atomic.transfer_batch('{$1,$2}', '{$2,$1}', '{5,66}', ledger => '@')$$,
    -- What the owner does to his tables holds from the next call on.
    $$ALTER TABLE @.transfers ADD COLUMN needed int NOT NULL DEFAULT 1; ALTER TABLE @.transfers ALTER needed DROP DEFAULT; SELECT 'changed'$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 1, ledger => '@') - 'transfer_id'$$,
    $$ALTER TABLE @.transfers ALTER needed SET DEFAULT 3; SELECT 'changed'$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 1, ledger => '@') - 'transfer_id'$$,
    $$REVOKE INSERT ON @.transfers FROM regress_bank; SELECT 'revoked'$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 1, ledger => '@') - 'transfer_id'$$,
    $$GRANT INSERT ON @.transfers TO regress_bank; SELECT 'granted'$$,
    $$SELECT atomic.transfer_funds('$1', '$2', 1, ledger => '@') - 'transfer_id'$$];
BEGIN
  FOR n IN 1..cardinality(calls) LOOP
    CALL tool.run(ledger, n, calls[n]);
  END LOOP;
END $all$;
CALL tool.run_all('plain');
CALL tool.run_all('before_row');
CALL tool.run_all('each_statement');
CALL tool.run_all('transition');
CALL tool.run_all('generated');
CALL tool.run_all('own_default');
CALL tool.run_all('domain');
CALL tool.run_all('partitioned');

-- What plain tables answer, and who answers otherwise.
SELECT step, answer FROM tool.answers WHERE variant = 'plain' ORDER BY step;
SELECT a.variant, a.step, a.answer FROM tool.answers a JOIN tool.answers p USING (step)
WHERE p.variant = 'plain' AND a.answer IS DISTINCT FROM p.answer ORDER BY a.variant, a.step;

-- Which of them were written by statements, and what they hold in the end.
CREATE FUNCTION tool.state(variant text) RETURNS TABLE (ledger text, statement text, noted text, accounts text, transfers text)
LANGUAGE plpgsql AS $state$
BEGIN
  RETURN QUERY EXECUTE format($$
    SELECT %1$L,
      (SELECT string_agg(DISTINCT n.statement::text, ' ') FROM %1$I.noted n),
      (SELECT string_agg(n.what, ', ' ORDER BY n.what) FROM %1$I.noted n),
      (SELECT string_agg(concat_ws(' ', a.balance, a.currency, md5(a.wide), a.late), ', ' ORDER BY a.id) FROM %1$I.accounts a),
      (SELECT string_agg(concat_ws(' ', right(t.from_id::text, 1), right(t.to_id::text, 1), t.amount, t.status, t.number, t.needed, t.at = now()), ', ' ORDER BY t.id) FROM %1$I.transfers t)$$, variant);
END $state$;
SELECT s.ledger, s.statement, s.noted = p.noted AND s.accounts = p.accounts AND s.transfers = p.transfers AS as_plain
FROM unnest('{plain,before_row,each_statement,transition,generated,own_default,domain,partitioned}'::text[]) v,
  tool.state(v) s, tool.state('plain') p;
\x on
SELECT noted, accounts, transfers FROM tool.state('plain');
\x off

-- So are functions that constraints and defaults call, as they are at the call, though they call
-- themselves immutable.
SAVEPOINT functions;
\set VERBOSITY terse
CREATE FUNCTION tool.most() RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 10; END';
CREATE FUNCTION tool.word() RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN 'one'; END $$;
ALTER TABLE plain.transfers ADD CONSTRAINT at_most CHECK (amount <= tool.most()) NOT VALID, ALTER status SET DEFAULT tool.word();
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 5, ledger => 'plain') - 'transfer_id' AS answer;
CREATE OR REPLACE FUNCTION tool.word() RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN 'two'; END $$;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 5, ledger => 'plain') - 'transfer_id' AS answer;
SELECT status, count(*) FROM plain.transfers WHERE amount = 5 AND status <> 'NEW' GROUP BY 1 ORDER BY 1;
CREATE OR REPLACE FUNCTION tool.most() RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 5, ledger => 'plain') - 'transfer_id' AS answer;
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE plain.transfers ALTER status SET DEFAULT 'x';
CREATE OR REPLACE FUNCTION tool.most() RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 10; END';
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 5, ledger => 'plain') - 'transfer_id' AS answer;
CREATE OR REPLACE FUNCTION tool.most() RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'PT402', MESSAGE = 'none'; END $$;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 5, ledger => 'plain') - 'transfer_id' AS answer;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO functions;
\set VERBOSITY default

-- A trigger that comes later is obeyed from then on.
CREATE FUNCTION tool.other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.balance := NEW.balance + 1; RETURN NEW; END $$;
CREATE TRIGGER other BEFORE UPDATE ON plain.accounts FOR EACH ROW EXECUTE FUNCTION tool.other();
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1, ledger => 'plain');
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER other ON plain.accounts;
-- Where nothing is left of the owner's that runs, the search path stays as it is. What comes back, a
-- constraint or an index, runs under the ledger's path and never under the caller's.
DROP TRIGGER note_update ON plain.accounts;
DROP TRIGGER note_insert ON plain.transfers;
ALTER TABLE plain.transfers DROP CONSTRAINT transfers_from_id_fkey, DROP CONSTRAINT transfers_to_id_fkey;
CREATE FUNCTION tool.seen(numeric) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE WARNING 'path: %', current_setting('search_path'); RETURN true; END $$;
SET LOCAL search_path = tool, public;
ALTER TABLE plain.transfers ADD CONSTRAINT seen CHECK (tool.seen(amount)) NOT VALID;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1, ledger => 'plain') ->> 'success' AS success;
ALTER TABLE plain.transfers DROP CONSTRAINT seen;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1, ledger => 'plain') ->> 'success' AS success;
SET LOCAL client_min_messages = error;
CREATE INDEX seen ON plain.transfers (tool.seen(amount));
RESET client_min_messages;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1, ledger => 'plain') ->> 'success' AS success;
DROP INDEX plain.seen;
SHOW search_path;
-- There, what writing takes is kept from call to call: what a call that failed in the middle had begun, before and
-- after others succeed, meets no later one, whatever the kinds of indexes.
CREATE INDEX by_time ON plain.transfers USING brin (at);
CREATE INDEX by_words ON plain.transfers USING gin ((ARRAY[status]));
CREATE UNIQUE INDEX once ON plain.transfers (to_id, (amount + 0)) WHERE amount = 3.33;
DO $$
DECLARE
  one CONSTANT uuid := '00000000-0000-4000-8000-000000000001';
  two CONSTANT uuid := '00000000-0000-4000-8000-000000000002';
  paid int := 0;
  refused text[] := '{}';
BEGIN
  FOR n IN 1..40 LOOP
    BEGIN
      CASE n % 4
        WHEN 0 THEN PERFORM atomic.transfer_funds(two, one, 3.33, ledger => 'plain');
        WHEN 1 THEN PERFORM atomic.transfer_funds(one, two, 66, ledger => 'plain');
        WHEN 2 THEN PERFORM atomic.transfer_batch(ARRAY[one, one, two], ARRAY[two, two, one], '{1,66,1}', ledger => 'plain');
        ELSE
          PERFORM atomic.transfer_funds(one, two, 0.02, ledger => 'plain');
          PERFORM atomic.transfer_batch(ARRAY[one, two, one], ARRAY[two, one, two], '{0.02,0.02,0.02}', ledger => 'plain');
      END CASE;
      paid := paid + 1;
    EXCEPTION WHEN check_violation OR unique_violation THEN
      refused := refused || SQLSTATE::text;
    END;
  END LOOP;
  RAISE NOTICE 'paid %, refused %', paid, (SELECT array_agg((state, count) ORDER BY state) FROM (SELECT unnest(refused) AS state, count(*) GROUP BY 1) x);
END $$;
SELECT count(*) FILTER (WHERE amount = 0.02) AS small, count(*) FILTER (WHERE amount = 3.33) AS once, count(*) FILTER (WHERE amount = 66) AS never FROM plain.transfers;
SAVEPOINT indexes;
SET LOCAL enable_seqscan = off;
SELECT count(*) FROM plain.transfers WHERE status = ANY (ARRAY['NEW']) AND at = now() AND amount = 0.02;
SELECT count(*) FROM plain.transfers WHERE ARRAY[status] @> '{NEW}' AND amount = 0.02;
ROLLBACK TO indexes;
DROP INDEX plain.by_time, plain.by_words, plain.once;
-- A mode is obeyed, too.
\set ON_ERROR_ROLLBACK off
SAVEPOINT before;
SET TRANSACTION READ ONLY;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1, ledger => 'plain');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
SET TRANSACTION READ ONLY;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 1, ledger => 'before_row');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO before;
SET TRANSACTION READ ONLY;
DO $$
DECLARE
  call text;
BEGIN
  FOREACH call IN ARRAY ARRAY['atomic.transfer_batch(ARRAY[$1], ARRAY[$2], ARRAY[1], ledger => ''plain'')', 'atomic.hold_funds($1, $2, 1, ledger => ''plain'')',
    'atomic.capture_hold($1, ledger => ''plain'')', 'atomic.void_hold($1, ledger => ''plain'')', 'atomic.expire_holds(ledger => ''plain'')',
    'atomic.reverse_transfer($1, ledger => ''plain'')', 'atomic.open_account($1, ledger => ''plain'')', 'atomic.set_account($1, status => ''open'', ledger => ''plain'')']
  LOOP
    BEGIN
      EXECUTE 'SELECT ' || call USING uuid '00000000-0000-4000-8000-000000000001', uuid '00000000-0000-4000-8000-000000000002';
    EXCEPTION WHEN read_only_sql_transaction THEN
      RAISE NOTICE '%', SQLERRM;
    END;
  END LOOP;
END $$;
ROLLBACK TO before;
\set ON_ERROR_ROLLBACK on
-- Deferred triggers wait.
ALTER TABLE plain.transfers ADD CONSTRAINT later UNIQUE (number, id) DEFERRABLE INITIALLY DEFERRED, ADD CONSTRAINT one_each EXCLUDE (to_id WITH =) WHERE (amount = 77);
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 77, ledger => 'plain') - 'transfer_id' AS answer;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 77, ledger => 'plain') - 'transfer_id' AS answer;
\echo :LAST_ERROR_SQLSTATE
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
