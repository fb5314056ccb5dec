-- What a whole dump carries besides: rows behind their policies, the ledger and its keys, rules for
-- requests. Changes nothing, so that it can be asked of the origin, too.
SELECT ledger, accounts, transfers, operator, mapping FROM atomic.ledgers;
SELECT ledger, payer, key, request FROM atomic.operation_keys;
SELECT method, path_pattern, per, max_requests, by FROM atomic.rate_limits;

BEGIN;
SET LOCAL ROLE authenticated;
SELECT id FROM notes;
SELECT "Id" FROM "Odd Names"."My Posts";
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT id, note FROM notes;
SELECT "Id" FROM "Odd Names"."My Posts";
SAVEPOINT s;
INSERT INTO notes VALUES (3, '00000000-0000-4000-8000-00000000000b', 'not hers');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;

-- Memberships, read as the junction's owner, and registered as they were.
SELECT id FROM tasks ORDER BY id;
UPDATE tasks SET team_id = team_id RETURNING id;
SAVEPOINT s;
INSERT INTO tasks VALUES (4, 2);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
SET LOCAL ROLE app_owner;
SELECT "set", object, by FROM rls.managed WHERE kind = 'memberships';
SELECT kind, object, action FROM rls.team_access('tasks', 'team_id', 'members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'role IS NOT NULL');
SELECT "set", kind, what FROM rls.drift();
SET LOCAL ROLE authenticated;

-- The retry of a payment made before the dump is answered as it was then, and pays nothing.
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1',
                             25, idempotency_key => 'order 1') AS answer \gset
SELECT :'answer'::jsonb - 'transfer_id' AS answer;
SAVEPOINT s;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1',
                             26, idempotency_key => 'order 1');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
RESET ROLE;
SELECT id = (:'answer'::jsonb ->> 'transfer_id')::uuid AS same_transfer, amount FROM transfers;
SELECT owner_id, balance FROM accounts ORDER BY owner_id;

-- New payments.
SET LOCAL ROLE authenticated;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1',
                             30, idempotency_key => 'order 2') - 'transfer_id' AS answer;
SAVEPOINT s;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000a1', 1);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
RESET ROLE;
SELECT owner_id, balance FROM accounts ORDER BY owner_id;
SET LOCAL ROLE app_owner;
SELECT atomic.detach_ledger('main');
SELECT atomic.attach_ledger('main', 'accounts', 'transfers', '{"transfer_id": "id"}');
ROLLBACK;
