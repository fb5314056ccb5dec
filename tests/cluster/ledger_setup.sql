-- A bank worth a dump: a created ledger with accounts, transfers, a reversal, holds in every state and
-- keys of operations and of other work; and an attached ledger beside it.
CREATE EXTENSION rowguard;
SET client_min_messages = warning;
GRANT CREATE ON DATABASE :"DBNAME" TO app_owner;
GRANT CREATE ON SCHEMA public TO app_owner;
SELECT rls.grant_to('app_owner', 'migrate'), rls.grant_to('app_owner', 'app'), rls.grant_to('authenticated', 'app') \g /dev/null
\set cash '''00000000-0000-4000-8000-00000000000c'''
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
SET ROLE app_owner;
SELECT atomic.create_ledger('main', 'Ledger of "main"'),
       atomic.open_account('00000000-0000-4000-8000-0000000000c1', min_balance => NULL, id => :cash),
       atomic.open_account('00000000-0000-4000-8000-0000000000a1', id => :a),
       atomic.open_account('00000000-0000-4000-8000-0000000000b1', max_balance => 500, id => :b) \g /dev/null
SELECT atomic.transfer_funds(:cash, :a, 100, 'funding'), atomic.transfer_funds(:cash, :b, 5, metadata => '{"note": "Grüße"}') \g /dev/null
SELECT atomic.reverse_transfer((atomic.transfer_funds(:a, :b, 3) ->> 'transfer_id')::uuid) \g /dev/null
SELECT atomic.hold_funds(:a, :b, 10, idempotency_key => 'open'), atomic.hold_funds(:a, :b, 1, '1 millisecond') \g /dev/null
SELECT atomic.capture_hold((atomic.hold_funds(:a, :b, 20) ->> 'hold_id')::uuid, 15) \g /dev/null
SELECT atomic.void_hold((atomic.hold_funds(:a, :b, 30) ->> 'hold_id')::uuid) \g /dev/null
CREATE TABLE purses (id uuid PRIMARY KEY, owner_id uuid, balance numeric(12,2) CHECK (balance >= 0));
CREATE TABLE payments (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), from_id uuid, to_id uuid, amount numeric(12,2));
INSERT INTO purses VALUES (:a, '00000000-0000-4000-8000-0000000000a1', 10), (:b, '00000000-0000-4000-8000-0000000000b1', 0);
SELECT atomic.attach_ledger('side', 'purses', 'payments', '{"transfer_id": "id"}') \g /dev/null
SET ROLE authenticated;
SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-0000000000a1"}';
SELECT atomic.transfer_funds(:a, :b, 25, 'order 1', ledger => 'main'), atomic.transfer_funds(:a, :b, 4, 'order 1', ledger => 'side') \g /dev/null
SELECT state FROM atomic.idempotent_begin('orders', 'order 1', '{"item": "a book"}') \g /dev/null
SELECT atomic.idempotent_finish('orders', 'order 1', '{"order": 1}') \g /dev/null
SELECT state FROM atomic.idempotent_begin('orders', 'order 2', '{"item": "a lamp"}') \g /dev/null
RESET request.jwt.claims;
SET ROLE app_owner;
SELECT state FROM atomic.idempotent_begin('jobs', 'daily', '{}') \g /dev/null
SELECT atomic.idempotent_finish('jobs', 'daily', '"done"') \g /dev/null
