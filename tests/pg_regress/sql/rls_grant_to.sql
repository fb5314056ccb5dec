-- rls.grant_to(): hands out the rights to one part of the extension.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE ROLE regress_app;
CREATE ROLE regress_migrate;
CREATE ROLE "Regress ""ci";
SELECT rls.grant_to('regress_app', 'app');
SELECT rls.grant_to('regress_migrate', 'migrate');
SELECT rls.grant_to('Regress "ci', 'ci');
SELECT rls.grant_to('Regress "ci', 'ci');

-- What each may call and read.
SELECT g.rolname AS role, p.oid::regproc AS may_call
FROM pg_proc p, pg_roles g
WHERE p.pronamespace IN ('rls'::regnamespace, 'atomic'::regnamespace) AND g.rolname ~* '^regress_(app|migrate)$|^Regress "ci$'
  AND has_function_privilege(g.oid, p.oid, 'EXECUTE') AND has_schema_privilege(g.oid, p.pronamespace, 'USAGE')
ORDER BY g.rolname COLLATE "C", p.oid::regproc::text COLLATE "C";
SELECT g.rolname AS role, c.oid::regclass AS may_read
FROM pg_class c, pg_roles g
WHERE c.relnamespace IN ('rls'::regnamespace, 'atomic'::regnamespace) AND g.rolname ~* '^regress_(app|migrate)$|^Regress "ci$'
  AND c.relkind IN ('r', 'v') AND has_table_privilege(g.oid, c.oid, 'SELECT')
ORDER BY g.rolname COLLATE "C", c.oid::regclass::text COLLATE "C";

-- Functions that no part hands out, or more than one: grant_to itself, for the owner alone, and act_reset, for everybody.
SELECT p.oid::regprocedure AS not_in_one_part
FROM pg_proc p
WHERE p.pronamespace IN ('rls'::regnamespace, 'atomic'::regnamespace)
  AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  AND (SELECT count(*) FROM pg_roles g
       WHERE g.rolname IN ('regress_app', 'regress_migrate', 'Regress "ci') AND has_function_privilege(g.oid, p.oid, 'EXECUTE')) <> 1
ORDER BY 1;

-- Plain SQL takes it all back.
CREATE ROLE clerk;
SELECT rls.grant_to('clerk', 'app'), rls.grant_to('clerk', 'migrate'), rls.grant_to('clerk', 'ci');
REVOKE ALL ON ALL ROUTINES IN SCHEMA rls, atomic FROM clerk;
REVOKE ALL ON ALL TABLES IN SCHEMA rls, atomic FROM clerk;
REVOKE ALL ON SCHEMA rls, atomic FROM clerk;
DROP ROLE clerk;

-- What cannot be done.
SELECT rls.grant_to('regress_nobody', 'app');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('public', 'app');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('regress_app', 'everything');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to(NULL, 'app');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('regress_app', NULL);
\echo :LAST_ERROR_SQLSTATE
GRANT EXECUTE ON FUNCTION rls.grant_to TO regress_migrate;
SET LOCAL ROLE regress_migrate;
SELECT rls.grant_to('regress_migrate', 'app');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
