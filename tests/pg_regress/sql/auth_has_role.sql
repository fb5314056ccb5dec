-- auth.has_role(text): whether claim role is it, or the array at rowguard.roles_claim holds it.
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT auth.has_role('admin'), auth.has_role(''), auth.has_role(NULL);
SET LOCAL request.jwt.claims = '';
SELECT auth.has_role('admin'), auth.has_role(NULL);
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT auth.has_role('admin'), auth.has_role(''), auth.has_role(NULL);
SET LOCAL request.jwt.claims = '{"role": null, "app_metadata": {"roles": null}}';
SELECT auth.has_role('admin'), auth.has_role('null'), auth.has_role(NULL);

-- In the one claim or in the other, exactly as written.
SHOW rowguard.role_claim;
SHOW rowguard.roles_claim;
SET LOCAL request.jwt.claims = '{"role": "authenticated", "app_metadata": {"roles": ["editor", null, "admin", 7, true]}, "roles": ["top"]}';
SELECT role, auth.has_role(role)
FROM (VALUES ('authenticated'), ('editor'), ('admin'), ('Admin'), ('admi'), ('admin '), ('7'), ('true'), ('null'), (''), (NULL), ('top'), ('editor')) AS roles (role);
SELECT auth.has_role('admin') AS admin, auth.has_role('owner') AS owner, auth.has_role(NULL) AS nobody;

-- A claim of another shape is an error, whatever is asked for.
SET LOCAL request.jwt.claims = '{"role": "admin", "app_metadata": {"roles": "admin"}}';
SELECT auth.has_role('admin');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.has_role(NULL);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"app_metadata": {"roles": [["admin"]]}}';
SELECT auth.has_role('admin');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"role": ["admin"], "app_metadata": {"roles": ["admin"]}}';
SELECT auth.has_role('admin');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '["admin"]';
SELECT auth.has_role('admin');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.has_role(NULL);
\echo :LAST_ERROR_SQLSTATE

-- The paths are settings, which take effect at once, inside a query too; an empty one names no claim.
SET LOCAL request.jwt.claims = '{"role": "authenticated", "realm_access": {"roles": ["admin"], "first": "editor"}}';
SELECT auth.has_role('admin') AS before, set_config('rowguard.roles_claim', 'realm_access.roles', true) AS path, auth.has_role('admin') AS after;
SELECT auth.has_role('authenticated') AS before, set_config('rowguard.role_claim', 'realm_access.first', true) AS path,
       auth.has_role('authenticated') AS after, auth.has_role('editor') AS editor, auth.role();
SET LOCAL rowguard.role_claim = '';
SET LOCAL rowguard.roles_claim = '';
SELECT auth.has_role('authenticated'), auth.has_role('admin'), auth.role() IS NULL AS none;
RESET rowguard.role_claim;
RESET rowguard.roles_claim;
SET LOCAL rowguard.role_claim = '.';
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.roles_claim = '"roles';
\echo :LAST_ERROR_SQLSTATE
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.has_role('authenticated');
SET LOCAL rowguard.role_claim = 'user_metadata.role';
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.roles_claim = 'user_metadata.roles';
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- A list of a megabyte.
SELECT set_config('request.jwt.claims', json_build_object('app_metadata', json_build_object('roles', array_fill(repeat('x', 1023), '{1024}') || 'last'::text))::text, true) <> '' AS set;
SELECT auth.has_role('last'), auth.has_role(repeat('x', 1023)), auth.has_role(repeat('x', 1024));

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SET LOCAL request.jwt.claims = '{"role": "admin"}';
SAVEPOINT before;
SELECT auth.has_role('admin'), set_config('request.jwt.claims', '{"role": "anon"}', true) <> '' AS set, auth.has_role('admin');
ROLLBACK TO before;
SELECT auth.has_role('admin');

-- PL/pgSQL keeps the place of a call while its variables change, and a prepared statement its plan.
DO $$
DECLARE
  wanted text;
  seen text := '';
BEGIN
  FOREACH wanted IN ARRAY ARRAY['admin', 'anon', NULL, 'admin'] LOOP
    seen := seen || auth.has_role(wanted) || ' ';
  END LOOP;
  RAISE NOTICE 'seen %', seen;
END $$;
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE has (text) AS SELECT auth.has_role($1), auth.has_role('admin');
EXECUTE has ('admin');
EXECUTE has ('anon');
SET LOCAL request.jwt.claims = '{"role": "anon"}';
EXECUTE has ('anon');
EXECUTE has (NULL);
DEALLOCATE has;

-- A parallel worker reads the same roles, for an argument that changes too.
SET LOCAL request.jwt.claims = '{"app_metadata": {"roles": ["admin"]}}';
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_leader_participation = off;
CREATE TABLE public.rows_of (role text);
INSERT INTO public.rows_of SELECT CASE i % 4 WHEN 0 THEN 'admin' WHEN 1 THEN 'anon' WHEN 2 THEN NULL ELSE repeat('admin', 1000) END FROM generate_series(1, 2000) AS i;
ANALYZE public.rows_of;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.rows_of WHERE auth.has_role(role) AND auth.has_role('admin');
SELECT count(*) FROM public.rows_of WHERE auth.has_role(role) AND auth.has_role('admin');
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.has_role(text)'::regprocedure;
ROLLBACK;
