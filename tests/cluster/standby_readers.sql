-- Every reader of schema auth on a standby.
SELECT pg_is_in_recovery(), (SELECT status FROM pg_stat_wal_receiver);
BEGIN READ ONLY;

-- Nobody.
SELECT auth.uid() IS NULL AS uid, auth.user_id() IS NULL AS user_id, auth.role() IS NULL AS role,
       auth.email() IS NULL AS email, auth.jwt() IS NULL AS jwt, auth.claim('sub') IS NULL AS claim,
       auth.tenant_id() IS NULL AS tenant_id, auth.expires_at() IS NULL AS expires_at;
SELECT auth.is_authenticated(), auth.has_role('editor');
SELECT auth.explain() ->> 'reason' AS reason;
SAVEPOINT s;
SELECT auth.require_uid();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;

-- Alice.
SET LOCAL TimeZone = 'UTC';
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated", "email": "alice@example.com", "exp": 4102444800, "app_metadata": {"tenant_id": "00000000-0000-4000-8000-0000000000aa", "roles": ["editor", "auditor"], "teams": ["00000000-0000-4000-8000-0000000000a1"], "beta": true}}';
SELECT auth.uid(), auth.user_id(), auth.require_uid();
SELECT auth.role(), auth.email(), auth.is_authenticated(), auth.expires_at();
SELECT auth.jwt() = current_setting('request.jwt.claims')::jsonb AS jwt_is_whole;
SELECT auth.claim('app_metadata', 'roles'), auth.claim_text('email'), auth.claim_bool('app_metadata', 'beta');
SELECT auth.claim_uuid('sub'), auth.claim_text_array('app_metadata', 'roles'), auth.claim_uuid_array('app_metadata', 'teams');
SELECT auth.tenant_id(), auth.has_role('auditor') AS auditor, auth.has_role('owner') AS owner;
SELECT auth.explain() - 'seconds_left' AS explain;

-- Claims that cannot be read.
SET LOCAL request.jwt.claims = '[]';
SAVEPOINT s;
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SAVEPOINT s;
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
SELECT auth.user_id();
ROLLBACK;
SELECT auth.uid() IS NULL AS nobody;
