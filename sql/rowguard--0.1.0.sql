-- rowguard 0.1.0: the install script, made by `make schema` from the source.
\echo Use "CREATE EXTENSION rowguard" to load this file. \quit

-- src/lib.rs
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
COMMENT ON COLUMN atomic.ledger_registry.ledger IS 'name of the ledger';
COMMENT ON COLUMN atomic.ledger_registry.accounts IS 'table of accounts';
COMMENT ON COLUMN atomic.ledger_registry.transfers IS 'table of transfers';
COMMENT ON COLUMN atomic.ledger_registry.operator IS 'role whose members may act on any account';
COMMENT ON COLUMN atomic.ledger_registry.mapping IS 'names of columns, as given';
COMMENT ON COLUMN atomic.ledger_registry.trigger_path IS 'schemas where triggers of the tables find names, as given';
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
COMMENT ON COLUMN atomic.operation_keys.ledger IS 'name of the ledger';
COMMENT ON COLUMN atomic.operation_keys.payer IS 'account that pays: a key belongs to it';
COMMENT ON COLUMN atomic.operation_keys.key IS 'the key as the caller gave it';
COMMENT ON COLUMN atomic.operation_keys.request IS 'the operation and its parameters: a repeat must equal them';
COMMENT ON COLUMN atomic.operation_keys.response IS 'the answer, to be given again';
COMMENT ON COLUMN atomic.operation_keys.created_at IS 'start of the transaction that stored the key';
SELECT pg_catalog.pg_extension_config_dump('atomic.operation_keys', '');

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

-- src/atomic/attach_ledger.rs
CREATE FUNCTION atomic.attach_ledger(ledger text, accounts regclass, transfers regclass, mapping jsonb DEFAULT '{}', trigger_path text DEFAULT '')
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_attach_ledger';
COMMENT ON FUNCTION atomic.attach_ledger(text, regclass, regclass, jsonb, text) IS 'Makes a ledger of tables that exist; only for members of their owner';

-- src/atomic/detach_ledger.rs
CREATE FUNCTION atomic.detach_ledger(ledger text)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_detach_ledger';
COMMENT ON FUNCTION atomic.detach_ledger(text) IS 'Forgets a ledger and leaves its tables alone; only for members of their owner';

-- src/atomic/ledgers.rs
CREATE VIEW atomic.ledgers AS
  SELECT r.ledger, r.accounts, r.transfers, r.operator, r.mapping, r.trigger_path
  FROM atomic.ledger_registry AS r;
COMMENT ON VIEW atomic.ledgers IS 'registered ledgers';
COMMENT ON COLUMN atomic.ledgers.ledger IS 'name of the ledger';
COMMENT ON COLUMN atomic.ledgers.accounts IS 'table of accounts';
COMMENT ON COLUMN atomic.ledgers.transfers IS 'table of transfers';
COMMENT ON COLUMN atomic.ledgers.operator IS 'role whose members may act on any account';
COMMENT ON COLUMN atomic.ledgers.mapping IS 'names of columns, as given to atomic.attach_ledger()';
COMMENT ON COLUMN atomic.ledgers.trigger_path IS 'schemas where triggers of the tables find names';

-- src/atomic/transfer_funds.rs
CREATE FUNCTION atomic.transfer_funds(p_from uuid, p_to uuid, p_amount numeric, idempotency_key text DEFAULT NULL, metadata jsonb DEFAULT NULL, ledger text DEFAULT NULL, on_error text DEFAULT 'raise')
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_transfer_funds';
COMMENT ON FUNCTION atomic.transfer_funds(uuid, uuid, numeric, text, jsonb, text, text) IS 'Moves money from one account to another, whole or not at all; for the owner of the payer account and for operators of the ledger';

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

-- src/auth/claim.rs
CREATE FUNCTION auth.claim(VARIADIC path text[]) RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim';
COMMENT ON FUNCTION auth.claim(text[]) IS
  'the claim at a path of keys and array positions; null when absent; an empty path is all claims';

-- src/auth/claim_bool.rs
CREATE FUNCTION auth.claim_bool(VARIADIC path text[]) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim_bool';
COMMENT ON FUNCTION auth.claim_bool(text[]) IS
  'the claim at a path, a boolean; 22P02 when it is anything else; null when absent';

-- src/auth/claim_matches.rs
CREATE FUNCTION rls.claim_matches(claim text[], allowed text[], match text DEFAULT 'any') RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_rls_claim_matches';
COMMENT ON FUNCTION rls.claim_matches(text[], text[], text) IS
  'whether the claim at a path, a value or an array, holds any or all of the values allowed; false when absent, 22P02 when it is an object; what rls.claim_access() writes into policies';

-- src/auth/claim_text.rs
CREATE FUNCTION auth.claim_text(VARIADIC path text[]) RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim_text';
COMMENT ON FUNCTION auth.claim_text(text[]) IS
  'the claim at a path, a string, number or boolean as text; 22P02 when it is an object or an array; null when absent';

-- src/auth/claim_text_array.rs
CREATE FUNCTION auth.claim_text_array(VARIADIC path text[]) RETURNS text[]
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim_text_array';
COMMENT ON FUNCTION auth.claim_text_array(text[]) IS
  'the claim at a path, an array of strings, numbers and booleans as texts; 22P02 when it is no such array; null when absent';

-- src/auth/claim_uuid.rs
CREATE FUNCTION auth.claim_uuid(VARIADIC path text[]) RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim_uuid';
COMMENT ON FUNCTION auth.claim_uuid(text[]) IS
  'the claim at a path, a string as uuid; 22P02 when it is no uuid; null when absent';

-- src/auth/claim_uuid_array.rs
CREATE FUNCTION auth.claim_uuid_array(VARIADIC path text[]) RETURNS uuid[]
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim_uuid_array';
COMMENT ON FUNCTION auth.claim_uuid_array(text[]) IS
  'the claim at a path, an array of uuids; 22P02 when it is no such array; null when absent';

-- src/auth/email.rs
CREATE FUNCTION auth.email() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_email';
COMMENT ON FUNCTION auth.email() IS
  'claim email as text; null without one; 22P02 when it is an object or an array';

-- src/auth/expires_at.rs
CREATE FUNCTION auth.expires_at() RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_expires_at';
COMMENT ON FUNCTION auth.expires_at() IS
  'claim exp, when the token expires; null when absent; 22P02 when it is no number, 22008 when out of range';

-- src/auth/explain.rs
CREATE FUNCTION auth.explain() RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'auth_explain_wrapper';
COMMENT ON FUNCTION auth.explain() IS
  'the identity and where it comes from: mode, source, sub, role, kid, expires_at, seconds_left, reason why there is none; never the token; raises nothing for malformed claims';

-- src/auth/has_role.rs
CREATE FUNCTION auth.has_role(role text) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_has_role';
COMMENT ON FUNCTION auth.has_role(text) IS
  'whether claim role (rowguard.role_claim) is this role or the array at rowguard.roles_claim holds it; false without claims and for null; 22P02 when a claim has another shape';

-- src/auth/is_authenticated.rs
CREATE FUNCTION auth.is_authenticated() RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_is_authenticated';
COMMENT ON FUNCTION auth.is_authenticated() IS
  'whether claim sub is a string that is not empty; never null; 22P02 when the claims are no JSON object';

-- src/auth/jwt.rs
CREATE FUNCTION auth.jwt() RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_jwt';
COMMENT ON FUNCTION auth.jwt() IS
  'all claims of the request; null when there are none; 22P02 when they are no JSON object';

-- src/auth/login.rs
CREATE FUNCTION auth.login(token text) RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'auth_login_wrapper';
COMMENT ON FUNCTION auth.login(text) IS
  'verified mode: gives a signed JWT for this transaction and returns its claims; 28000 with the reason when it does not count, 55000 in gateway mode';

-- src/auth/logout.rs
CREATE FUNCTION auth.logout() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'auth_logout_wrapper';
COMMENT ON FUNCTION auth.logout() IS
  'verified mode: forgets the token, in this transaction and after it; 55000 in gateway mode';

-- src/auth/require_uid.rs
CREATE FUNCTION auth.require_uid() RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_require_uid';
COMMENT ON FUNCTION auth.require_uid() IS
  'who is asking, as auth.uid(); 28000 without an identity; never null';

-- src/auth/role.rs
CREATE FUNCTION auth.role() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_role';
COMMENT ON FUNCTION auth.role() IS
  'claim role (rowguard.role_claim) as text; null without one; 22P02 when it is an object or an array';

-- src/auth/tenant_id.rs
CREATE FUNCTION auth.tenant_id() RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_tenant_id';
COMMENT ON FUNCTION auth.tenant_id() IS
  'the tenant: the claim at rowguard.tenant_claim as uuid; null when absent; 22P02 when it is no uuid';

-- src/auth/uid.rs
CREATE FUNCTION auth.uid() RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_uid';
COMMENT ON FUNCTION auth.uid() IS
  'who is asking: claim sub as uuid; null without an identity; 22P02 when it is no uuid';

-- src/auth/user_id.rs
CREATE FUNCTION auth.user_id() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_user_id';
COMMENT ON FUNCTION auth.user_id() IS
  'claim sub as text; null without an identity; 22P02 when it is an object or an array';

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

-- src/policy/drift.rs
CREATE FUNCTION rls.drift()
RETURNS TABLE ("table" text, "set" text, kind text, object text, what text, generated text,
  found text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_drift_wrapper';
COMMENT ON FUNCTION rls.drift IS 'generated objects that were changed since, as generated and as they are';

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
LANGUAGE c VOLATILE
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
COMMENT ON VIEW rls.managed IS 'what generators have made: a row per policy, index, function, trigger and registration of memberships';
COMMENT ON COLUMN rls.managed."table" IS 'table of the set';
COMMENT ON COLUMN rls.managed."set" IS 'name of the set; rls.revert() takes it';
COMMENT ON COLUMN rls.managed.template IS 'generator that made it';
COMMENT ON COLUMN rls.managed.kind IS 'policy, index, function, trigger or memberships';
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

-- src/rights/grant_to.rs
CREATE FUNCTION rls.grant_to(role name, part text) RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_grant_to_wrapper';

-- src/rights/grant_to.rs
COMMENT ON FUNCTION rls.grant_to(name, text) IS
  'lets a role call one part of the extension: app (operations), migrate (generators, ledgers) or ci (audit, rls.act_as)';

-- src/lib.rs
-- Rights: first nothing for anybody, then exactly what is meant.
REVOKE ALL ON SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA auth, rls, atomic FROM PUBLIC;

-- Policies call the readers as whoever runs the query.
GRANT USAGE ON SCHEMA auth TO PUBLIC;
GRANT EXECUTE ON FUNCTION
  auth.uid(), auth.user_id(), auth.role(), auth.email(), auth.jwt(),
  auth.claim(text[]), auth.claim_text(text[]), auth.claim_uuid(text[]), auth.claim_bool(text[]),
  auth.claim_text_array(text[]), auth.claim_uuid_array(text[]),
  auth.tenant_id(), auth.has_role(text), auth.is_authenticated(), auth.expires_at(),
  auth.require_uid(), auth.explain(),
  auth.login(text), auth.logout()
TO PUBLIC;

-- Whoever acts as somebody has to find the way back, as RESET ROLE lets everybody.
GRANT USAGE ON SCHEMA rls TO PUBLIC;
GRANT EXECUTE ON FUNCTION rls.act_reset() TO PUBLIC;

-- What generated policies call.
GRANT EXECUTE ON FUNCTION rls.claim_matches(text[], text[], text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION
  rls.memberships(regclass, text[], text, text, text[], text, regclass, text, text, integer)
TO PUBLIC;
