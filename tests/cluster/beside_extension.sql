-- What the extension's own policies and operations answer beside a schema auth of others, whoever made its readers.
BEGIN;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-0000000000c1"}}';
SELECT id FROM notes ORDER BY id;
SELECT rls.claim_matches('{app_metadata,tenant_id}', '{00000000-0000-4000-8000-0000000000c1}');
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1', 10) - 'transfer_id' AS paid;
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000a1', 10);
ROLLBACK;
SELECT * FROM rls.drift();
