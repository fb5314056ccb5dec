-- rls.list_rules(): the rows of view rls.rules, in order of id.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT rule, level, title FROM rls.list_rules();
SELECT count(*) AS only_in_one FROM (
  (TABLE rls.rules EXCEPT SELECT * FROM rls.list_rules()) UNION ALL (SELECT * FROM rls.list_rules() EXCEPT TABLE rls.rules)) AS differing;
-- Not for everybody.
CREATE ROLE regress_nobody_in_particular;
GRANT USAGE ON SCHEMA rls TO regress_nobody_in_particular;
SET LOCAL ROLE regress_nobody_in_particular;
SELECT count(*) FROM rls.list_rules();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
