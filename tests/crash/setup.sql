-- A ledger to be crashed, and the list of what its clients were told.
CREATE EXTENSION rowguard;
CREATE FUNCTION account(n int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
SELECT atomic.create_ledger('main');
SELECT atomic.open_account(account(n), min_balance => CASE WHEN n > 0 THEN 0 END, id => account(n)) FROM generate_series(0, 20) n;
SELECT atomic.transfer_funds(account(0), account(n), 1000000) FROM generate_series(1, 20) n;
CREATE TABLE acknowledged (round int, transfer_id uuid);
