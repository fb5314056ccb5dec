-- auth.login(token): a signed JWT for this transaction.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set tokens_include :abs_srcdir '/include/tokens.psql'
BEGIN;
\i :tokens_include
CREATE ROLE regress_app;

-- In gateway mode, the default, there is nothing to log in to.
SELECT auth.uid();
SHOW rowguard.identity_mode;
SELECT auth.login(pg_temp.token('es256'));
\echo :LAST_ERROR_SQLSTATE

SET LOCAL rowguard.identity_mode = 'verified';
SET LOCAL rowguard.jwks = :'jwks';
SET LOCAL rowguard.jwt_issuer = 'https://issuer.example';
SET LOCAL rowguard.jwt_audience = 'app';
SELECT auth.login(NULL);
\echo :LAST_ERROR_SQLSTATE

-- Anybody may call it. The claims come back, and count from here on.
SET LOCAL ROLE regress_app;
SELECT auth.login(pg_temp.token('es256'));
SELECT auth.uid(), auth.role(), auth.jwt() ->> 'iss' AS issuer;
SELECT auth.login(pg_temp.token('payload_number')) -> 'x' AS exact;
SELECT auth.login(pg_temp.token('sub_text')) ->> 'sub' AS sub;
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SELECT auth.login(pg_temp.token('no_sub')) ? 'sub' AS has_sub;
SELECT auth.uid(), auth.role();

-- A savepoint brings back who was there, and so does a login that fails.
SELECT auth.login(pg_temp.token('es256')) ->> 'sub' AS sub;
SAVEPOINT before;
SELECT auth.login(pg_temp.token('no_sub')) ? 'sub' AS has_sub;
SELECT auth.uid();
ROLLBACK TO before;
SELECT auth.uid();
SELECT auth.login('x');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.uid();
SELECT auth.login('');
\echo :LAST_ERROR_SQLSTATE
SELECT auth.uid();
DO $$
BEGIN
  PERFORM auth.login(pg_temp.token('stranger'));
EXCEPTION WHEN invalid_authorization_specification THEN
  RAISE NOTICE 'refused, and still %', auth.uid();
END $$;

-- Every token there is, with the reason for which it is refused.
CREATE FUNCTION pg_temp.try(token text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE reason text;
BEGIN
  RETURN 'sub ' || coalesce(auth.login(token) ->> 'sub', 'absent');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || reason;
END $$;
SELECT name, pg_temp.try(token) FROM tokens ORDER BY name COLLATE "C";
-- No part of a token that is passed as a parameter is in what is said of it.
CREATE FUNCTION pg_temp.said(token text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  message text;
  detail text;
  hint text;
  context text;
BEGIN
  EXECUTE 'SELECT auth.login($1)' USING token;
  RETURN auth.explain()::text;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
                          context = PG_EXCEPTION_CONTEXT;
  RETURN message || detail || hint || context || auth.explain()::text;
END $$;
SELECT count(*) AS tokens, count(*) FILTER (WHERE EXISTS (
         SELECT FROM string_to_table(token, '.') AS part
         WHERE length(part) > 8 AND position(substr(part, 1, 12) IN said) > 0)) AS told
FROM (SELECT token, pg_temp.said(token) AS said FROM tokens OFFSET 0) AS tried;
-- Without kid only one key may fit.
RESET ROLE;
SET LOCAL rowguard.jwks = :'jwks_two';
SELECT name, pg_temp.try(token) FROM tokens WHERE name IN ('es256', 'old', 'no_kid', 'rs256') ORDER BY name;
-- How long a token may live, from iat.
SET LOCAL rowguard.jwks = :'jwks';
SET LOCAL rowguard.jwt_max_lifetime = '1d';
SELECT name, pg_temp.try(token) FROM tokens WHERE name IN ('es256', 'day', 'no_iat') ORDER BY name;
SET LOCAL rowguard.jwt_max_lifetime = 'off';
SELECT name, pg_temp.try(token) FROM tokens WHERE name IN ('es256', 'day', 'no_iat') ORDER BY name;

-- As a gateway hands over the header of a request; one without a token is nobody's.
CREATE FUNCTION public.log_in() RETURNS void LANGUAGE sql AS $$
  SELECT auth.login(substr(header, 8))
  FROM (SELECT current_setting('request.headers', true)::json ->> 'authorization' AS header) AS request
  WHERE header LIKE 'Bearer %'
$$;
SET LOCAL rowguard.jwt = '';
SET LOCAL ROLE regress_app;
SET LOCAL request.headers = '{"accept": "*/*"}';
SELECT public.log_in();
SELECT auth.uid();
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || pg_temp.token('es256'))::text, true) <> '' AS set;
SELECT public.log_in();
SELECT auth.uid();
SELECT set_config('request.headers', json_build_object('authorization', 'Bearer ' || pg_temp.token('stranger'))::text, true) <> '' AS set;
SELECT public.log_in();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

SELECT provolatile, proparallel, prosecdef, proisstrict FROM pg_catalog.pg_proc WHERE oid = 'auth.login(text)'::regprocedure;
-- The transaction's end is the login's.
SELECT auth.uid() IS NOT NULL AS somebody;
ROLLBACK;
SELECT current_setting('rowguard.jwt') AS token, auth.uid();
