-- atomic.transfer_funds() under attack: by the caller, and by the tables' own owner.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE ROLE regress_bank;
CREATE ROLE regress_victim;
CREATE SCHEMA bank AUTHORIZATION regress_bank;
CREATE SCHEMA vault AUTHORIZATION regress_victim;
GRANT USAGE ON SCHEMA vault TO PUBLIC;
GRANT USAGE ON SCHEMA atomic TO regress_bank, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA atomic TO regress_bank, authenticated;
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
\set alice '''{"sub": "00000000-0000-4000-8000-0000000000a1", "role": "authenticated"}'''
CREATE TABLE vault.secrets (secret text);
ALTER TABLE vault.secrets OWNER TO regress_victim;
SET LOCAL ROLE regress_bank;
CREATE TABLE bank.accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric(12,2));
CREATE TABLE bank.transactions (from_id uuid, to_id uuid, amount numeric(12,2));
INSERT INTO bank.accounts VALUES (:a, '00000000-0000-4000-8000-0000000000a1', 100), (:b, NULL, 0);
CREATE FUNCTION bank.name_of_log() RETURNS text LANGUAGE sql AS $$ SELECT 'of the owner' $$;
SELECT atomic.attach_ledger('main', 'bank.accounts', 'bank.transactions', trigger_path => 'bank');

-- FORCE ROW LEVEL SECURITY without any policy hides nothing from the operations.
ALTER TABLE bank.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE bank.accounts FORCE ROW LEVEL SECURITY;
ALTER TABLE bank.transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE bank.transactions FORCE ROW LEVEL SECURITY;
SELECT count(*) AS seen_by_owner FROM bank.accounts;
RESET ROLE;

-- The caller's objects, first in his path and in pg_temp, are never used: operators, casts, tables.
CREATE SCHEMA trap;
GRANT ALL ON SCHEMA trap TO PUBLIC;
GRANT TEMPORARY ON DATABASE :DBNAME TO authenticated;
SET LOCAL ROLE authenticated;
CREATE FUNCTION trap.lie(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE FUNCTION trap.lie(numeric, numeric) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE FUNCTION trap.minus(numeric, numeric) RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE OPERATOR trap.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = trap.lie);
CREATE OPERATOR trap.>= (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = trap.lie);
CREATE OPERATOR trap.- (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = trap.minus);
CREATE OPERATOR trap.+ (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = trap.minus);
CREATE FUNCTION trap.gen_random_uuid() RETURNS uuid LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE FUNCTION trap.name_of_log() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'of the caller, run by ' || current_user; END $$;
CREATE TEMPORARY TABLE accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric);
CREATE TEMPORARY TABLE transactions (from_id uuid, to_id uuid, amount numeric);
CREATE TEMPORARY TABLE ledger_registry (ledger text);
SET LOCAL search_path = trap, pg_temp, bank, pg_catalog;
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :alice;
SELECT pg_catalog.jsonb_pretty(atomic.transfer_funds(:a, :b, 1) OPERATOR(pg_catalog.-) 'transfer_id'::text) AS answer;
SELECT count(*) AS trapped FROM pg_temp.transactions;
RESET ROLE;

-- A trigger of the owner finds names in trigger_path, whatever path the caller has, and runs as the
-- owner: it cannot become anybody else, nor read what is not the owner's.
SET LOCAL search_path = DEFAULT;
SET LOCAL ROLE regress_bank;
CREATE TABLE bank.log (line text);
CREATE FUNCTION bank.attempt(command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE command;
  INSERT INTO bank.log VALUES (command || ': worked as ' || current_user);
EXCEPTION WHEN OTHERS THEN
  INSERT INTO bank.log VALUES (command || ': ' || SQLSTATE);
END $$;
CREATE FUNCTION bank.snoop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bank.log VALUES (TG_TABLE_NAME || ' as ' || current_user || ' under ' || current_setting('search_path'));
  INSERT INTO bank.log VALUES ('the name is ' || name_of_log());
  PERFORM bank.attempt('RESET ROLE');
  PERFORM bank.attempt('SET ROLE NONE');
  PERFORM bank.attempt('SET LOCAL ROLE regress_victim');
  PERFORM bank.attempt('SET SESSION AUTHORIZATION DEFAULT');
  PERFORM bank.attempt('SET SESSION AUTHORIZATION regress_victim');
  PERFORM bank.attempt('ALTER ROLE regress_bank SUPERUSER');
  PERFORM bank.attempt('SELECT FROM vault.secrets');
  PERFORM bank.attempt('SELECT FROM atomic.ledger_registry');
  PERFORM bank.attempt('DELETE FROM atomic.operation_keys');
  RETURN NULL;
END $$;
CREATE TRIGGER snoop AFTER INSERT ON bank.transactions FOR EACH ROW EXECUTE FUNCTION bank.snoop();
RESET ROLE;
SET LOCAL ROLE authenticated;
SET LOCAL search_path = trap, bank;
SELECT jsonb_build_object('answer', atomic.transfer_funds(:a, :b, 1)) IS NOT NULL AS answered;
SELECT current_user, current_setting('search_path') AS search_path;
RESET ROLE;
SET LOCAL search_path = DEFAULT;
SELECT line FROM bank.log;
TRUNCATE bank.log;

-- A path left behind by the trigger does not reach the statements that follow.
SET LOCAL ROLE regress_bank;
CREATE OR REPLACE FUNCTION bank.snoop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL search_path = trap;
  RETURN NULL;
END $$;
DROP TRIGGER snoop ON bank.transactions;
CREATE TRIGGER snoop AFTER UPDATE ON bank.accounts FOR EACH ROW EXECUTE FUNCTION bank.snoop();
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT atomic.transfer_funds(:a, :b, 1) - 'transfer_id' AS answer;
SELECT current_user, current_setting('search_path') AS search_path;
RESET ROLE;
DROP TRIGGER snoop ON bank.accounts;

-- Errors of users' triggers and constraints arrive whole, and the caller is himself again.
CREATE FUNCTION bank.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'plan used up' USING ERRCODE = 'PT402', DETAIL = 'a detail', HINT = 'a hint',
    CONSTRAINT = 'a constraint', TABLE = 'a table', COLUMN = 'a column', SCHEMA = 'a schema', DATATYPE = 'a type';
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON bank.transactions FOR EACH ROW EXECUTE FUNCTION bank.refuse();
SET LOCAL ROLE authenticated;
CREATE FUNCTION pg_temp.tell() RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
  state text; message text; detail text; hint text; context text;
  con text; tab text; col text; sch text; typ text;
BEGIN
  PERFORM atomic.transfer_funds('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 2, on_error => 'return');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT, con = CONSTRAINT_NAME, tab = TABLE_NAME,
    col = COLUMN_NAME, sch = SCHEMA_NAME, typ = PG_DATATYPE_NAME;
  RETURN QUERY VALUES ('state', state), ('message', message), ('detail', detail), ('hint', hint),
    ('context', split_part(context, E'\n', 1)), ('constraint', con), ('table', tab), ('column', col),
    ('schema', sch), ('type', typ), ('user', current_user::text), ('path', current_setting('search_path'));
END $$;
SELECT * FROM pg_temp.tell();
RESET ROLE;
DROP TRIGGER refuse ON bank.transactions;
ALTER TABLE bank.accounts ADD CONSTRAINT too_low CHECK (id <> '00000000-0000-4000-8000-00000000000a' OR balance > 95.5);
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.tell() WHERE field IN ('state', 'message', 'constraint', 'table', 'schema', 'user');
RESET ROLE;
ALTER TABLE bank.accounts DROP CONSTRAINT too_low;

-- A trigger that writes something else, or nothing, makes or loses money: refused, all undone.
CREATE FUNCTION bank.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE TG_ARGV[0]
    WHEN 'mint' THEN NEW.balance := NEW.balance + 1;
    WHEN 'skip' THEN IF NEW.balance > OLD.balance THEN RETURN NULL; END IF;
    WHEN 'shrink' THEN NEW.amount := NEW.amount - 1;
    WHEN 'drop' THEN RETURN NULL;
  END CASE;
  RETURN NEW;
END $$;
ALTER FUNCTION bank.meddle OWNER TO regress_bank;
CREATE FUNCTION pg_temp.with_trigger(definition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text; detail text;
BEGIN
  EXECUTE 'CREATE TRIGGER meddle BEFORE ' || definition;
  BEGIN
    PERFORM atomic.transfer_funds('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b', 2, on_error => 'return');
    answer := 'paid';
  EXCEPTION WHEN OTHERS THEN
    answer := SQLSTATE || ' ' || SQLERRM;
  END;
  EXECUTE 'DROP TRIGGER meddle ON ' || split_part(split_part(definition, ' ON ', 2), ' ', 1);
  RETURN answer;
END $$;
SELECT pg_temp.with_trigger($$UPDATE ON bank.accounts FOR EACH ROW EXECUTE FUNCTION bank.meddle('mint')$$);
SELECT pg_temp.with_trigger($$UPDATE ON bank.accounts FOR EACH ROW EXECUTE FUNCTION bank.meddle('skip')$$);
SELECT pg_temp.with_trigger($$INSERT ON bank.transactions FOR EACH ROW EXECUTE FUNCTION bank.meddle('shrink')$$);
SELECT pg_temp.with_trigger($$INSERT ON bank.transactions FOR EACH ROW EXECUTE FUNCTION bank.meddle('drop')$$);
SELECT id, balance FROM bank.accounts ORDER BY id;

-- trigger_path is checked again when somebody opens one of its schemas.
GRANT CREATE ON SCHEMA bank TO authenticated;
SELECT atomic.transfer_funds(:a, :b, 1);
\echo :LAST_ERROR_SQLSTATE
REVOKE CREATE ON SCHEMA bank FROM authenticated;
SELECT atomic.transfer_funds(:a, :b, 1) - 'transfer_id' AS answer;

-- A trigger that pays on: the caller's identity is his, the rights are the owner's.
CREATE TABLE bank.fees (from_id uuid, to_id uuid, amount numeric);
ALTER TABLE bank.fees OWNER TO regress_bank;
SET LOCAL ROLE regress_bank;
SELECT atomic.attach_ledger('fees', 'bank.accounts', 'bank.fees');
CREATE FUNCTION bank.fee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM atomic.transfer_funds(NEW.from_id, NEW.to_id, 0.5, ledger => 'fees');
  RETURN NULL;
END $$;
CREATE TRIGGER fee AFTER INSERT ON bank.transactions FOR EACH ROW EXECUTE FUNCTION bank.fee();
RESET ROLE;
SET LOCAL ROLE authenticated;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main') - 'transfer_id' AS answer;
RESET ROLE;
SELECT id, balance FROM bank.accounts ORDER BY id;
SELECT amount FROM bank.fees;

-- A schema renamed and replaced in the middle of a call, here by a trigger: nothing is written to
-- the namesake, then or later.
CREATE FUNCTION bank.swap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_regnamespace('gone') IS NULL THEN
    ALTER SCHEMA bank RENAME TO gone;
    CREATE SCHEMA bank;
    CREATE TABLE bank.transactions (LIKE gone.transactions);
    CREATE TABLE bank.accounts (LIKE gone.accounts INCLUDING ALL);
    INSERT INTO bank.accounts SELECT id, owner_id, 1000 FROM gone.accounts;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER swap BEFORE UPDATE ON bank.accounts EXECUTE FUNCTION bank.swap();
GRANT CREATE ON DATABASE :DBNAME TO regress_bank;
SELECT count(*) AS transfers FROM bank.transactions \gset
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main') - 'transfer_id' AS answer;
SELECT atomic.transfer_funds(:a, :b, 1, ledger => 'main') - 'transfer_id' AS answer;
SELECT count(*) - :transfers AS written FROM gone.transactions;
SELECT count(*) AS written FROM bank.transactions;
SELECT balance FROM bank.accounts;
DROP SCHEMA bank CASCADE;
ALTER SCHEMA gone RENAME TO bank;
DROP TRIGGER swap ON bank.accounts;

-- Inside somebody's SECURITY DEFINER function the calling role is that function's owner.
CREATE FUNCTION bank.pay_out() RETURNS jsonb LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT atomic.transfer_funds('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-00000000000a', 1, ledger => 'main') - 'transfer_id' $$;
ALTER FUNCTION bank.pay_out OWNER TO regress_bank;
GRANT USAGE ON SCHEMA bank TO authenticated;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '';
SELECT bank.pay_out();
SELECT atomic.transfer_funds(:b, :a, 1, ledger => 'main');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
