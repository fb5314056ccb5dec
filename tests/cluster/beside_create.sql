-- CREATE EXTENSION in the database of supabase_like.sql: one notice, and nothing in schema auth.
CREATE EXTENSION rowguard;
\i tests/cluster/beside_functions.sql
-- What else the extension does, it does here, too.
CREATE TABLE notes (id int PRIMARY KEY, owner_id uuid, tenant_id uuid);
INSERT INTO notes VALUES
  (1, '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-0000000000c1'),
  (2, '00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-0000000000c2');
SELECT count(*) FROM rls.owner_access('notes', 'owner_id');
SELECT count(*) FROM rls.tenant_isolation('notes');
SELECT polname, pg_get_expr(polqual, polrelid) AS using FROM pg_policy
WHERE polrelid = 'notes'::regclass AND polcmd = 'r' ORDER BY 1;
SELECT rule, object_name FROM rls.audit(rules => '{rls_disabled,rls_without_policy}');
CREATE TABLE accounts (id uuid PRIMARY KEY, owner_id uuid, balance numeric(12,2) CHECK (balance >= 0));
CREATE TABLE transfers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), from_id uuid, to_id uuid, amount numeric(12,2));
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE transfers ENABLE ROW LEVEL SECURITY;
INSERT INTO accounts VALUES
  ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-00000000000a', 100),
  ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b', 0);
SELECT atomic.attach_ledger('main', 'accounts', 'transfers', '{"transfer_id": "id"}') \g /dev/null
SELECT rls.grant_to('authenticated', 'app') \g /dev/null
