-- A ledger of ten accounts with ten each, and the plain function that deadlocks, to show that the
-- load would find it.
CREATE EXTENSION rowguard;
CREATE FUNCTION account(n int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
SELECT atomic.create_ledger('main');
SELECT atomic.open_account(account(n), min_balance => CASE WHEN n > 0 THEN 0 END, id => account(n)) FROM generate_series(0, 10) n;
SELECT atomic.transfer_funds(account(0), account(n), 10) FROM generate_series(1, 10) n;
CREATE TABLE plain (id int PRIMARY KEY, balance numeric CHECK (balance >= 0));
INSERT INTO plain SELECT n, 1000000 FROM generate_series(1, 10) n;
CREATE PROCEDURE plain_transfer(payer int, payee int) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE plain SET balance = balance - 1 WHERE id = payer;
  UPDATE plain SET balance = balance + 1 WHERE id = payee;
END $$;
