-- The way back, also from a dump.
SELECT * FROM rls.adopt_auth(undo => true);
\i tests/cluster/beside_functions.sql
SELECT count(*) AS as_before FROM before b
JOIN pg_proc p ON p.pronamespace = 'auth'::regnamespace AND pg_get_functiondef(p.oid) = b.definition;
