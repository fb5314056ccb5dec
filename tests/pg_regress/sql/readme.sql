-- The example at the top of the README.
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
GRANT USAGE ON SCHEMA public TO authenticated;
\pset footer off
CREATE TABLE posts (id, author_id, title) AS
  VALUES (1, gen_random_uuid(), 'a stranger''s'), (2, '00000000-0000-4000-8000-00000000000a', 'mine');
GRANT SELECT, INSERT, UPDATE, DELETE ON posts TO authenticated;
SELECT level, rule, message FROM rls.audit();
SELECT step, kind, object, action FROM rls.owner_access('posts', 'author_id');
SELECT count(*) AS findings FROM rls.audit();
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
SELECT id, title, auth.uid() FROM posts;
ROLLBACK;

-- A function for clients, over an operation.
BEGIN;
\i :roles
SELECT rls.grant_to('authenticated', 'app');
SELECT atomic.create_ledger('main');
SELECT atomic.open_account('00000000-0000-4000-8000-00000000000a', min_balance => -10) AS mine,
       atomic.open_account('00000000-0000-4000-8000-00000000000b') AS theirs \gset
CREATE FUNCTION public.pay(from_account uuid, to_account uuid, amount numeric, key text) RETURNS jsonb
LANGUAGE sql AS $$
  SELECT atomic.transfer_funds(from_account, to_account, amount, key, ledger => 'main', on_error => 'return')
$$;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}';
SELECT pay(:'mine', :'theirs', 7, 'order 1') ->> 'new_balance' AS paid, pay(:'mine', :'theirs', 7, 'order 1') ->> 'replayed' AS again;
SELECT pay(:'mine', :'theirs', 7, 'order 2'), pay(:'theirs', :'mine', 1, 'order 3');
ROLLBACK;

-- A first ledger.
BEGIN;
\o /dev/null
SELECT atomic.create_ledger('main');
SELECT atomic.open_account('00000000-0000-4000-8000-0000000000c1', min_balance => NULL, id => '00000000-0000-4000-8000-00000000000c'),
       atomic.open_account('00000000-0000-4000-8000-0000000000a1', id => '00000000-0000-4000-8000-00000000000a');
\o
SELECT atomic.transfer_funds('00000000-0000-4000-8000-00000000000c', '00000000-0000-4000-8000-00000000000a', 100, 'first deposit') - 'transfer_id' AS answer;
SELECT atomic.balance('00000000-0000-4000-8000-00000000000a');
ROLLBACK;
