-- rowguard.legacy_claims: claims in settings of their own, request.jwt.claim.<name>.
\set ON_ERROR_ROLLBACK on
BEGIN;
SET LOCAL timezone = 'UTC';
SET LOCAL datestyle = 'ISO';
-- Off by default: such settings are nobody's.
SELECT auth.uid() IS NULL AS nobody;
SHOW rowguard.legacy_claims;
SET LOCAL request.jwt.claim.sub = '00000000-0000-4000-8000-00000000000a';
SET LOCAL request.jwt.claim.role = 'authenticated';
SELECT auth.uid() IS NULL AS nobody, auth.user_id() IS NULL AS nobody, auth.role() IS NULL AS nobody, auth.claim('sub') IS NULL AS nobody,
       auth.has_role('authenticated'), auth.is_authenticated();

-- Only superusers turn it on; it takes effect at once.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SET LOCAL rowguard.legacy_claims = on;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT auth.uid() IS NULL AS nobody, set_config('rowguard.legacy_claims', 'on', true) AS legacy, auth.uid();
SELECT auth.user_id(), auth.role(), auth.claim('sub'), auth.claim_uuid('sub'), auth.claim_text('role'),
       auth.has_role('authenticated'), auth.is_authenticated();
SELECT auth.require_uid(), auth.explain();

-- A text stands for a path of one element, and is no part of auth.jwt().
SELECT auth.jwt() IS NULL AS no_claims, auth.claim(VARIADIC '{}') IS NULL AS no_claims, auth.claim('sub', '0') IS NULL AS absent, auth.email() IS NULL AS absent;
SET LOCAL request.jwt.claim.email = 'alice@example.com';
SET LOCAL request.jwt.claim.exp = '1767225600';
SET LOCAL request.jwt.claim.yes = 'true';
SET LOCAL request.jwt.claim.roles = '["admin"]';
SELECT auth.email(), auth.expires_at(), auth.claim_bool('yes'), auth.claim('exp'), auth.claim_text('exp');
SELECT auth.claim_text_array('roles');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.claim_bool('email');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claim.exp = 'soon';
SELECT auth.expires_at();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claim.sub = 'alice';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE

-- The JSON claims come first; what they lack, or hold as null, comes from the settings.
SET LOCAL request.jwt.claim.sub = '00000000-0000-4000-8000-00000000000a';
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b", "email": null}';
SELECT auth.uid(), auth.role(), auth.email(), auth.jwt();
SET LOCAL request.jwt.claims = '{"sub": ""}';
SELECT auth.is_authenticated();
SET LOCAL request.jwt.claims = '{"sub": ';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SELECT auth.has_role('authenticated');
\echo :LAST_ERROR_SQLSTATE

-- An empty setting is what a pooled connection resets it to.
SET LOCAL request.jwt.claims = '';
SET LOCAL request.jwt.claim.sub = '';
SELECT auth.uid() IS NULL AS nobody, auth.is_authenticated();

-- A change inside a query counts, and what was read before stays; savepoints restore the settings.
SET LOCAL request.jwt.claim.sub = 'before';
SAVEPOINT before;
SELECT auth.user_id(), set_config('request.jwt.claim.sub', 'after, and longer', true) <> '' AS set, auth.user_id();
SELECT string_agg(sub, ' ' ORDER BY i) FROM (
  SELECT i, auth.claim_text('sub') AS sub, set_config('request.jwt.claim.sub', 's' || repeat(i::text, i), true)
  FROM generate_series(1, 4) AS i OFFSET 0) AS changing;
ROLLBACK TO before;
SELECT auth.user_id();

-- Anybody reads them; a prepared statement follows them and the switch.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE who AS SELECT auth.user_id();
EXECUTE who;
SET LOCAL request.jwt.claim.sub = 'somebody else';
SET LOCAL ROLE regress_anybody;
EXECUTE who;
RESET ROLE;
SET LOCAL rowguard.legacy_claims = off;
EXECUTE who;
DEALLOCATE who;

-- A parallel worker reads the same settings.
SET LOCAL rowguard.legacy_claims = on;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_leader_participation = off;
CREATE TABLE public.rows_of (owner text);
INSERT INTO public.rows_of SELECT auth.user_id() FROM generate_series(1, 2000);
ANALYZE public.rows_of;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.rows_of WHERE owner = auth.user_id();
SELECT count(*) FROM public.rows_of WHERE owner = auth.user_id();
ROLLBACK;

-- Turned on before the library came by somebody who may not: off.
\c
BEGIN;
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SET LOCAL rowguard.legacy_claims = on;
SET LOCAL request.jwt.claim.sub = 'alice';
SELECT auth.user_id() IS NULL AS nobody;
ROLLBACK;
