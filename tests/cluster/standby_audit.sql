-- The audit, on the primary and on the standby: the same findings, and no transaction id taken.
BEGIN;
SELECT level, rule, object_name, policy, columns, suppressed_by, fingerprint
FROM rls.audit(rules => '{policies_without_rls,policy_always_true,policy_column_unindexed,rls_disabled,rls_without_policy}');
-- Every rule there is.
SELECT count(*) > 0 AS found FROM rls.audit();
SELECT count(*) > 0 AS listed FROM rls.rules;
SELECT split_part(rls.explain_rule('rls_disabled'), E'\n', 1) AS explained;
SAVEPOINT s;
SELECT rls.assert_clean('error');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
SELECT rls.assert_clean(rules => '{policies_without_rls}') IS NOT NULL AS clean;
SELECT ledger, accounts, transfers FROM atomic.ledgers;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_transaction_id;
COMMIT;
