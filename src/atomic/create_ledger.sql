CREATE TABLE @schema@.accounts (
  id uuid PRIMARY KEY,
  owner_id uuid,
  currency text COLLATE "C" NOT NULL,
  balance numeric NOT NULL DEFAULT 0,
  held numeric NOT NULL DEFAULT 0,
  min_balance numeric DEFAULT 0,
  max_balance numeric,
  status text NOT NULL DEFAULT 'open',
  version bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
) WITH (fillfactor = 80)

CREATE TABLE @schema@.transfers (
  id uuid PRIMARY KEY,
  from_id uuid NOT NULL,
  to_id uuid NOT NULL,
  amount numeric NOT NULL,
  currency text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C",
  metadata jsonb,
  reverses_id uuid,
  hold_id uuid,
  created_at timestamptz NOT NULL,
  from_version bigint
)

CREATE TABLE @schema@.entries (
  id bigint GENERATED ALWAYS AS IDENTITY (CACHE 100),
  account_id uuid NOT NULL,
  transfer_id uuid NOT NULL,
  amount numeric NOT NULL,
  balance_after numeric NOT NULL,
  account_version bigint NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, account_version)
)

CREATE TABLE @schema@.holds (
  id uuid PRIMARY KEY,
  from_id uuid NOT NULL,
  to_id uuid NOT NULL CHECK (to_id OPERATOR(pg_catalog.<>) from_id),
  amount numeric NOT NULL
    CHECK (amount OPERATOR(pg_catalog.>) 0::numeric AND amount OPERATOR(pg_catalog.<) 'Infinity'),
  captured_amount numeric NOT NULL DEFAULT 0
    CHECK (captured_amount OPERATOR(pg_catalog.>=) 0::numeric AND captured_amount OPERATOR(pg_catalog.<=) amount),
  status text NOT NULL DEFAULT 'open'
    CHECK (status OPERATOR(pg_catalog.=) ANY (ARRAY['open', 'captured', 'voided', 'expired'])),
  expires_at timestamptz,
  idempotency_key text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
)

CREATE INDEX ON @schema@.accounts USING hash (id)

CREATE INDEX ON @schema@.accounts (owner_id)

CREATE UNIQUE INDEX ON @schema@.transfers (reverses_id) WHERE reverses_id IS NOT NULL

CREATE UNIQUE INDEX ON @schema@.transfers (hold_id) WHERE hold_id IS NOT NULL

CREATE UNIQUE INDEX ON @schema@.holds (from_id, idempotency_key) WHERE idempotency_key IS NOT NULL

CREATE INDEX ON @schema@.holds (from_id)

CREATE INDEX ON @schema@.holds (to_id)

CREATE INDEX ON @schema@.holds (expires_at) WHERE status OPERATOR(pg_catalog.=) 'open'

CREATE OR REPLACE TRIGGER rowguard_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON @schema@.accounts
  FOR EACH STATEMENT EXECUTE FUNCTION atomic.guard_ledger()

CREATE OR REPLACE TRIGGER rowguard_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON @schema@.transfers
  FOR EACH STATEMENT EXECUTE FUNCTION atomic.guard_ledger()

CREATE OR REPLACE TRIGGER rowguard_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON @schema@.entries
  FOR EACH STATEMENT EXECUTE FUNCTION atomic.guard_ledger()

CREATE OR REPLACE TRIGGER rowguard_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON @schema@.holds
  FOR EACH STATEMENT EXECUTE FUNCTION atomic.guard_ledger()

COMMENT ON TABLE @schema@.accounts IS 'accounts; written by the operations of schema atomic alone'

COMMENT ON COLUMN @schema@.accounts.owner_id IS 'whose it is, by auth.uid()'

COMMENT ON COLUMN @schema@.accounts.held IS 'of the balance, what open holds promise to others'

COMMENT ON COLUMN @schema@.accounts.min_balance IS 'the balance less what is held stays at or above it; null is no limit'

COMMENT ON COLUMN @schema@.accounts.max_balance IS 'the balance stays at or below it; null is no limit'

COMMENT ON COLUMN @schema@.accounts.status IS 'open, frozen (may receive, not send) or closed (neither)'

COMMENT ON COLUMN @schema@.accounts.version IS 'number of entries'

COMMENT ON TABLE @schema@.transfers IS 'transfers, never changed; written by the operations of schema atomic alone'

COMMENT ON COLUMN @schema@.transfers.reverses_id IS 'the transfer that this one undoes'

COMMENT ON COLUMN @schema@.transfers.hold_id IS 'the hold that this one captured'

COMMENT ON COLUMN @schema@.transfers.from_version IS 'number of the payer''s entry, account_version there'

COMMENT ON TABLE @schema@.entries IS 'two for each transfer, never changed; written by the operations of schema atomic alone'

COMMENT ON COLUMN @schema@.entries.amount IS 'negative for a debit'

COMMENT ON COLUMN @schema@.entries.account_version IS 'counts the entries of the account; the key is both'

COMMENT ON TABLE @schema@.holds IS 'money promised; written by the operations of schema atomic alone'

COMMENT ON COLUMN @schema@.holds.status IS 'open, captured, voided or expired'
