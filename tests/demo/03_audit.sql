\echo '== 3. What the audit says'
\echo
SET client_min_messages = warning;
\pset footer off
CREATE EXTENSION rowguard;
SELECT level, rule, object_name AS object, policy, array_to_string(columns, ', ') AS columns FROM rls.audit(min_level => 'warning');
SELECT count(*) AS "for information" FROM rls.audit() WHERE level = 'info';
\echo '-- Each finding says why it matters, and most say what mends it:'
\x on
SELECT rule, object_name, message, detail, fix FROM rls.audit()
WHERE (rule, object_name) IN (('rls_disabled', 'settings'), ('policy_always_true', 'profiles'), ('policy_column_unindexed', 'posts'))
  AND level <> 'info' AND policy IS DISTINCT FROM 'profiles_read';
\x off
\echo '-- In a pipeline, one statement fails the build:'
\set ON_ERROR_STOP off
SELECT rls.assert_clean();
\set ON_ERROR_STOP on
\echo
