-- rowguard 0.1.0: the install script, made by `make schema` from the source.
\echo Use "CREATE EXTENSION rowguard" to load this file. \quit

-- src/lib.rs
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

-- src/access/access_matrix.rs
CREATE FUNCTION rls.access_matrix(
  identities jsonb,
  schemas text[] DEFAULT NULL,
  tables regclass[] DEFAULT NULL,
  sample integer DEFAULT 1000)
RETURNS TABLE (identity text, role text, schema_name text, table_name text, command text,
  verdict text, rows_allowed bigint, rows_total bigint, sqlstate text, detail jsonb)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_access_matrix_wrapper';
COMMENT ON FUNCTION rls.access_matrix(jsonb, text[], regclass[], integer) IS
  'what every identity may do with every table, found out by becoming it and trying; changes nothing';

-- src/access/assert_denied.rs
CREATE FUNCTION rls.assert_denied(identity jsonb, sql text, sqlstate text DEFAULT '42501')
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_assert_denied_wrapper';
COMMENT ON FUNCTION rls.assert_denied(jsonb, text, text) IS
  'raises P0004 unless the statement, run as the identity and undone, raises the SQLSTATE';

-- src/access/assert_hidden.rs
CREATE FUNCTION rls.assert_hidden(identity jsonb, tbl regclass, predicate text DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_assert_hidden_wrapper';
COMMENT ON FUNCTION rls.assert_hidden(jsonb, regclass, text) IS
  'raises P0004 where the identity sees a row of the table, or one that satisfies the predicate';

-- src/access/assert_isolated.rs
CREATE FUNCTION rls.assert_isolated(tbl regclass, identity_a jsonb, identity_b jsonb)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_assert_isolated_wrapper';
COMMENT ON FUNCTION rls.assert_isolated(regclass, jsonb, jsonb) IS
  'raises P0004 where two identities reach the same row, to select, update or delete it';

-- src/access/assert_matrix.rs
CREATE FUNCTION rls.assert_matrix(expected jsonb, allow_unlisted boolean DEFAULT false)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_assert_matrix_wrapper';
COMMENT ON FUNCTION rls.assert_matrix(jsonb, boolean) IS
  'raises P0004 where access, found out by trying it, is not as a document expects';

-- src/access/assert_visible.rs
CREATE FUNCTION rls.assert_visible(identity jsonb, tbl regclass, predicate text DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_assert_visible_wrapper';
COMMENT ON FUNCTION rls.assert_visible(jsonb, regclass, text) IS
  'raises P0004 unless the identity sees a row of the table, or one that satisfies the predicate';

-- src/access/assert_visible.rs
CREATE FUNCTION rls.assert_visible(identity jsonb, tbl regclass, count bigint, predicate text DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_assert_visible_count_wrapper';
COMMENT ON FUNCTION rls.assert_visible(jsonb, regclass, bigint, text) IS
  'raises P0004 unless the identity sees so many rows of the table, or so many that satisfy the predicate';

-- src/access/checklist.rs
CREATE FUNCTION rls.checklist(identities jsonb DEFAULT NULL)
RETURNS TABLE (item integer, title text, status text, findings integer, evidence jsonb)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_checklist_wrapper';
COMMENT ON FUNCTION rls.checklist(jsonb) IS
  'the seven questions of a review of row security, with pass, fail or not_tested, and evidence';

-- src/access/coverage.rs
CREATE FUNCTION rls.coverage(
  identities jsonb,
  schemas text[] DEFAULT NULL,
  tables regclass[] DEFAULT NULL,
  sample integer DEFAULT 1000)
RETURNS TABLE (schema_name text, table_name text, policy text, command text, permissive boolean,
  asked integer, decided bigint, verdict text, detail jsonb)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_coverage_wrapper';
COMMENT ON FUNCTION rls.coverage(jsonb, text[], regclass[], integer) IS
  'which policies ever decide anything for some identities, found out by asking each about the rows there are; changes nothing';

-- src/access/emit_tests.rs
CREATE FUNCTION rls.emit_tests(
  identities jsonb,
  schemas text[] DEFAULT NULL,
  format text DEFAULT 'pgtap',
  sample integer DEFAULT 1000,
  counts boolean DEFAULT false)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_emit_tests_wrapper';
COMMENT ON FUNCTION rls.emit_tests(jsonb, text[], text, integer, boolean) IS
  'tests that access stays as it is, found out by trying it: pgtap, sql or json';

-- src/access/explain_access.rs
CREATE FUNCTION rls.explain_access(
  tbl regclass,
  command text,
  key jsonb,
  identity jsonb DEFAULT NULL)
RETURNS TABLE (step integer, kind text, object text, clause text, expression text, answer text,
  detail text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_explain_access_wrapper';
COMMENT ON FUNCTION rls.explain_access(regclass, text, jsonb, jsonb) IS
  'why an identity reaches one row, or does not: privileges, every policy, the server''s own answer; changes nothing';

-- src/access/matrix_diff.rs
CREATE FUNCTION rls.matrix_diff(expected jsonb)
RETURNS TABLE (object text, identity text, command text, expected text, found text, listed boolean)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_matrix_diff_wrapper';
COMMENT ON FUNCTION rls.matrix_diff(jsonb) IS
  'where access, found out by trying it, is not as a document expects';

-- src/atomic/attach_ledger.rs
CREATE FUNCTION atomic.attach_ledger(ledger text, accounts regclass, transfers regclass, mapping jsonb DEFAULT '{}', trigger_path text DEFAULT '')
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_attach_ledger';
COMMENT ON FUNCTION atomic.attach_ledger(text, regclass, regclass, jsonb, text) IS 'Makes a ledger of tables that exist; only for members of their owner';

-- src/atomic/available_balance.rs
CREATE FUNCTION atomic.available_balance(account uuid, ledger text DEFAULT NULL)
RETURNS numeric
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_available_balance';
COMMENT ON FUNCTION atomic.available_balance(uuid, text) IS 'Balance of an account less what is held; for its owner and for operators of the ledger';

-- src/atomic/balance.rs
CREATE FUNCTION atomic.balance(account uuid, as_of timestamptz DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS numeric
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_balance';
COMMENT ON FUNCTION atomic.balance(uuid, timestamptz, text) IS 'Balance of an account, now or as of a time; for its owner and for operators of the ledger';

-- src/atomic/capture_hold.rs
CREATE FUNCTION atomic.capture_hold(hold_id uuid, amount numeric DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_capture_hold';
COMMENT ON FUNCTION atomic.capture_hold(uuid, numeric, text) IS 'Pays what a hold promised, or a part of it, and releases the rest; for the owner of the payee account and for operators of the ledger';

-- src/atomic/check_request.rs
CREATE FUNCTION atomic.check_request() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_check_request';
COMMENT ON FUNCTION atomic.check_request() IS 'Counts the request by the rules in atomic.rate_limits, and refuses it with HTTP status 429 beyond a limit; for db-pre-request of PostgREST';

-- src/atomic/create_ledger.rs
CREATE FUNCTION atomic.create_ledger(ledger text, schema_name name DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_create_ledger';
COMMENT ON FUNCTION atomic.create_ledger(text, name) IS 'Makes tables for accounts, transfers, entries and holds, owned by the caller, and a ledger of them';

-- src/atomic/currency.rs
CREATE TABLE atomic.currencies (
  code text COLLATE "C" PRIMARY KEY CHECK (code OPERATOR(pg_catalog.<>) ''),
  digits integer NOT NULL CHECK (digits OPERATOR(pg_catalog.>=) 0 AND digits OPERATOR(pg_catalog.<=) 1000)
);
COMMENT ON TABLE atomic.currencies IS 'currencies besides those of ISO 4217';
COMMENT ON COLUMN atomic.currencies.code IS 'code of the currency';
COMMENT ON COLUMN atomic.currencies.digits IS 'decimals that its amounts may have';
SELECT pg_catalog.pg_extension_config_dump('atomic.currencies', '');

-- src/atomic/detach_ledger.rs
CREATE FUNCTION atomic.detach_ledger(ledger text)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_detach_ledger';
COMMENT ON FUNCTION atomic.detach_ledger(text) IS 'Forgets a ledger and leaves its tables alone; only for members of their owner';

-- src/atomic/expire_holds.rs
CREATE FUNCTION atomic.expire_holds(max_holds integer DEFAULT 1000, ledger text DEFAULT NULL)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_expire_holds';
COMMENT ON FUNCTION atomic.expire_holds(integer, text) IS 'Marks holds whose time is over as expired, the oldest first, and answers how many; for operators of the ledger';

-- src/atomic/guard_ledger.rs
CREATE FUNCTION atomic.guard_ledger()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_guard_ledger';
COMMENT ON FUNCTION atomic.guard_ledger() IS 'Trigger on the tables of a created ledger: only operations write them';

-- src/atomic/hold_funds.rs
CREATE FUNCTION atomic.hold_funds(p_from uuid, p_to uuid, p_amount numeric, expires_in interval DEFAULT NULL, idempotency_key text DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_hold_funds';
COMMENT ON FUNCTION atomic.hold_funds(uuid, uuid, numeric, interval, text, text) IS 'Promises money of an account to another, to be captured or voided later; for the owner of the payer account and for operators of the ledger';

-- src/atomic/idempotent_begin.rs
CREATE FUNCTION atomic.idempotent_begin(scope text, key text, request jsonb, take_over_after interval DEFAULT NULL)
RETURNS TABLE (state text, response jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
AS 'MODULE_PATHNAME', 'rowguard_atomic_idempotent_begin';
COMMENT ON FUNCTION atomic.idempotent_begin(text, text, jsonb, interval) IS 'Begins work that an idempotency key of the caller is for, or answers what came of it: started, replay with the response, in_progress, or taken_over';

-- src/atomic/idempotent_finish.rs
CREATE FUNCTION atomic.idempotent_finish(scope text, key text, response jsonb)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_idempotent_finish';
COMMENT ON FUNCTION atomic.idempotent_finish(text, text, jsonb) IS 'Stores the response of work that the caller has begun by atomic.idempotent_begin(), once';

-- src/atomic/idempotent_sweep.rs
CREATE FUNCTION atomic.idempotent_sweep(older_than interval, max_keys integer DEFAULT 10000, unfinished boolean DEFAULT false, operation_keys boolean DEFAULT false)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_idempotent_sweep';
COMMENT ON FUNCTION atomic.idempotent_sweep(interval, integer, boolean, boolean) IS 'Forgets idempotency keys of everybody that were begun longer ago, the oldest first, and answers how many';

-- src/atomic/invalidate_ledgers.rs
CREATE FUNCTION atomic.invalidate_ledgers()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_invalidate_ledgers';
COMMENT ON FUNCTION atomic.invalidate_ledgers() IS 'Trigger on the registered ledgers: tells all sessions that they have changed';
CREATE TRIGGER invalidate_ledgers AFTER INSERT OR UPDATE OR DELETE ON atomic.ledger_registry
  FOR EACH STATEMENT EXECUTE FUNCTION atomic.invalidate_ledgers();
ALTER TABLE atomic.ledger_registry ENABLE ALWAYS TRIGGER invalidate_ledgers;
COMMENT ON TRIGGER invalidate_ledgers ON atomic.ledger_registry IS 'what sessions know of registered ledgers holds until it fires';

-- src/atomic/ledgers.rs
CREATE VIEW atomic.ledgers AS
  SELECT r.ledger, r.accounts, r.transfers, r.operator, r.mapping, r.trigger_path, r.entries, r.holds
  FROM atomic.ledger_registry AS r;
COMMENT ON VIEW atomic.ledgers IS 'registered ledgers';
COMMENT ON COLUMN atomic.ledgers.ledger IS 'name of the ledger';
COMMENT ON COLUMN atomic.ledgers.accounts IS 'table of accounts';
COMMENT ON COLUMN atomic.ledgers.transfers IS 'table of transfers';
COMMENT ON COLUMN atomic.ledgers.operator IS 'role whose members may act on any account';
COMMENT ON COLUMN atomic.ledgers.mapping IS 'names of columns, as given to atomic.attach_ledger()';
COMMENT ON COLUMN atomic.ledgers.trigger_path IS 'schemas where triggers of the tables find names';
COMMENT ON COLUMN atomic.ledgers.entries IS 'table of entries, where atomic.create_ledger() made it';
COMMENT ON COLUMN atomic.ledgers.holds IS 'table of holds, where atomic.create_ledger() made it';

-- src/atomic/open_account.rs
CREATE FUNCTION atomic.open_account(owner uuid, currency text DEFAULT 'USD', min_balance numeric DEFAULT 0, max_balance numeric DEFAULT NULL, ledger text DEFAULT NULL, id uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_open_account';
COMMENT ON FUNCTION atomic.open_account(uuid, text, numeric, numeric, text, uuid) IS 'Opens an account with a balance of zero and answers its id; for operators of the ledger';

-- src/atomic/rate_limit.rs
CREATE FUNCTION atomic.rate_limit(key text, max_requests integer, per interval, cost integer DEFAULT 1)
RETURNS TABLE (allowed boolean, remaining integer, retry_after interval, reset_at timestamptz)
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
AS 'MODULE_PATHNAME', 'rowguard_atomic_rate_limit';
COMMENT ON FUNCTION atomic.rate_limit(text, integer, interval, integer) IS 'Counts a request under a key, and answers whether there is room for it: at most so many in a window of time; counters belong to the calling role';

-- src/atomic/reverse_transfer.rs
CREATE FUNCTION atomic.reverse_transfer(transfer_id uuid, idempotency_key text DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_reverse_transfer';
COMMENT ON FUNCTION atomic.reverse_transfer(uuid, text, text) IS 'Pays a transfer back, once, by a transfer of its own; for operators of the ledger';

-- src/atomic/seed_rate_limits.rs
CREATE FUNCTION atomic.seed_rate_limits() RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_seed_rate_limits';
COMMENT ON FUNCTION atomic.seed_rate_limits() IS 'Adds the usual rules to atomic.rate_limits, and answers how many: login 5 a minute, signup 3, reads 100, writes 30; those for a method and path that have a rule already are left out';

-- src/atomic/set_account.rs
CREATE FUNCTION atomic.set_account(account uuid, status text DEFAULT NULL, min_balance numeric DEFAULT NULL, max_balance numeric DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_set_account';
COMMENT ON FUNCTION atomic.set_account(uuid, text, numeric, numeric, text) IS 'Changes status and limits of an account; for operators of the ledger';

-- src/atomic/statement.rs
CREATE FUNCTION atomic.statement(account uuid, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS TABLE (entry_id bigint, transfer_id uuid, amount numeric, balance_after numeric, created_at timestamptz)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_statement';
COMMENT ON FUNCTION atomic.statement(uuid, timestamptz, timestamptz, text) IS 'Entries of an account in their order, a debit negative; for its owner and for operators of the ledger';

-- src/atomic/transfer_batch.rs
CREATE FUNCTION atomic.transfer_batch(p_from uuid[], p_to uuid[], p_amount numeric[], idempotency_keys text[] DEFAULT NULL, mode text DEFAULT 'all', ledger text DEFAULT NULL)
RETURNS TABLE (ord integer, transfer_id uuid, code text, from_balance numeric, to_balance numeric)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_transfer_batch';
COMMENT ON FUNCTION atomic.transfer_batch(uuid[], uuid[], numeric[], text[], text, text) IS 'Many transfers by few statements, as if one after another; for the owner of the payer accounts and for operators of the ledger';

-- src/atomic/transfer_funds.rs
CREATE FUNCTION atomic.transfer_funds(p_from uuid, p_to uuid, p_amount numeric, idempotency_key text DEFAULT NULL, metadata jsonb DEFAULT NULL, ledger text DEFAULT NULL, on_error text DEFAULT 'raise')
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_transfer_funds';
COMMENT ON FUNCTION atomic.transfer_funds(uuid, uuid, numeric, text, jsonb, text, text) IS 'Moves money from one account to another, whole or not at all; for the owner of the payer account and for operators of the ledger';

-- src/atomic/verify_ledger.rs
CREATE FUNCTION atomic.verify_ledger(ledger text DEFAULT NULL)
RETURNS TABLE (check_name text, ok boolean, detail jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_verify_ledger';
COMMENT ON FUNCTION atomic.verify_ledger(text) IS 'Checks that the rows of a ledger agree with each other; for operators of the ledger';

-- src/atomic/void_hold.rs
CREATE FUNCTION atomic.void_hold(hold_id uuid, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_void_hold';
COMMENT ON FUNCTION atomic.void_hold(uuid, text) IS 'Gives free what a hold promised; for the owner of the payee account and for operators of the ledger';

-- src/audit/accept_baseline.rs
CREATE FUNCTION rls.accept_baseline(reason text, expires timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_accept_baseline_wrapper';
COMMENT ON FUNCTION rls.accept_baseline(text, timestamptz) IS
  'accepts every finding that stands today, so that only new ones count; returns how many';

-- src/audit/assert_clean.rs
CREATE FUNCTION rls.assert_clean(
  min_level text DEFAULT 'warning',
  schemas text[] DEFAULT NULL,
  rules text[] DEFAULT NULL)
RETURNS void
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_assert_clean_wrapper';
COMMENT ON FUNCTION rls.assert_clean(text, text[], text[]) IS
  'raises P0004 where rls.audit() finds anything that nobody has accepted';

-- src/audit/audit_diff.rs
CREATE FUNCTION rls.audit_diff(since jsonb)
RETURNS TABLE (change text, rule text, level text, schema_name text, object_name text,
  object_kind text, policy text, message text, fingerprint text)
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_audit_diff_wrapper';
COMMENT ON FUNCTION rls.audit_diff(jsonb) IS
  'findings that are new, changed, accepted or gone since a report that rls.audit_report() wrote as json';

-- src/audit/explain_rule.rs
CREATE FUNCTION rls.explain_rule(rule text)
RETURNS text
LANGUAGE c IMMUTABLE
AS 'MODULE_PATHNAME', 'rls_explain_rule_wrapper';
COMMENT ON FUNCTION rls.explain_rule(text) IS
  'what a rule looks for, why it matters, what to do, and an example';

-- src/audit/mod.rs
CREATE FUNCTION rls.audit(
  schemas text[] DEFAULT NULL,
  rules text[] DEFAULT NULL,
  min_level text DEFAULT 'info',
  include_suppressed boolean DEFAULT false)
RETURNS TABLE (rule text, level text, schema_name text, object_name text, object_kind text,
  policy text, columns text[], message text, detail jsonb, fix text, fingerprint text,
  suppressed_by text)
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_audit_wrapper';
COMMENT ON FUNCTION rls.audit(text[], text[], text, boolean) IS
  'what is wrong with row security, worst first; runs nothing that users defined';

-- src/audit/rules_view.rs
CREATE FUNCTION rls.list_rules()
RETURNS TABLE (rule text, level text, title text)
LANGUAGE c IMMUTABLE
AS 'MODULE_PATHNAME', 'rls_list_rules_wrapper';
COMMENT ON FUNCTION rls.list_rules() IS 'the rows of view rls.rules';
CREATE VIEW rls.rules AS SELECT rule, level, title FROM rls.list_rules();
COMMENT ON VIEW rls.rules IS 'the rules of the audit';
COMMENT ON COLUMN rls.rules.rule IS 'id, for ever';
COMMENT ON COLUMN rls.rules.level IS 'the worst level of its findings: error, warning or info';
COMMENT ON COLUMN rls.rules.title IS 'what is wrong where it fires';

-- src/audit/suppress.rs
CREATE FUNCTION rls.suppress(fingerprint text, reason text, expires timestamptz DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_suppress_wrapper';
COMMENT ON FUNCTION rls.suppress(text, text, timestamptz) IS
  'accepts a finding of the audit, with a reason, until it expires or what is accepted changes';

-- src/audit/unsuppress.rs
CREATE FUNCTION rls.unsuppress(fingerprint text)
RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_unsuppress_wrapper';
COMMENT ON FUNCTION rls.unsuppress(text) IS 'takes the acceptance of a finding back';

-- src/auth/act_as.rs
CREATE FUNCTION rls.act_as(role name, claims jsonb) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rls_act_as_wrapper';
COMMENT ON FUNCTION rls.act_as(name, jsonb) IS
  'SET LOCAL ROLE and claims for the rest of the transaction; claims null: nobody';

-- src/auth/act_reset.rs
CREATE FUNCTION rls.act_reset() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rls_act_reset_wrapper';
COMMENT ON FUNCTION rls.act_reset() IS
  'undo rls.act_as: role and claims as RESET makes them, for the rest of the transaction';

-- src/auth/claim_matches.rs
CREATE FUNCTION rls.claim_matches(claim text[], allowed text[], match text DEFAULT 'any') RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_rls_claim_matches';
COMMENT ON FUNCTION rls.claim_matches(text[], text[], text) IS
  'whether the claim at a path, a value or an array, holds any or all of the values allowed; false when absent, 22P02 when it is an object; what rls.claim_access() writes into policies';

-- src/auth/explain.rs
-- Skipped due to `#[pgrx(sql = false)]`

-- src/auth/login.rs
-- Skipped due to `#[pgrx(sql = false)]`

-- src/auth/logout.rs
-- Skipped due to `#[pgrx(sql = false)]`

-- src/monitor/health.rs
CREATE FUNCTION rls.health(deep boolean DEFAULT false) RETURNS jsonb
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_health_wrapper';
COMMENT ON FUNCTION rls.health(boolean) IS
  'whether all is well: database, version, identity, audit, ledgers, rate limits, uptime; a check that fails is told, not raised';

-- src/page/audit_report.rs
CREATE FUNCTION rls.audit_report(
  format text,
  identities jsonb DEFAULT NULL,
  schemas text[] DEFAULT NULL,
  rules text[] DEFAULT NULL,
  min_level text DEFAULT 'info',
  include_suppressed boolean DEFAULT false,
  sample integer DEFAULT 1000)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'rls_audit_report_wrapper';
COMMENT ON FUNCTION rls.audit_report(text, jsonb, text[], text[], text, boolean, integer) IS
  'the findings of rls.audit() as a document: text, json, sarif, junit, github, tap, markdown or html';

-- src/policy/apply.rs
CREATE FUNCTION rls.apply(
  spec jsonb,
  overwrite boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_apply_wrapper';
COMMENT ON FUNCTION rls.apply IS
  'calls the generators that a document names, for all its tables at once; returns the steps';

-- src/policy/claim_access.rs
CREATE FUNCTION rls.claim_access(
  tbl regclass,
  claim text[],
  allowed text[],
  match text DEFAULT 'any',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_claim_access_wrapper';
COMMENT ON FUNCTION rls.claim_access IS
  'policies for callers whose claim, a value or an array, holds any or all of the values allowed; returns the steps';

-- src/policy/column_guard.rs
CREATE FUNCTION rls.column_guard(
  tbl regclass,
  columns name[],
  rule text,
  owner_column name DEFAULT NULL,
  exempt name[] DEFAULT '{}',
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_column_guard_wrapper';
COMMENT ON FUNCTION rls.column_guard IS
  'a trigger by which columns are immutable, set_once, or changed by the owner in owner_column only; returns the steps';

-- src/policy/custom.rs
CREATE FUNCTION rls.custom(
  tbl regclass,
  using_expr text DEFAULT NULL,
  check_expr text DEFAULT NULL,
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_custom_wrapper';
COMMENT ON FUNCTION rls.custom IS
  'policies whose rows before the command meet using_expr and after it check_expr, read by the server first; returns the steps';

-- src/policy/drift.rs
CREATE FUNCTION rls.drift()
RETURNS TABLE ("table" text, "set" text, kind text, object text, what text, generated text,
  found text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_drift_wrapper';
COMMENT ON FUNCTION rls.drift IS 'generated objects that were changed since, as generated and as they are';

-- src/policy/enable.rs
CREATE FUNCTION rls.enable(
  tbl regclass,
  force boolean DEFAULT false,
  dry_run boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_enable_wrapper';
COMMENT ON FUNCTION rls.enable IS
  'switches row security of a table on, with force for its owner, too; returns the steps';

-- src/policy/enable_all.rs
CREATE FUNCTION rls.enable_all(
  schema name,
  force boolean DEFAULT false,
  event_trigger boolean DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_enable_all_wrapper';
COMMENT ON FUNCTION rls.enable_all IS
  'switches row security of every table in a schema on, and with event_trigger of every new one; returns the steps';

-- src/policy/forget_memberships.rs
CREATE FUNCTION rls.forget_memberships(tbl regclass, name text)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rowguard_rls_forget_memberships';
COMMENT ON FUNCTION rls.forget_memberships IS
  'takes back what rls.register_memberships() permitted for a set of policies; what generators and rls.revert() run';

-- src/policy/hierarchy_access.rs
CREATE FUNCTION rls.hierarchy_access(
  tbl regclass,
  levels jsonb,
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_hierarchy_access_wrapper';
COMMENT ON FUNCTION rls.hierarchy_access IS
  'policies that give each row to the members of any of its levels, each with a junction table; returns the steps';

-- src/policy/managed_view.rs
CREATE FUNCTION rls.list_managed()
RETURNS TABLE ("table" text, "set" text, template text, kind text, object text, does text, by text)
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_list_managed_wrapper';
COMMENT ON FUNCTION rls.list_managed IS 'what generators have made; view rls.managed shows it';
CREATE VIEW rls.managed AS
  SELECT "table", "set", template, kind, object, does, by FROM rls.list_managed();
COMMENT ON VIEW rls.managed IS 'what generators have made: a row per object';
COMMENT ON COLUMN rls.managed."table" IS 'table, view or schema of the set';
COMMENT ON COLUMN rls.managed."set" IS 'name of the set; rls.revert() takes it';
COMMENT ON COLUMN rls.managed.template IS 'generator that made it';
COMMENT ON COLUMN rls.managed.kind IS 'policy, index, function, trigger, event trigger, view or memberships';
COMMENT ON COLUMN rls.managed.object IS 'the object, as SQL names it';
COMMENT ON COLUMN rls.managed.does IS 'what it does';
COMMENT ON COLUMN rls.managed.by IS 'role that generated it';

-- src/policy/memberships.rs
CREATE FUNCTION rls.memberships(members regclass, member_columns text[], user_column text,
  role_column text DEFAULT NULL, roles text[] DEFAULT NULL, active_when text DEFAULT NULL,
  tree regclass DEFAULT NULL, tree_id_column text DEFAULT NULL, tree_parent_column text DEFAULT NULL,
  max_depth integer DEFAULT NULL)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 10
AS 'MODULE_PATHNAME', 'rowguard_rls_memberships';
COMMENT ON FUNCTION rls.memberships IS
  'what the caller is a member of, by a junction table that its owner registered; what generated policies ask';

-- src/policy/mfa_required.rs
CREATE FUNCTION rls.mfa_required(
  tbl regclass,
  level text DEFAULT 'aal2',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT true,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_mfa_required_wrapper';
COMMENT ON FUNCTION rls.mfa_required IS
  'restrictive policies for callers whose claim aal is the level or a stronger one; returns the steps';

-- src/policy/owner_access.rs
CREATE FUNCTION rls.owner_access(
  tbl regclass,
  owner_column name DEFAULT 'user_id',
  owner_columns name[] DEFAULT NULL,
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_owner_access_wrapper';
COMMENT ON FUNCTION rls.owner_access IS
  'policies that give each row to the user in owner_column, or in any of owner_columns; returns the steps';

-- src/policy/plan.rs
CREATE FUNCTION rls.plan(
  spec jsonb,
  overwrite boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_plan_wrapper';
COMMENT ON FUNCTION rls.plan IS
  'the steps that rls.apply() would take, or with standalone those on a server without rowguard';

-- src/policy/public_read.rs
CREATE FUNCTION rls.public_read(
  tbl regclass,
  author_column name DEFAULT 'author_id',
  published_when text DEFAULT NULL,
  read_roles name[] DEFAULT '{anon,authenticated}',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_public_read_wrapper';
COMMENT ON FUNCTION rls.public_read IS
  'policies by which read_roles read the rows where published_when holds, and authors read and write their own; returns the steps';

-- src/policy/register_memberships.rs
CREATE FUNCTION rls.register_memberships(tbl regclass, name text, template text,
  members regclass, member_columns text[], user_column text, role_column text DEFAULT NULL,
  active_when text DEFAULT NULL, tree regclass DEFAULT NULL, tree_id_column text DEFAULT NULL,
  tree_parent_column text DEFAULT NULL, max_depth integer DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rowguard_rls_register_memberships';
COMMENT ON FUNCTION rls.register_memberships IS
  'lets rls.memberships() read a junction table for a generated set of policies; what generators run, for the owner of both tables';

-- src/policy/revert.rs
CREATE FUNCTION rls.revert(tbl regclass, name text, dry_run boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_revert_wrapper';
COMMENT ON FUNCTION rls.revert IS 'removes what a generator made for a table; returns the steps';

-- src/policy/secure_view.rs
CREATE FUNCTION rls.secure_view(
  v regclass,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_secure_view_wrapper';
COMMENT ON FUNCTION rls.secure_view IS
  'sets security_invoker and security_barrier of a view; returns the steps';

-- src/policy/soft_delete.rs
CREATE FUNCTION rls.soft_delete(
  tbl regclass,
  deleted_column name DEFAULT 'deleted_at',
  visible_to name[] DEFAULT '{}',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,update,delete}',
  restrictive boolean DEFAULT true,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_soft_delete_wrapper';
COMMENT ON FUNCTION rls.soft_delete IS
  'restrictive policies that hide rows with a time in deleted_column, but for roles in visible_to, and a trigger that sets the time; returns the steps';

-- src/policy/spec_schema.rs
CREATE FUNCTION rls.spec_schema() RETURNS jsonb
LANGUAGE c IMMUTABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_spec_schema_wrapper';
COMMENT ON FUNCTION rls.spec_schema IS 'the form of documents for rls.apply(), as JSON Schema';

-- src/policy/team_access.rs
CREATE FUNCTION rls.team_access(
  tbl regclass,
  team_column "any",
  members regclass,
  members_team_column "any",
  members_user_column name,
  members_role_column name DEFAULT NULL,
  read_roles text[] DEFAULT NULL,
  write_roles text[] DEFAULT NULL,
  active_when text DEFAULT NULL,
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_team_access_wrapper';
COMMENT ON FUNCTION rls.team_access IS
  'policies that give each row to the members of its team, who are in a junction table; returns the steps';

-- src/policy/tenant_isolation.rs
CREATE FUNCTION rls.tenant_isolation(
  tbl regclass,
  tenant_column name DEFAULT 'tenant_id',
  claim text[] DEFAULT '{app_metadata,tenant_id}',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT true,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_tenant_isolation_wrapper';
COMMENT ON FUNCTION rls.tenant_isolation IS
  'restrictive policies that keep callers to the rows of the tenant in their claim; returns the steps';

-- src/policy/time_window.rs
CREATE FUNCTION rls.time_window(
  tbl regclass,
  from_column name DEFAULT 'valid_from',
  until_column name DEFAULT 'valid_until',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select}',
  restrictive boolean DEFAULT true,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_time_window_wrapper';
COMMENT ON FUNCTION rls.time_window IS
  'restrictive policies that show rows from the time in from_column until before that in until_column; returns the steps';

-- src/policy/tree_access.rs
CREATE FUNCTION rls.tree_access(
  tbl regclass,
  node_column name,
  tree regclass,
  tree_id_column name,
  tree_parent_column name,
  members regclass,
  members_node_column name,
  members_user_column name,
  max_depth integer DEFAULT 32,
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_tree_access_wrapper';
COMMENT ON FUNCTION rls.tree_access IS
  'policies that give each row to the members of its node and of all nodes above it; returns the steps';

-- src/readers/adopt_auth.rs
CREATE FUNCTION rls.adopt_auth(functions text[] DEFAULT NULL, replace boolean DEFAULT false, undo boolean DEFAULT false)
RETURNS TABLE (function text, action text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp SET check_function_bodies = off
AS 'MODULE_PATHNAME', 'rls_adopt_auth_wrapper';

-- src/readers/adopt_auth.rs
COMMENT ON FUNCTION rls.adopt_auth(text[], boolean, boolean) IS
  'puts rowguard''s functions into a schema auth that is somebody else''s, in place of others only where asked to; undo brings those back; returns what was done';

-- src/readers/create_auth.rs
-- Schema auth with its functions, or a notice where the schema is somebody else's.
CREATE FUNCTION rls.create_auth() RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_create_auth_wrapper';
SELECT rls.create_auth();
DROP FUNCTION rls.create_auth();

-- src/readers/create_auth.rs
-- Skipped due to `#[pgrx(sql = false)]`

-- src/rights/grant_to.rs
CREATE FUNCTION rls.grant_to(role name, part text) RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_grant_to_wrapper';

-- src/rights/grant_to.rs
COMMENT ON FUNCTION rls.grant_to(name, text) IS
  'lets a role call one part of the extension: app (operations), migrate (generators, ledgers) or ci (audit, rls.act_as)';

-- src/lib.rs
-- Rights: first nothing for anybody, then exactly what is meant. Those of schema auth come with it.
REVOKE ALL ON SCHEMA rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rls, atomic FROM PUBLIC;

-- Whoever acts as somebody has to find the way back, as RESET ROLE lets everybody.
GRANT USAGE ON SCHEMA rls TO PUBLIC;
GRANT EXECUTE ON FUNCTION rls.act_reset() TO PUBLIC;

-- What generated policies call.
GRANT EXECUTE ON FUNCTION rls.claim_matches(text[], text[], text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION
  rls.memberships(regclass, text[], text, text, text[], text, regclass, text, text, integer)
TO PUBLIC;
