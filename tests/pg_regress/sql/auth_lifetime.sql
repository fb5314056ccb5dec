-- The identity lives as long as the setting that it comes from: each way in which a setting begins and ends.
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set a '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "ra", "email": "a@example.com", "exp": 4102444800, "app_metadata": {"tenant_id": "00000000-0000-4000-8000-0000000000c1", "roles": ["r1"]}}'
\set b '{"sub": "00000000-0000-4000-8000-00000000000b"}'

-- SET: for the session where the transaction commits, else for the transaction alone.
BEGIN;
SET request.jwt.claims = :'a';
SELECT auth.uid();
COMMIT;
SELECT auth.uid();
BEGIN;
SET request.jwt.claims = :'b';
SELECT auth.uid();
ROLLBACK;
SELECT auth.uid();
-- SET LOCAL and set_config(..., true): for the transaction, over what the session has.
BEGIN;
SET LOCAL request.jwt.claims = :'b';
SELECT auth.uid();
COMMIT;
SELECT auth.uid();
BEGIN;
SELECT set_config('request.jwt.claims', :'b', true) = :'b' AS set;
SELECT auth.uid();
SELECT set_config('request.jwt.claims', '', true) = '' AS set;
SELECT auth.uid();
COMMIT;
SELECT auth.uid();
BEGIN;
SET LOCAL request.jwt.claims = '{}';
SET request.jwt.claims = :'b';
SET LOCAL request.jwt.claims = :'a';
SELECT auth.uid();
COMMIT;
SELECT auth.uid();
SELECT set_config('request.jwt.claims', :'a', false) = :'a' AS set;
-- Outside a transaction block SET LOCAL is nothing.
SET LOCAL request.jwt.claims = :'b';
SELECT auth.uid();
-- A transaction that fails.
BEGIN;
SET request.jwt.claims = :'b';
SELECT auth.uid(), 1 / 0;
SELECT auth.uid();
COMMIT;
SELECT auth.uid();
-- RESET, SET TO DEFAULT, RESET ALL, DISCARD ALL, which begins anew.
RESET request.jwt.claims;
SELECT auth.uid();
SET request.jwt.claims = :'a';
SET request.jwt.claims TO DEFAULT;
SELECT auth.uid();
SET request.jwt.claims = :'a';
RESET ALL;
SELECT auth.uid();
SET request.jwt.claims = :'a';
SELECT auth.uid();
DISCARD ALL;
SELECT auth.uid();
-- A transaction inside a procedure.
CREATE PROCEDURE pg_temp.in_two() LANGUAGE plpgsql AS $$
DECLARE seen text := '';
BEGIN
  PERFORM set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000a"}', true);
  seen := seen || coalesce(right(auth.uid()::text, 1), 'nobody') || ' ';
  COMMIT;
  seen := seen || coalesce(right(auth.uid()::text, 1), 'nobody') || ' ';
  PERFORM set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000000b"}', true);
  seen := seen || coalesce(right(auth.uid()::text, 1), 'nobody') || ' ';
  ROLLBACK;
  seen := seen || coalesce(right(auth.uid()::text, 1), 'nobody');
  RAISE NOTICE 'seen %', seen;
END $$;
CALL pg_temp.in_two();

-- Savepoints, released and rolled back to, and those of exceptions.
BEGIN;
SET LOCAL request.jwt.claims = :'a';
SAVEPOINT one;
SET LOCAL request.jwt.claims = :'b';
SAVEPOINT two;
SET LOCAL request.jwt.claims = '';
SELECT auth.uid();
ROLLBACK TO two;
SELECT auth.uid();
RELEASE one;
SELECT auth.uid();
DO $$
DECLARE seen text := '';
BEGIN
  FOR i IN 1..3 LOOP
    BEGIN
      PERFORM set_config('request.jwt.claims', format('{"sub": "00000000-0000-4000-8000-00000000000%s"}', i), true);
      seen := seen || right(auth.uid()::text, 1);
      RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN
      seen := seen || right(auth.uid()::text, 1) || ' ';
    END;
  END LOOP;
  RAISE NOTICE 'seen %', seen;
END $$;
-- Functions with a setting of their own, one in the other, the second leaving by an error.
CREATE FUNCTION pg_temp.outer_one() RETURNS text LANGUAGE plpgsql
  SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000001"}' AS $$
DECLARE seen text := right(auth.uid()::text, 1);
BEGIN
  BEGIN
    PERFORM pg_temp.inner_two();
  EXCEPTION WHEN raise_exception THEN
    seen := seen || SQLERRM;
  END;
  PERFORM set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-000000000003"}', true);
  RETURN seen || right(auth.uid()::text, 1);
END $$;
CREATE FUNCTION pg_temp.inner_two() RETURNS void LANGUAGE plpgsql
  SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000002"}' AS $$
BEGIN
  RAISE '%', right(auth.uid()::text, 1);
END $$;
SELECT auth.uid() AS before, pg_temp.outer_one(), auth.uid() AS after;
-- One that leaves a setting behind for the transaction, and the call sites of an expression in a loop.
DO $$
DECLARE
  seen text := '';
  who uuid;
BEGIN
  FOR i IN 1..3 LOOP
    who := auth.uid();
    seen := seen || right(who::text, 1) || pg_temp.outer_one() || CASE WHEN auth.uid() = who THEN ' ' ELSE '!' END;
  END LOOP;
  RAISE NOTICE 'seen %', seen;
END $$;

-- A cursor asks for each row that is fetched: by then it may be somebody else who asks.
DECLARE rows_of CURSOR FOR SELECT n, auth.uid() FROM generate_series(1, 3) AS n;
FETCH 1 FROM rows_of;
SET LOCAL request.jwt.claims = :'a';
FETCH 1 FROM rows_of;
SET LOCAL request.jwt.claims = '';
FETCH 1 FROM rows_of;
CLOSE rows_of;

-- A policy and its generic plan, under one identity after the other.
\i :roles
CREATE TABLE public.notes (id int, owner_id uuid);
INSERT INTO public.notes VALUES (1, '00000000-0000-4000-8000-00000000000a'), (2, '00000000-0000-4000-8000-00000000000b'), (3, NULL);
GRANT SELECT ON public.notes TO authenticated;
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.notes USING (owner_id = auth.uid());
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE mine AS SELECT id FROM public.notes;
SET LOCAL ROLE authenticated;
EXECUTE mine;
SET LOCAL request.jwt.claims = :'b';
EXECUTE mine;
SET LOCAL request.jwt.claims = :'a';
EXECUTE mine;
RESET ROLE;
DEALLOCATE mine;

-- Every reader in a parallel worker, which is given the settings, and not what was made of them.
SELECT set_config(name, 'on', true) AS forced FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
EXPLAIN (COSTS OFF) SELECT auth.uid();
SELECT auth.uid(), auth.user_id(), auth.require_uid(), auth.role(), auth.email(), auth.tenant_id();
SELECT auth.is_authenticated(), auth.has_role('r1'), auth.expires_at() = '2100-01-01 00:00+00' AS expires_at,
       auth.jwt() = current_setting('request.jwt.claims')::jsonb AS jwt, auth.explain() ->> 'source' AS source;
SELECT auth.claim('app_metadata', 'roles'), auth.claim_text('sub'), auth.claim_uuid('sub'), auth.claim_bool('none'),
       auth.claim_text_array('app_metadata', 'roles'), auth.claim_uuid_array('none'), rls.claim_matches('{role}', '{ra}');
SET LOCAL request.jwt.claims = :'b';
SELECT auth.uid(), auth.role();
SET LOCAL request.jwt.claims = 'none';
\set VERBOSITY terse
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT auth.uid();
