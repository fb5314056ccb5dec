-- Two banks alike but for their size: ledgers small and large, created, and small_tables and large_tables,
-- attached. Empty; load.sql fills them.
CREATE EXTENSION rowguard;
SET client_min_messages = warning;
CREATE FUNCTION account(n int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
-- Ids in the order of time, as those of operations are.
CREATE FUNCTION transfer(n int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT ('01900000' || lpad(to_hex(n), 24, '0'))::uuid $$;
SELECT atomic.create_ledger(size) FROM unnest(ARRAY['small', 'large']) AS size \g /dev/null
SELECT format('CREATE SCHEMA %1$I CREATE TABLE accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric(14,2) NOT NULL CHECK (balance >= 0)) WITH (fillfactor = 80)
               CREATE TABLE transfers (id uuid PRIMARY KEY, from_id uuid, to_id uuid, amount numeric(14,2), created_at timestamptz NOT NULL DEFAULT now())', size || '_tables')
FROM unnest(ARRAY['small', 'large']) AS size
\gexec
SELECT atomic.attach_ledger(size || '_tables', (size || '_tables.accounts')::regclass, (size || '_tables.transfers')::regclass, '{"transfer_id": "id"}')
FROM unnest(ARRAY['small', 'large']) AS size \g /dev/null
