-- rls.act_as(role, claims): SET LOCAL ROLE and claims for the rest of the transaction.
\set ON_ERROR_ROLLBACK on
BEGIN;
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\i :roles
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated"}');
SELECT current_user, auth.uid(), auth.role();
SELECT rls.act_reset();
SELECT current_user = session_user AS back, auth.uid() IS NULL AS nobody;

-- Without claims: nobody, whatever they were.
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b"}';
SELECT rls.act_as('anon', NULL);
SELECT current_user, auth.uid() IS NULL AS nobody, auth.jwt() IS NULL AS no_claims;
RESET ROLE;
SELECT rls.act_as('anon', '{}');
SELECT current_user, auth.uid() IS NULL AS nobody, auth.jwt();
RESET ROLE;

-- What is given is what auth.jwt() reads.
SELECT rls.act_as('anon', '{"n": 123456789012345678901234567890.50, "t": "\ud83d\ude00 \"\\"}');
SELECT auth.jwt();
RESET ROLE;
SELECT rls.act_reset();

-- No role, a role that does not exist, names that are no roles, claims that are none. Nothing is set.
SELECT rls.act_as(NULL, '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_as('regress_nobody', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_as('none', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_as('public', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_as('anon', '[]');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_as('anon', 'null');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_as('anon', '"anon"');
\echo :LAST_ERROR_SQLSTATE
SELECT current_user = session_user AS unchanged, auth.jwt() IS NULL AS no_claims;

-- Only roles that the session's user may SET.
CREATE ROLE regress_tester;
CREATE ROLE regress_other;
GRANT anon TO regress_tester;
GRANT USAGE ON SCHEMA rls TO regress_tester;
SET LOCAL SESSION AUTHORIZATION regress_tester;
SELECT rls.act_as('anon', '{}');
\echo :LAST_ERROR_SQLSTATE
RESET SESSION AUTHORIZATION;
GRANT EXECUTE ON FUNCTION rls.act_as(name, jsonb) TO regress_tester;
SET LOCAL SESSION AUTHORIZATION regress_tester;
SELECT rls.act_as('anon', '{"sub": "alice"}');
SELECT session_user, current_user, auth.user_id();
SELECT rls.act_as('regress_tester', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.act_reset();
SELECT session_user, current_user, auth.user_id() IS NULL AS nobody;
SELECT rls.act_as('regress_other', '{"sub": "alice"}');
\echo :LAST_ERROR_SQLSTATE
SELECT current_user, auth.user_id() IS NULL AS nobody;
RESET SESSION AUTHORIZATION;

-- Not from a function that runs with its owner's rights.
CREATE FUNCTION public.regress_act(role name) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT rls.act_as(role, '{}') $$;
SELECT public.regress_act('anon');
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION public.regress_back() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT rls.act_reset() $$;
SET LOCAL ROLE anon;
SELECT public.regress_back();
\echo :LAST_ERROR_SQLSTATE
SELECT current_user;
RESET ROLE;

-- Row security binds the role that is acted as.
CREATE TABLE public.notes (owner uuid, note text);
INSERT INTO public.notes VALUES ('00000000-0000-4000-8000-00000000000a', 'of a'), ('00000000-0000-4000-8000-00000000000b', 'of b');
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.notes TO authenticated USING (owner = auth.uid());
GRANT SELECT ON public.notes TO authenticated;
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000a"}');
SELECT note FROM public.notes;
SELECT rls.act_reset();
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000b"}');
SELECT note FROM public.notes;
SELECT rls.act_reset();

-- A savepoint takes it back, and so does the block of PL/pgSQL that fails.
SAVEPOINT before;
SELECT rls.act_as('anon', '{"sub": "alice"}');
ROLLBACK TO before;
SELECT current_user = session_user AS back, auth.user_id() IS NULL AS nobody;
DO $$
BEGIN
  PERFORM rls.act_as('anon', '{"sub": "alice"}');
  RAISE NOTICE 'acting as %, %', current_user, auth.user_id();
  RAISE EXCEPTION 'failed';
EXCEPTION WHEN raise_exception THEN
  RAISE NOTICE 'back: %, nobody: %', current_user = session_user, auth.user_id() IS NULL;
END $$;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'rls.act_as(name, jsonb)'::regprocedure;

-- The end of the transaction takes it back.
SELECT rls.act_as('anon', '{"sub": "alice"}');
SELECT current_user, auth.user_id();
ROLLBACK;
SELECT current_user = session_user AS back, auth.user_id() IS NULL AS nobody;
BEGIN;
SELECT rls.act_as(current_user, '{"sub": "alice"}');
SELECT auth.user_id();
COMMIT;
SELECT auth.user_id() IS NULL AS nobody;
