-- rls.explain_rule(): what a rule is about.
\set ON_ERROR_ROLLBACK on
BEGIN;
\pset format unaligned
\pset tuples_only on
SELECT rls.explain_rule('policy_always_true');
SELECT rls.explain_rule('rls_disabled');
SELECT rls.explain_rule('nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.explain_rule(NULL);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
