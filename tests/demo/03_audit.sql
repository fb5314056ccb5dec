\echo '== 3. What the audit says'
\echo
SET client_min_messages = warning;
\pset footer off
CREATE EXTENSION rowguard;
SELECT level, rule, object_name AS "table", policy, array_to_string(columns, ', ') AS columns FROM rls.audit();
\echo '-- Each finding says why it matters, and most say what mends it:'
\x on
SELECT rule, message, fix FROM rls.audit(rules => '{policy_always_true,policy_column_unindexed}') LIMIT 3;
\x off
\echo '-- In a pipeline, one statement fails the build:'
\set ON_ERROR_STOP off
SELECT rls.assert_clean();
\set ON_ERROR_STOP on
\echo
