-- One bank three times: as everybody writes it, with its locks in order, and as ledgers of rowguard.
-- All four move the same money between 100,000 accounts.
CREATE EXTENSION rowguard;
SET client_min_messages = warning;
CREATE FUNCTION account(n int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;

-- Naive and ordered: plain tables, a function of plpgsql.
CREATE TABLE plain_accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric(14,2) NOT NULL CHECK (balance >= 0));
CREATE TABLE plain_transfers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), from_id uuid, to_id uuid, amount numeric(14,2), created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO plain_accounts SELECT account(n), account(n), 1000000 FROM generate_series(1, :accounts) n;
CREATE FUNCTION naive(p_from uuid, p_to uuid, p_amount numeric) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  available numeric;
  transfer uuid;
BEGIN
  SELECT balance INTO available FROM plain_accounts WHERE id = p_from FOR UPDATE;
  IF available < p_amount THEN
    RAISE EXCEPTION 'insufficient funds';
  END IF;
  UPDATE plain_accounts SET balance = balance - p_amount WHERE id = p_from;
  UPDATE plain_accounts SET balance = balance + p_amount WHERE id = p_to;
  INSERT INTO plain_transfers (from_id, to_id, amount) VALUES (p_from, p_to, p_amount) RETURNING id INTO transfer;
  RETURN transfer;
END $$;
CREATE FUNCTION ordered(p_from uuid, p_to uuid, p_amount numeric) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  available numeric;
  transfer uuid;
BEGIN
  IF p_amount IS NULL OR p_amount <= 0 OR p_amount IN ('NaN', 'Infinity') OR p_from = p_to THEN
    RAISE EXCEPTION 'invalid transfer';
  END IF;
  PERFORM FROM plain_accounts WHERE id IN (p_from, p_to) ORDER BY id FOR NO KEY UPDATE;
  SELECT balance INTO available FROM plain_accounts WHERE id = p_from;
  IF NOT FOUND OR available < p_amount THEN
    RAISE EXCEPTION 'insufficient funds';
  END IF;
  UPDATE plain_accounts SET balance = balance - p_amount WHERE id = p_from;
  UPDATE plain_accounts SET balance = balance + p_amount WHERE id = p_to;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no such payee';
  END IF;
  INSERT INTO plain_transfers (from_id, to_id, amount) VALUES (p_from, p_to, p_amount) RETURNING id INTO transfer;
  RETURN transfer;
END $$;

-- Attached: tables like the plain ones.
CREATE TABLE attached_accounts (LIKE plain_accounts INCLUDING ALL);
CREATE TABLE attached_transfers (LIKE plain_transfers INCLUDING ALL);
INSERT INTO attached_accounts TABLE plain_accounts;
SELECT atomic.attach_ledger('attached', 'attached_accounts', 'attached_transfers', '{"transfer_id": "id"}') \g /dev/null

-- Created: entries, running balances, keys. Account 0 is where the money comes from.
SELECT atomic.create_ledger('created') \g /dev/null
SELECT count(atomic.open_account(account(n), min_balance => CASE WHEN n > 0 THEN 0 END, ledger => 'created', id => account(n)))
FROM generate_series(0, :accounts) n \g /dev/null
SELECT count(*) FROM atomic.transfer_batch(
  (SELECT array_agg(account(0)) FROM generate_series(1, :accounts)),
  (SELECT array_agg(account(n)) FROM generate_series(1, :accounts) n),
  (SELECT array_agg(1000000::numeric) FROM generate_series(1, :accounts)), ledger => 'created') \g /dev/null
-- The plain tables are compact as they were filled; what was filled by operations becomes so.
VACUUM (FULL, ANALYZE);
