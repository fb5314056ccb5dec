-- The schemas. Plain CREATE SCHEMA: one that exists already is somebody else's.
CREATE SCHEMA auth;
COMMENT ON SCHEMA auth IS 'rowguard: who is asking';
CREATE SCHEMA rls;
COMMENT ON SCHEMA rls IS 'rowguard: policies written, audited and proven';
CREATE SCHEMA atomic;
COMMENT ON SCHEMA atomic IS 'rowguard: operations that happen whole or not at all';

-- Private tables of atomic: nobody has rights on them, operations write them as their owner. They
-- travel with pg_dump, and are never filled here, so that a restore does not collide.
CREATE TABLE atomic.ledger_registry (
  ledger text COLLATE "C" PRIMARY KEY,
  accounts regclass NOT NULL,
  transfers regclass NOT NULL,
  operator regrole NOT NULL,
  mapping jsonb NOT NULL,
  trigger_path text NOT NULL,
  generation uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid()
);
COMMENT ON TABLE atomic.ledger_registry IS 'rowguard, private: registered ledgers; read atomic.ledgers';
COMMENT ON COLUMN atomic.ledger_registry.generation IS 'tells a ledger from a namesake registered later';
SELECT pg_catalog.pg_extension_config_dump('atomic.ledger_registry', '');

CREATE TABLE atomic.operation_keys (
  ledger text COLLATE "C",
  payer uuid,
  key text COLLATE "C",
  request jsonb NOT NULL,
  response jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  PRIMARY KEY (ledger, payer, key)
);
COMMENT ON TABLE atomic.operation_keys IS 'rowguard, private: idempotency keys of attached ledgers, with the request and the answer; outlives detach_ledger, so that a late retry does not pay twice';
SELECT pg_catalog.pg_extension_config_dump('atomic.operation_keys', '');
