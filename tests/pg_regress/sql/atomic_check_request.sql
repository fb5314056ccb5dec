-- atomic.check_request(): requests of PostgREST, counted by the rules in atomic.rate_limits.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
SELECT rls.grant_to('anon', 'app'), rls.grant_to('authenticated', 'app');
-- What PostgREST does about a request, and what comes of it.
CREATE FUNCTION pg_temp.request(method text, path text, sub text DEFAULT NULL, forwarded text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  message text;
  detail text;
BEGIN
  PERFORM set_config('request.method', method, true), set_config('request.path', path, true),
          set_config('request.headers', json_build_object('accept', '*/*', 'x-forwarded-for', forwarded)::text, true),
          set_config('request.jwt.claims', json_build_object('role', 'anon', 'sub', sub)::text, true);
  PERFORM atomic.check_request();
  RETURN 'passes';
EXCEPTION WHEN SQLSTATE 'PGRST' THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
  RETURN detail::jsonb ->> 'status';
END $$;
GRANT EXECUTE ON FUNCTION pg_temp.request TO anon, authenticated;

-- No rules, no limits; and no request, no limits.
SET LOCAL ROLE anon;
SELECT pg_temp.request('POST', '/rpc/login');
SELECT count(*) FROM atomic.rate_limits;
\echo :SQLSTATE
RESET ROLE;
INSERT INTO atomic.rate_limits (per, max_requests, by) VALUES ('1 hour', 1, 'everybody');
SELECT set_config('request.method', '', true), set_config('request.path', '', true);
SELECT atomic.check_request() FROM generate_series(1, 3);
DELETE FROM atomic.rate_limits;

-- By address: the one that the trusted proxy added. What stands before it is the client's own.
INSERT INTO atomic.rate_limits (method, path_pattern, per, max_requests, by) VALUES ('*', '/rpc/login', '1 hour', 2, 'address');
SET LOCAL rowguard.trusted_proxies = 1;
SET LOCAL ROLE anon;
SELECT n, pg_temp.request('POST', '/rpc/login', NULL, n || '.1.1.1, 192.0.2.7') FROM generate_series(1, 3) n;
SELECT pg_temp.request('POST', '/rpc/login', NULL, '192.0.2.8');
SELECT pg_temp.request('POST', '/rpc/logout', NULL, '192.0.2.7');
-- Whoever has an identity has the address, too.
SELECT pg_temp.request('POST', '/rpc/login', 'alice', '192.0.2.7');
-- No other spelling of the path is another path.
SELECT path, pg_temp.request('POST', path, NULL, '192.0.2.7')
FROM unnest(ARRAY['/rpc/%6Cogin', '/rpc//login', '/rpc/login/', '/rpc%2flogin', '/rpc/LOGIN']) path;
-- A host has half of IPv6 to itself.
SELECT n, pg_temp.request('POST', '/rpc/login', NULL, '2001:db8:1:2::' || n) FROM generate_series(1, 3) n;
SELECT pg_temp.request('POST', '/rpc/login', NULL, '2001:db8:1:3::1');
-- Of whom no address is known, they are counted together.
SELECT forwarded, pg_temp.request('POST', '/rpc/login', NULL, forwarded)
FROM unnest(ARRAY['', 'unknown', '192.0.2.9, nobody', NULL]) forwarded;
RESET ROLE;
SET LOCAL rowguard.trusted_proxies = 2;
SET LOCAL ROLE anon;
SELECT pg_temp.request('POST', '/rpc/login', NULL, '192.0.2.77');
SELECT pg_temp.request('POST', '/rpc/login', NULL, '192.0.2.77, 192.0.2.78');
-- Nobody but a superuser says whom to believe; without a word of his the header is not believed.
SET LOCAL rowguard.trusted_proxies = 3;
\echo :SQLSTATE
RESET ROLE;
RESET rowguard.trusted_proxies;
SET LOCAL ROLE anon;
SELECT pg_temp.request('POST', '/rpc/login', NULL, '192.0.2.99');
SELECT set_config('request.headers', 'no JSON', true);
DO $$
BEGIN
  PERFORM atomic.check_request();
EXCEPTION WHEN SQLSTATE 'PGRST' THEN
  RAISE INFO 'refused';
END $$;
RESET ROLE;
DELETE FROM atomic.rate_limits;

-- By user, whatever the address; without an identity by address, which counts for nobody with one.
SET LOCAL rowguard.trusted_proxies = 1;
INSERT INTO atomic.rate_limits VALUES ('GET,HEAD', '*', '1 hour', 2, 'user');
SET LOCAL ROLE authenticated;
SELECT n, pg_temp.request('GET', '/notes', 'alice', '192.0.2.' || n) FROM generate_series(1, 3) n;
SELECT method, pg_temp.request(method, '/notes', 'alice') FROM unnest(ARRAY['HEAD', 'POST', 'GE', 'get', 'GET,HEAD']) method;
SELECT pg_temp.request('GET', '/notes', 'bob', '192.0.2.1');
SELECT n, pg_temp.request('GET', '/notes', NULL, '192.0.2.1') FROM generate_series(1, 3) n;
-- An identity that is spelt as an address, or as nobody, is neither.
SELECT sub, pg_temp.request('GET', '/notes', sub) FROM unnest(ARRAY['192.0.2.1', 'address', 'unknown', '']) sub;
-- Claims that cannot be read are nobody's.
SELECT set_config('request.jwt.claims', '[]', true);
SELECT atomic.check_request();
\echo :SQLSTATE
RESET ROLE;
DELETE FROM atomic.rate_limits;

-- Every rule that fits has a counter of its own; where one refuses, none counts.
INSERT INTO atomic.rate_limits VALUES
  ('*', '*', '1 hour', 5, 'everybody'), ('POST', '/a*', '1 minute', 1, 'user'), ('POST', '/a*', '1 hour', 3, 'user');
SET LOCAL ROLE authenticated;
SELECT n, pg_temp.request('POST', '/a', 'carol') FROM generate_series(1, 3) n;
SELECT n, pg_temp.request('POST', '/b', 'carol') FROM generate_series(1, 5) n;
SELECT pg_temp.request('POST', '/a', 'dave');
RESET ROLE;
-- A changed rule applies at once, to what was used already.
UPDATE atomic.rate_limits SET max_requests = 6 WHERE path_pattern = '*';
SELECT pg_temp.request('POST', '/a', 'carol'), pg_temp.request('POST', '/b', 'dave'), pg_temp.request('POST', '/b', 'dave');
DELETE FROM atomic.rate_limits;
SELECT pg_temp.request('POST', '/b', 'dave');

-- Keys of atomic.rate_limit() are another kind.
SELECT allowed FROM unnest(ARRAY['everybody', 'request', '/b', '*']) key, LATERAL atomic.rate_limit(key, 1, '1 hour');

-- What the client is told: the longest wait of the rules that refuse.
INSERT INTO atomic.rate_limits VALUES ('GET', '/told', '10 minutes', 1, 'everybody'), ('GET', '/told', '1 hour', 1, 'everybody');
SELECT pg_temp.request('GET', '/told');
DO $$
DECLARE
  message text;
  detail text;
  hint text;
  wait text;
BEGIN
  PERFORM atomic.check_request();
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  wait := detail::jsonb #>> '{headers,Retry-After}';
  RAISE INFO '% % % % (%)', SQLSTATE, replace(message, wait, 'N'), replace(detail, wait, 'N'), hint, wait::int BETWEEN 3590 AND 3600;
END $$;

-- What is no rule.
INSERT INTO atomic.rate_limits VALUES ('get', '*', '1 hour', 1, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('GET, HEAD', '*', '1 hour', 1, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', 'rpc/login', '1 hour', 1, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', '*', '0', 1, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', '*', '1 month', 1, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', '*', '1 year -12 months 367 days', 1, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', '*', '1 hour', 0, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', '*', '1 hour', 1, 'nobody');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', '*', NULL, 1, 'user');
\echo :SQLSTATE
INSERT INTO atomic.rate_limits VALUES ('*', '*', '60 seconds', 1, 'user'), ('*', '*', '1 minute', 2, 'user');
\echo :SQLSTATE
CREATE ROLE stranger;
SET LOCAL ROLE stranger;
SELECT atomic.check_request();
\echo :SQLSTATE
ROLLBACK;

-- In a transaction that only reads, as PostgREST's are for GET, counters that are rows cannot be written: reads
-- pass, and nothing else does.
\set ON_ERROR_ROLLBACK off
BEGIN;
INSERT INTO atomic.rate_limits VALUES ('*', '/read', '1 hour', 2, 'everybody');
SET LOCAL request.path = '/read';
SET TRANSACTION READ ONLY;
SET LOCAL request.method = 'GET';
SELECT atomic.check_request() FROM generate_series(1, 2);
ROLLBACK;
BEGIN;
INSERT INTO atomic.rate_limits VALUES ('*', '/other', '1 hour', 1, 'everybody');
SET LOCAL request.path = '/other';
SET TRANSACTION READ ONLY;
SET LOCAL request.method = 'POST';
SELECT atomic.check_request();
\echo :SQLSTATE
ROLLBACK;
