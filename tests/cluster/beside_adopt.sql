-- Native readers in place of others: policies keep their expressions, and the functions their OIDs.
CREATE TABLE public.before AS
  SELECT p.oid, pg_get_functiondef(p.oid) AS definition FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace;
ALTER TABLE public.before ENABLE ROW LEVEL SECURITY;
SELECT * FROM rls.adopt_auth(replace => true);
SELECT count(*) AS same_functions FROM before JOIN pg_proc USING (oid);
\i tests/cluster/beside_functions.sql
