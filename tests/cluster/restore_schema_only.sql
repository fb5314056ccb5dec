-- A dump of the schema alone carries no ledger: it is data. The tables can be made one again.
SELECT count(*) FROM atomic.ledgers;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1', 1);
\echo :LAST_ERROR_SQLSTATE
BEGIN;
SET LOCAL ROLE app_owner;
SELECT atomic.attach_ledger('main', 'accounts', 'transfers', '{"transfer_id": "id"}');
ROLLBACK;
