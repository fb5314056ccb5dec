-- A dump of the schema alone carries no ledger: it is data. The tables can be made one again.
SELECT count(*) FROM atomic.ledgers;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1', 1);
\echo :LAST_ERROR_SQLSTATE
BEGIN;
SET LOCAL ROLE app_owner;
SELECT atomic.attach_ledger('main', 'accounts', 'transfers', '{"transfer_id": "id"}');
ROLLBACK;

-- Nor what policies may read of memberships: they are refused, until their generator permits it again.
BEGIN;
SET LOCAL ROLE app_owner;
ALTER TABLE members NO FORCE ROW LEVEL SECURITY;
INSERT INTO members VALUES (1, '00000000-0000-4000-8000-00000000000a', 'admin');
INSERT INTO tasks VALUES (1, 1), (2, 2);
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SAVEPOINT s;
SELECT id FROM tasks;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
SET LOCAL ROLE app_owner;
SELECT kind, object, action FROM rls.team_access('tasks', 'team_id', 'members', 'team_id', 'user_id', 'role', write_roles => '{admin}', active_when => 'role IS NOT NULL');
SET LOCAL ROLE authenticated;
SELECT id FROM tasks;
ROLLBACK;
