-- What a dump of the schema alone carries: policies, their marks, rights, and what the audit says.
-- Statistics are no part of a dump.
ANALYZE;
SELECT p.polrelid::regclass AS "table", p.polname AS policy, pg_get_expr(p.polqual, p.polrelid) AS using,
       d.description IS NOT NULL AS commented
FROM pg_policy AS p
LEFT JOIN pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass
ORDER BY p.polrelid::regclass::text, p.polname;
SELECT obj_description(oid, 'pg_policy') AS comment FROM pg_policy WHERE polname = 'notes_owner_access_delete';
SELECT relname, relrowsecurity, relforcerowsecurity, relowner::regrole FROM pg_class
WHERE relname IN ('notes', 'My Posts', 'catalogue', 'bare') ORDER BY relname COLLATE "C";

BEGIN;
SET LOCAL ROLE app_owner;
SELECT step, kind, object, action FROM rls.owner_access('notes', 'owner_id', force => true);
SELECT step, kind, object, action
FROM rls.owner_access('"Odd Names"."My Posts"', 'Author Id', commands => '{select}', name => 'My "own"');
ROLLBACK;

SELECT level, rule, object_name, policy, columns, suppressed_by, fingerprint
FROM rls.audit(include_suppressed => true,
               rules => '{policies_without_rls,policy_always_true,policy_column_unindexed,rls_disabled,rls_without_policy}');

SELECT role, has_function_privilege(role, 'auth.uid()', 'EXECUTE') AS reader,
       has_function_privilege(role, 'atomic.transfer_funds(uuid,uuid,numeric,text,jsonb,text,text)', 'EXECUTE') AS app,
       has_function_privilege(role, 'atomic.detach_ledger(text)', 'EXECUTE') AS migrate,
       has_function_privilege(role, 'rls.assert_clean(text,text[],text[])', 'EXECUTE') AS ci
FROM unnest(ARRAY['anon', 'authenticated', 'app_owner']) AS role;
