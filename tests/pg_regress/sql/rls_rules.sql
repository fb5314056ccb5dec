-- View rls.rules: every rule of the audit.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT * FROM rls.rules;
-- Each of them can be asked for, and explained.
SELECT count(*) FROM rls.rules r, LATERAL rls.audit(rules => ARRAY[r.rule]);
SELECT count(*) AS unexplained FROM rls.rules WHERE rls.explain_rule(rule) NOT LIKE rule || ' (' || level || '): ' || title || '%';
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT * FROM rls.rules;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
