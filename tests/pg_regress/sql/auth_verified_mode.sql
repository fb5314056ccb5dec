-- Verified mode: who may choose what, and every way round it that is known.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set tokens_include :abs_srcdir '/include/tokens.psql'
\set reload_include :abs_srcdir '/include/reload.psql'
\set database :DBNAME
\set administrator :USER
\set forged '{"sub": "00000000-0000-4000-8000-0000000000ff", "role": "admin"}'
BEGIN;
\i :tokens_include
CREATE ROLE regress_intruder;
CREATE FUNCTION pg_temp.reason() RETURNS text LANGUAGE plpgsql AS $$
DECLARE reason text;
BEGIN
  PERFORM auth.login(pg_temp.token('es256'));
  RETURN 'authenticated';
EXCEPTION WHEN invalid_authorization_specification THEN
  GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
  RETURN reason;
END $$;

-- Nobody without a key, and the gateway's claims do not count.
SET LOCAL rowguard.identity_mode = 'verified';
SET LOCAL request.jwt.claims = :'forged';
SELECT auth.uid(), auth.role(), auth.jwt(), pg_temp.reason();
SET LOCAL rowguard.jwks = :'jwks';
SELECT auth.uid(), auth.role(), auth.jwt(), pg_temp.reason();
SELECT auth.uid(), auth.role();
-- A token that is not valid, set and not given to login, is nobody, and no error.
SELECT set_config('rowguard.jwt', pg_temp.token('stranger'), true) <> '' AS set;
SELECT auth.uid(), auth.role(), auth.jwt();
SET LOCAL rowguard.jwt = 'x';
SELECT auth.uid(), auth.role(), auth.jwt();

-- An interactive SET refuses what is not valid, and repeats no key.
SET LOCAL rowguard.identity_mode = 'verifed';
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.identity_mode = '';
SET LOCAL rowguard.identity_mode = 'Gateway';
SET LOCAL rowguard.jwt_leeway = '301s';
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.jwt_leeway = '-1';
SET LOCAL rowguard.jwt_leeway = 'x';
SET LOCAL rowguard.jwt_leeway = '5min';
SET LOCAL rowguard.jwt_max_lifetime = '0';
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.jwt_max_lifetime = '';
SET LOCAL rowguard.jwks = 'x';
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.jwks = '{"keys": []}';
SET LOCAL rowguard.jwks = :'jwks_small';
SET LOCAL rowguard.jwks = :'jwks_secret';
SET LOCAL rowguard.jwks_fil = 'x';
SELECT pg_temp.reason();

SELECT auth.explain() - 'seconds_left' AS explain;
-- Claims that come one by one do not count either, and nobody acts as somebody.
SET LOCAL rowguard.legacy_claims = on;
SET LOCAL "request.jwt.claim.email" = 'forged@example.org';
SELECT auth.email(), auth.claim_text('email'), auth.has_role('admin'), auth.is_authenticated();
SELECT rls.act_as('regress_intruder', '{"sub": "00000000-0000-4000-8000-0000000000ff"}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.jwt = '';
SELECT auth.email(), auth.claim_text('email'), auth.has_role('admin'), auth.is_authenticated();
SELECT auth.explain() - 'seconds_left' AS explain;

-- Two places for keys, and a file that cannot be read.
SET LOCAL rowguard.jwks_file = '/nonexistent/keys';
SELECT pg_temp.reason();
SELECT auth.uid();
SET LOCAL rowguard.jwks = '';
SELECT pg_temp.reason();
SET LOCAL rowguard.jwks_file = 'base';
SELECT pg_temp.reason();
SET LOCAL rowguard.jwks_file = 'PG_VERSION';
SELECT pg_temp.reason();
SET LOCAL rowguard.jwks_file = '';
SET LOCAL rowguard.jwks = :'jwks';
SELECT pg_temp.reason();

-- Only an administrator chooses the mode, the keys and the rules, however the choice is written.
SET LOCAL ROLE regress_intruder;
SET rowguard.identity_mode = 'gateway';
\echo :LAST_ERROR_SQLSTATE
SET rowguard.jwks = '';
SET rowguard.jwks_file = '';
SET rowguard.jwt_issuer = '';
SET rowguard.jwt_audience = '';
SET rowguard.jwt_leeway = '0';
SET rowguard.jwt_max_lifetime = 'off';
RESET rowguard.identity_mode;
SELECT set_config('rowguard.identity_mode', 'gateway', true);
CREATE FUNCTION pg_temp.as_gateway() RETURNS uuid LANGUAGE sql
  SET rowguard.identity_mode = 'gateway' AS 'SELECT auth.uid()';
ALTER ROLE regress_intruder SET rowguard.identity_mode = 'gateway';
UPDATE pg_settings SET setting = 'gateway' WHERE name = 'rowguard.identity_mode';
-- Nor may others see keys; nobody sees tokens in a list.
\set VERBOSITY sqlstate
SHOW rowguard.jwks;
SHOW rowguard.jwks_file;
SELECT current_setting('rowguard.jwks');
\set VERBOSITY default
SELECT name FROM pg_settings WHERE name LIKE 'rowguard.jw%' ORDER BY name COLLATE "C";
RESET ROLE;
SELECT name FROM pg_settings WHERE name LIKE 'rowguard.jw%' ORDER BY name COLLATE "C";
SELECT auth.login(pg_temp.token('es256')) ->> 'sub' AS sub;

-- The identity in every plan: generic, parallel, and after a change in the very query.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE who AS SELECT auth.uid();
EXECUTE who;
SET LOCAL rowguard.jwt = '';
EXECUTE who;
SELECT auth.uid() AS before,
       set_config('rowguard.jwt', pg_temp.token('eddsa'), true) <> '' AS set,
       auth.uid() AS after;
EXECUTE who;
DEALLOCATE who;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_leader_participation = off;
CREATE TABLE public.rows_of (owner uuid);
INSERT INTO public.rows_of SELECT auth.uid() FROM generate_series(1, 2000);
ANALYZE public.rows_of;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.rows_of WHERE owner = auth.uid();
SELECT count(*) FROM public.rows_of WHERE owner = auth.uid();
SET LOCAL rowguard.jwt = 'x';
SELECT count(*) FROM public.rows_of WHERE owner = auth.uid();
ROLLBACK;

-- A symmetric key, from a file that only the server reads; a token that ends while the session goes on.
BEGIN;
\i :tokens_include
SET LOCAL rowguard.identity_mode = 'verified';
SET LOCAL rowguard.jwt_leeway = '0';
COPY (SELECT :'jwks_secret') TO PROGRAM 'cat > rowguard_regress.json; chmod 644 rowguard_regress.json';
SET LOCAL rowguard.jwks_file = 'rowguard_regress.json';
SELECT auth.login(pg_temp.token('hs256'));
COPY (SELECT 1) TO PROGRAM 'chmod 622 rowguard_regress.json';
-- Read again after a change of the setting, not before.
SET LOCAL rowguard.jwks_file = './rowguard_regress.json';
SELECT auth.login(pg_temp.token('hs256'));
COPY (SELECT 1) TO PROGRAM 'chmod 600 rowguard_regress.json';
SET LOCAL rowguard.jwks_file = 'rowguard_regress.json';
SELECT name, auth.login(token) ->> 'sub' AS sub FROM tokens WHERE name LIKE 'hs%' ORDER BY name;
SELECT auth.login(pg_temp.token('es256'));

CREATE FUNCTION pg_temp.base64url(bytea) RETURNS text LANGUAGE sql
  RETURN translate(rtrim(replace(encode($1, 'base64'), E'\n', ''), '='), '+/', '-_');
CREATE FUNCTION pg_temp.pad(secret bytea, pad int) RETURNS bytea LANGUAGE sql RETURN (
  SELECT string_agg(decode(lpad(to_hex(get_byte(secret, i) # pad), 2, '0'), 'hex'), '' ORDER BY i)
  FROM generate_series(0, 63) AS i);
CREATE FUNCTION pg_temp.hmac(message text, secret bytea) RETURNS bytea LANGUAGE sql
  RETURN sha256(pg_temp.pad(secret, 92) || sha256(pg_temp.pad(secret, 54) || message::bytea));
CREATE FUNCTION pg_temp.mint(claims jsonb, secret bytea) RETURNS text LANGUAGE sql RETURN (
  SELECT signed || '.' || pg_temp.base64url(pg_temp.hmac(signed, secret))
  FROM (SELECT pg_temp.base64url('{"alg":"HS256","kid":"secret"}') || '.'
               || pg_temp.base64url(claims::text::bytea) AS signed) AS parts);
SELECT translate(:'jwks_secret'::jsonb #>> '{keys,0,k}', '-_', '+/') || '==' AS secret \gset
CREATE FUNCTION pg_temp.refusal(token text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE reason text;
BEGIN
  RETURN 'taken: ' || auth.login(token)::text;
EXCEPTION WHEN invalid_authorization_specification THEN
  GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
  RETURN reason;
END $$;
CREATE FUNCTION pg_temp.who() RETURNS uuid LANGUAGE plpgsql AS 'BEGIN RETURN auth.uid(); END';
PREPARE who AS SELECT auth.uid() IS NOT NULL AS somebody;
SELECT auth.login(pg_temp.mint(jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000a',
    'exp', extract(epoch FROM clock_timestamp()) + 3), decode(:'secret', 'base64'))) ? 'exp' AS has_exp;
EXECUTE who;
SELECT pg_temp.who() IS NOT NULL AS somebody;
SELECT pg_sleep(3.1);
EXECUTE who;
SELECT pg_temp.who() IS NOT NULL AS somebody, auth.jwt();
DEALLOCATE who;
-- One that begins later.
SELECT set_config('rowguard.jwt', pg_temp.mint(jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000a',
    'nbf', extract(epoch FROM clock_timestamp()) + 2,
    'exp', extract(epoch FROM clock_timestamp()) + 3600), decode(:'secret', 'base64')), true) <> '' AS set;
SELECT pg_temp.who() IS NOT NULL AS somebody;
SELECT pg_sleep(2.1);
SELECT pg_temp.who() IS NOT NULL AS somebody;
-- The leeway, on both ends; it is the administrator's choice, and made for tokens already given.
CREATE FUNCTION pg_temp.seconds_from_now(begins int, ends int) RETURNS text LANGUAGE sql RETURN
  pg_temp.mint(jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000a',
    'nbf', extract(epoch FROM clock_timestamp()) + begins,
    'exp', extract(epoch FROM clock_timestamp()) + ends), decode(current_setting('regress.secret'), 'base64'));
SELECT set_config('regress.secret', :'secret', true) <> '' AS set;
SET LOCAL rowguard.jwt_leeway = '1min';
SELECT auth.login(pg_temp.seconds_from_now(-3600, -30)) ? 'exp' AS ended_within_the_leeway;
SELECT auth.login(pg_temp.seconds_from_now(30, 3600)) ? 'exp' AS begins_within_the_leeway;
SELECT auth.login(pg_temp.seconds_from_now(-3600, -90));
SELECT auth.login(pg_temp.seconds_from_now(90, 3600));
SELECT pg_temp.who() IS NOT NULL AS somebody;
SET LOCAL rowguard.jwt_leeway = '0';
SELECT pg_temp.who() IS NOT NULL AS somebody;
-- The header is not signed by whoever writes it: no algorithm, an empty signature, none at all.
SET LOCAL rowguard.jwt = '';
SELECT header, pg_temp.refusal(pg_temp.base64url(header::bytea) || '.' || split_part(pg_temp.token('hs256'), '.', 2) || '.' || signature) AS reason
FROM (VALUES ('{"alg":"none"}', ''), ('{"alg":"none","kid":"secret"}', ''), ('{"alg":"None"}', 'AA'),
             ('{"alg":"HS256","kid":"secret"}', ''), ('{"alg":""}', ''), ('{"alg":null}', '')) AS forged (header, signature);
SELECT pg_temp.refusal(rtrim(split_part(pg_temp.token('hs256'), '.', 1) || '.' || split_part(pg_temp.token('hs256'), '.', 2), '.')) AS reason;
SELECT pg_temp.who() IS NOT NULL AS somebody;
SELECT auth.login(pg_temp.seconds_from_now(-3600, 3600)) ? 'exp' AS has_exp;
-- The file changes behind its path, which a reload notices.
COPY (SELECT :'jwks') TO PROGRAM 'cat > rowguard_regress.json';
SELECT pg_temp.who() IS NOT NULL AS somebody;
\i :reload_include
SELECT pg_temp.who() IS NOT NULL AS somebody;
SELECT auth.login(pg_temp.token('es256')) ->> 'sub' AS sub;
COPY (SELECT 1) TO PROGRAM 'rm rowguard_regress.json';
\i :reload_include
SELECT pg_temp.who() IS NOT NULL AS somebody;
ROLLBACK;

-- Settings of the database, and sessions that set what they can before the library is loaded.
CREATE ROLE regress_intruder LOGIN;
ALTER DATABASE :"database" SET rowguard.identity_mode = 'verified';
ALTER DATABASE :"database" SET rowguard.jwks = :'jwks_two';
ALTER DATABASE :"database" SET rowguard.jwt_issuer = 'https://issuer.example';
\c
SET SESSION AUTHORIZATION regress_intruder;
SET rowguard.identity_mode = 'gateway';
SET rowguard.jwks = '';
SET rowguard.jwks_file = 'PG_VERSION';
SET rowguard.jwt_issuer = 'x';
SET request.jwt.claims = :'forged';
SELECT auth.uid();
SHOW rowguard.identity_mode;
SHOW rowguard.jwt_issuer;
RESET SESSION AUTHORIZATION;
SELECT current_setting('rowguard.jwks') = :'jwks_two' AS keys_unchanged, current_setting('rowguard.jwks_file') AS file;
-- The same inside a transaction with savepoints.
\c
SET SESSION AUTHORIZATION regress_intruder;
BEGIN;
SET LOCAL rowguard.identity_mode = 'gateway';
SAVEPOINT a;
SET LOCAL rowguard.identity_mode = 'gateway';
SET request.jwt.claims = :'forged';
SELECT auth.uid();
ROLLBACK TO a;
SELECT auth.uid();
COMMIT;
SELECT auth.uid();
RESET ALL;
SET request.jwt.claims = :'forged';
SELECT auth.uid();
-- Options of the connection displace what the database says, and are thrown away when the library
-- is loaded. What the administrator chose is then unknown, so nobody is authenticated: whichever
-- setting it was, whatever value, also in a parallel worker and after RESET.
\set token `sed -n 's/^es256 //p' "$TOKENS/tokens.txt"`
\set login 'SELECT auth.login(' :'token' ')'
\set options 'dbname=' :database ' user=regress_intruder options=''-c rowguard.identity_mode=gateway -c request.jwt.claims={}'''
\c :options
SELECT current_user;
SET request.jwt.claims = :'forged';
SELECT auth.uid();
SHOW rowguard.identity_mode;
:login;
\echo :LAST_ERROR_SQLSTATE
-- The setting has another name from PostgreSQL 16 on.
SELECT set_config(name, 'on', false) AS forced FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT count(auth.uid()), count(auth.role()), count(auth.jwt()) FROM pg_class;
RESET ALL;
SET request.jwt.claims = :'forged';
SELECT auth.uid();
SET rowguard.identity_mode = 'verified';
\set options 'dbname=' :database ' user=regress_intruder options=''-c rowguard.jwt_issuer='''
\c :options
:login;
SELECT auth.uid();
\set options 'dbname=' :database ' user=regress_intruder options=''-c rowguard.jwt_leeway=300'''
\c :options
:login;
\set options 'dbname=' :database ' user=regress_intruder options=''-c rowguard.tenant_claim=user_metadata.tenant'''
\c :options
:login;
SELECT auth.explain() - 'seconds_left' AS explain;
-- An administrator may.
\set options 'dbname=' :database ' user=' :administrator ' options=''-c rowguard.jwt_leeway=300'''
\c :options
:login ->> 'sub' AS sub;
-- A function or a role cannot carry the choice either, before the library is loaded.
\set options 'dbname=' :database ' user=regress_intruder options=''-c client_min_messages=warning'''
\c :options
CREATE FUNCTION pg_temp.as_gateway() RETURNS uuid LANGUAGE plpgsql
  SET rowguard.identity_mode = 'gateway' AS 'BEGIN RETURN auth.uid(); END';
ALTER ROLE regress_intruder SET rowguard.identity_mode = 'gateway';
-- One that an administrator made does not carry it to others.
\c :database :administrator
CREATE FUNCTION public.as_gateway() RETURNS uuid LANGUAGE plpgsql
  SET rowguard.identity_mode = 'gateway' AS 'BEGIN RETURN auth.uid(); END';
\c :options
SET request.jwt.claims = :'forged';
SELECT public.as_gateway();
SELECT auth.uid();
SHOW rowguard.identity_mode;
SELECT public.as_gateway();
\echo :LAST_ERROR_SQLSTATE
\c :database :administrator
DROP FUNCTION public.as_gateway();
\c :options
-- The token may be set before the library is loaded: it proves itself.
SET rowguard.jwt = :'token';
SELECT auth.uid();
DISCARD ALL;
SELECT auth.uid();
-- The catalog is readable by everybody: a symmetric key in it makes the set useless.
\c :database :administrator
ALTER DATABASE :"database" SET rowguard.jwks = :'jwks_secret';
\c
:login ->> 'sub' AS sub;
-- So is one that comes with a role; and a role may have a mode of its own.
ALTER DATABASE :"database" SET rowguard.jwks = :'jwks_two';
ALTER ROLE regress_intruder SET rowguard.jwks = :'jwks_secret';
\set options 'dbname=' :database ' user=regress_intruder options=''-c client_min_messages=warning'''
\c :options
:login ->> 'sub' AS sub;
SET request.jwt.claims = :'forged';
SELECT auth.uid();
\c :database :administrator
ALTER ROLE regress_intruder RESET rowguard.jwks;
ALTER DATABASE :"database" RESET rowguard.identity_mode;
ALTER ROLE regress_intruder SET rowguard.identity_mode = 'verified';
\c :options
SET request.jwt.claims = :'forged';
SELECT auth.uid();
:login ->> 'sub' AS sub;
\c :database :administrator
SET request.jwt.claims = :'forged';
SELECT auth.uid();
-- A value without a meaning is not the default's.
ALTER DATABASE :"database" SET rowguard.jwks = :'jwks_two';
ALTER DATABASE :"database" SET rowguard.identity_mode = 'verifed';
\c
SET request.jwt.claims = :'forged';
SELECT auth.uid();
SHOW rowguard.identity_mode;
:login ->> 'sub' AS sub;
ALTER DATABASE :"database" SET rowguard.identity_mode = 'verified';
ALTER DATABASE :"database" SET rowguard.jwt_max_lifetime = '15 parsecs';
\c
SHOW rowguard.jwt_max_lifetime;
:login ->> 'sub' AS sub;
ALTER DATABASE :"database" RESET rowguard.jwt_max_lifetime;
ALTER DATABASE :"database" SET rowguard.jwt_issuer = 'https://another.example';
\c
:login ->> 'sub' AS sub;
-- Also interactively before the library is loaded, by an administrator who mistypes.
\c
SET rowguard.identity_mode = 'gatewy';
SET request.jwt.claims = :'forged';
SELECT auth.uid();
:login ->> 'sub' AS sub;
ALTER DATABASE :"database" RESET rowguard.identity_mode;
ALTER DATABASE :"database" RESET rowguard.jwks;
ALTER DATABASE :"database" RESET rowguard.jwt_issuer;

-- A configuration file may hold a symmetric key. A running session takes it over.
\c
BEGIN;
\i :tokens_include
COMMIT;
SET rowguard.identity_mode = 'verified';
SELECT auth.login(pg_temp.token('hs256')) ->> 'sub' AS sub;
ALTER SYSTEM SET rowguard.jwks = :'jwks_secret';
\i :reload_include
SELECT auth.login(pg_temp.token('hs256')) ->> 'sub' AS sub;
ALTER SYSTEM RESET rowguard.jwks;
\i :reload_include
SELECT auth.login(pg_temp.token('hs256')) ->> 'sub' AS sub;

-- So does every other setting, one after the other; a value without a meaning is taken, and nobody is authenticated.
RESET rowguard.identity_mode;
CREATE FUNCTION pg_temp.as_es256() RETURNS text LANGUAGE plpgsql AS $$
DECLARE reason text;
BEGIN
  RETURN auth.login(pg_temp.token('es256')) ->> 'sub';
EXCEPTION WHEN invalid_authorization_specification THEN
  GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
  RETURN reason;
END $$;
SET request.jwt.claims = :'forged';
SELECT auth.uid();
ALTER SYSTEM SET rowguard.identity_mode = 'verified';
\i :reload_include
SELECT auth.uid(), pg_temp.as_es256();
COPY (SELECT :'jwks_two') TO PROGRAM 'cat > rowguard_regress.json; chmod 600 rowguard_regress.json';
ALTER SYSTEM SET rowguard.jwks_file = 'rowguard_regress.json';
\i :reload_include
SELECT auth.uid(), pg_temp.as_es256();
ALTER SYSTEM SET rowguard.jwt_issuer = 'https://another.example';
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM SET rowguard.jwt_issuer = 'https://issuer.example';
ALTER SYSTEM SET rowguard.jwt_audience = 'another';
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM SET rowguard.jwt_audience = 'app';
ALTER SYSTEM SET rowguard.jwt_max_lifetime = '1s';
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM SET rowguard.jwt_max_lifetime = 'long';
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM SET rowguard.jwt_max_lifetime = 'off';
ALTER SYSTEM SET rowguard.jwt_leeway = '301s';
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM RESET rowguard.jwt_leeway;
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM SET rowguard.jwks = 'none';
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM RESET rowguard.jwks_file;
COPY (SELECT 1) TO PROGRAM 'rm rowguard_regress.json';
\i :reload_include
SELECT pg_temp.as_es256();
ALTER SYSTEM SET rowguard.identity_mode = 'Gateway';
\i :reload_include
SELECT auth.uid(), pg_temp.as_es256();
SHOW rowguard.identity_mode;
ALTER SYSTEM RESET rowguard.identity_mode;
ALTER SYSTEM RESET rowguard.jwks;
ALTER SYSTEM RESET rowguard.jwt_issuer;
ALTER SYSTEM RESET rowguard.jwt_audience;
ALTER SYSTEM RESET rowguard.jwt_max_lifetime;
\i :reload_include
SELECT auth.uid();
DROP TABLE tokens CASCADE;
DROP ROLE regress_intruder;
\c
SELECT auth.uid();
SHOW rowguard.identity_mode;
