-- The schemas. Plain CREATE SCHEMA: one that exists already is somebody else's. Schema auth may be,
-- and is made further down where it does not exist.
CREATE SCHEMA rls;
COMMENT ON SCHEMA rls IS 'rowguard: policies written, audited and proven';
CREATE SCHEMA atomic;
COMMENT ON SCHEMA atomic IS 'rowguard: operations that happen whole or not at all';

-- Private: what rls.adopt_auth() did, for its way back. Row security without a policy: who may write
-- every table (pg_write_all_data) may not put words into a superuser's mouth.
CREATE TABLE rls.adopted_functions (
  function text COLLATE "C" PRIMARY KEY,
  definition text,
  adopted_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
ALTER TABLE rls.adopted_functions ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE rls.adopted_functions IS 'rowguard, private: functions of a schema auth that is not the extension''s, adopted by rls.adopt_auth()';
COMMENT ON COLUMN rls.adopted_functions.function IS 'name and types of arguments';
COMMENT ON COLUMN rls.adopted_functions.definition IS 'the statement that defined it before; null where there was none';
COMMENT ON COLUMN rls.adopted_functions.adopted_at IS 'start of the transaction that adopted it';
SELECT pg_catalog.pg_extension_config_dump('rls.adopted_functions', '');

-- Private tables of atomic: nobody has rights on them, operations write them as their owner. They
-- travel with pg_dump, and are never filled here, so that a restore does not collide.
CREATE TABLE atomic.ledger_registry (
  ledger text COLLATE "C" PRIMARY KEY,
  accounts regclass NOT NULL,
  transfers regclass NOT NULL,
  operator regrole NOT NULL,
  mapping jsonb NOT NULL,
  trigger_path text NOT NULL,
  generation uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
  entries regclass,
  holds regclass
);
COMMENT ON TABLE atomic.ledger_registry IS 'rowguard, private: registered ledgers; read atomic.ledgers';
COMMENT ON COLUMN atomic.ledger_registry.ledger IS 'name of the ledger';
COMMENT ON COLUMN atomic.ledger_registry.accounts IS 'table of accounts';
COMMENT ON COLUMN atomic.ledger_registry.transfers IS 'table of transfers';
COMMENT ON COLUMN atomic.ledger_registry.operator IS 'role whose members may act on any account';
COMMENT ON COLUMN atomic.ledger_registry.mapping IS 'names of columns, as given';
COMMENT ON COLUMN atomic.ledger_registry.trigger_path IS 'schemas where triggers of the tables find names, as given';
COMMENT ON COLUMN atomic.ledger_registry.generation IS 'tells a ledger from a namesake registered later';
COMMENT ON COLUMN atomic.ledger_registry.entries IS 'table of entries, where atomic.create_ledger() made it';
COMMENT ON COLUMN atomic.ledger_registry.holds IS 'table of holds, where atomic.create_ledger() made it';
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
COMMENT ON TABLE atomic.operation_keys IS 'rowguard, private: idempotency keys of holds and of attached ledgers, with the request and the answer; outlives detach_ledger, so that a late retry does not pay twice';
COMMENT ON COLUMN atomic.operation_keys.ledger IS 'name of the ledger';
COMMENT ON COLUMN atomic.operation_keys.payer IS 'account that pays: a key belongs to it';
COMMENT ON COLUMN atomic.operation_keys.key IS 'the key as the caller gave it';
COMMENT ON COLUMN atomic.operation_keys.request IS 'the operation and its parameters: a repeat must equal them';
COMMENT ON COLUMN atomic.operation_keys.response IS 'the answer, to be given again';
COMMENT ON COLUMN atomic.operation_keys.created_at IS 'start of the transaction that stored the key';
SELECT pg_catalog.pg_extension_config_dump('atomic.operation_keys', '');

-- Rules for requests. The administrator fills it; dumps carry what he wrote.
CREATE TABLE atomic.rate_limits (
  method text COLLATE "C" NOT NULL DEFAULT '*' CHECK (method ~ '^([*]|[A-Z]+(,[A-Z]+)*)$'),
  path_pattern text COLLATE "C" NOT NULL DEFAULT '*' CHECK (path_pattern ~ '^[/*]' AND octet_length(path_pattern) <= 1024),
  per interval NOT NULL
    CHECK (per > interval '0' AND per <= interval '366 days' AND extract(year FROM per) = 0 AND extract(month FROM per) = 0),
  max_requests integer NOT NULL CHECK (max_requests > 0),
  by text COLLATE "C" NOT NULL DEFAULT 'user' CHECK (by IN ('user', 'address', 'everybody')),
  PRIMARY KEY (method, path_pattern, per, by)
);
COMMENT ON TABLE atomic.rate_limits IS 'rowguard: how many requests atomic.check_request() lets through; every rule that fits counts';
COMMENT ON COLUMN atomic.rate_limits.method IS 'methods that the rule is for, joined by commas; * is any';
COMMENT ON COLUMN atomic.rate_limits.path_pattern IS 'paths that the rule is for; * stands for anything';
COMMENT ON COLUMN atomic.rate_limits.per IS 'length of time; no months';
COMMENT ON COLUMN atomic.rate_limits.max_requests IS 'at most so many in that time';
COMMENT ON COLUMN atomic.rate_limits.by IS 'who is counted by himself: user (by address, without an identity), address, or everybody together';
SELECT pg_catalog.pg_extension_config_dump('atomic.rate_limits', '');

-- Counters of rate limits, where the library is not preloaded. Not dumped, and empty after a crash.
CREATE UNLOGGED TABLE atomic.rate_counters (
  counter bytea PRIMARY KEY,
  started_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  used bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX rate_counters_ends_at ON atomic.rate_counters (ends_at);
COMMENT ON TABLE atomic.rate_counters IS 'rowguard, private: counters of rate limits, where rowguard is not in shared_preload_libraries';
COMMENT ON COLUMN atomic.rate_counters.counter IS 'hash of the key';
COMMENT ON COLUMN atomic.rate_counters.started_at IS 'start of the window';
COMMENT ON COLUMN atomic.rate_counters.ends_at IS 'end of the window';
COMMENT ON COLUMN atomic.rate_counters.used IS 'what was used in it';
-- Row security without a policy, as above: nobody may put words into the operations' mouth.
CREATE TABLE atomic.work_keys (
  scope text COLLATE "C",
  role regrole,
  user_id text COLLATE "C",
  key text COLLATE "C",
  request jsonb NOT NULL,
  response jsonb,
  begun_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  PRIMARY KEY (scope, role, user_id, key)
);
CREATE INDEX work_keys_begun_at ON atomic.work_keys (begun_at);
ALTER TABLE atomic.work_keys ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE atomic.work_keys IS 'rowguard, private: idempotency keys of other work than operations; written by atomic.idempotent_begin() and its kin';
COMMENT ON COLUMN atomic.work_keys.scope IS 'what the key is for, as the caller gave it';
COMMENT ON COLUMN atomic.work_keys.role IS 'role that the key belongs to; - where it belongs to a user';
COMMENT ON COLUMN atomic.work_keys.user_id IS 'user that the key belongs to, as auth.user_id() says; empty where it belongs to a role';
COMMENT ON COLUMN atomic.work_keys.key IS 'the key as the caller gave it';
COMMENT ON COLUMN atomic.work_keys.request IS 'what was asked: a repeat must equal it';
COMMENT ON COLUMN atomic.work_keys.response IS 'the answer, to be given again; null while the work is not finished';
COMMENT ON COLUMN atomic.work_keys.begun_at IS 'when the work was begun, or taken over';
COMMENT ON INDEX atomic.work_keys_begun_at IS 'rowguard: for atomic.idempotent_sweep()';
SELECT pg_catalog.pg_extension_config_dump('atomic.work_keys', '');

-- Private table of rls: what rls.memberships() may read, and for which generated policies. Rows
-- whose tables are gone are not dumped: another table could come to have their numbers.
CREATE TABLE rls.membership_registry (
  members regclass,
  tbl regclass,
  name text COLLATE "C",
  number integer,
  template text NOT NULL,
  owner regrole NOT NULL,
  member_columns text[] NOT NULL,
  user_column text NOT NULL,
  role_column text,
  active_when text,
  tree regclass,
  tree_id_column text,
  tree_parent_column text,
  max_depth integer,
  PRIMARY KEY (members, tbl, name, number)
);
COMMENT ON TABLE rls.membership_registry IS 'rowguard, private: what rls.memberships() may read; view rls.managed shows it';
COMMENT ON COLUMN rls.membership_registry.members IS 'table of memberships';
COMMENT ON COLUMN rls.membership_registry.tbl IS 'table whose policies ask';
COMMENT ON COLUMN rls.membership_registry.name IS 'name of the generated set';
COMMENT ON COLUMN rls.membership_registry.number IS 'tells the registrations of a set apart';
COMMENT ON COLUMN rls.membership_registry.template IS 'generator that made the set';
COMMENT ON COLUMN rls.membership_registry.owner IS 'owner of members when it was registered, as whom it is read';
COMMENT ON COLUMN rls.membership_registry.member_columns IS 'columns of members that are returned';
COMMENT ON COLUMN rls.membership_registry.user_column IS 'column of members that holds the user';
COMMENT ON COLUMN rls.membership_registry.role_column IS 'column of members that holds the role of the user, if any';
COMMENT ON COLUMN rls.membership_registry.active_when IS 'condition on a row of members, if any';
COMMENT ON COLUMN rls.membership_registry.tree IS 'table of nodes below those that members names, if any';
COMMENT ON COLUMN rls.membership_registry.tree_id_column IS 'column of tree that holds the node';
COMMENT ON COLUMN rls.membership_registry.tree_parent_column IS 'column of tree that holds the node above';
COMMENT ON COLUMN rls.membership_registry.max_depth IS 'levels of tree that are followed';
SELECT pg_catalog.pg_extension_config_dump('rls.membership_registry',
  'WHERE EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = members) AND EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = tbl)
     AND (tree IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = tree))');
-- Findings of the audit that somebody has accepted. Written by rls.suppress() and its kin as their
-- owner; they travel with pg_dump.
CREATE TABLE rls.suppressions (
  fingerprint text COLLATE "C" PRIMARY KEY,
  reason text NOT NULL,
  expires timestamptz,
  evidence text NOT NULL,
  finding text NOT NULL,
  accepted_by name NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE rls.suppressions IS 'rowguard: accepted findings of the audit; written by rls.suppress(), rls.unsuppress(), rls.accept_baseline()';
COMMENT ON COLUMN rls.suppressions.fingerprint IS 'the finding, as rls.audit() names it';
COMMENT ON COLUMN rls.suppressions.reason IS 'why it is accepted';
COMMENT ON COLUMN rls.suppressions.expires IS 'from when on it counts again; NULL is never';
COMMENT ON COLUMN rls.suppressions.evidence IS 'hash of what was accepted: the acceptance lapses when it changes';
COMMENT ON COLUMN rls.suppressions.finding IS 'the finding in words, for people';
COMMENT ON COLUMN rls.suppressions.accepted_by IS 'who accepted it';
COMMENT ON COLUMN rls.suppressions.accepted_at IS 'start of the transaction that accepted it';
SELECT pg_catalog.pg_extension_config_dump('rls.suppressions', '');
