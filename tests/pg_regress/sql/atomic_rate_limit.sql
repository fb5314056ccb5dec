-- atomic.rate_limit(): so many requests in a window of time.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
SELECT rls.grant_to('anon', 'app'), rls.grant_to('authenticated', 'app');
-- What can be said of an answer whatever the time is.
CREATE FUNCTION pg_temp.ask(key text, max_requests integer, per interval, cost integer DEFAULT 1,
                            OUT allowed boolean, OUT remaining integer, OUT wait text, OUT resets text)
LANGUAGE plpgsql AS $$
DECLARE
  answer record;
BEGIN
  SELECT * INTO STRICT answer FROM atomic.rate_limit(key, max_requests, per, cost);
  allowed := answer.allowed;
  remaining := answer.remaining;
  wait := CASE WHEN answer.retry_after = '0' THEN 'none'
               WHEN answer.retry_after BETWEEN answer.reset_at - clock_timestamp() AND per THEN 'until reset'
               WHEN answer.retry_after IS NULL THEN 'never' ELSE 'wrong' END;
  resets := CASE WHEN answer.reset_at <= clock_timestamp() THEN 'now'
                 WHEN answer.reset_at <= clock_timestamp() + per THEN 'later' ELSE 'wrong' END;
END $$;
GRANT EXECUTE ON FUNCTION pg_temp.ask TO anon, authenticated;
SET LOCAL ROLE authenticated;

-- The first answer tells once a session what kind of counter it is.
SELECT allowed, remaining FROM atomic.rate_limit('login alice@example.com', 5, '1 minute');
-- Three a minute, and no more.
SELECT a.* FROM generate_series(1, 5) AS n, LATERAL pg_temp.ask('login alice', 3, '1 minute', n / n) AS a;
-- Another key, another counter; another role, too.
SELECT * FROM pg_temp.ask('login bob', 3, '1 minute');
SET LOCAL ROLE anon;
SELECT * FROM pg_temp.ask('login alice', 3, '1 minute');
SET LOCAL ROLE authenticated;
SELECT * FROM pg_temp.ask('login alice', 3, '1 minute');

-- Within a window reset_at stands still, and remaining falls.
SELECT count(DISTINCT reset_at) AS resets, array_agg(remaining) AS remaining, array_agg(allowed) AS allowed
FROM generate_series(1, 4) AS n, LATERAL atomic.rate_limit('steady', 3, '1 hour', n / n);

-- Costs. What is refused uses nothing; what never fits is never promised; nothing is a look.
SELECT * FROM pg_temp.ask('cost', 10, '1 minute', 7);
SELECT * FROM pg_temp.ask('cost', 10, '1 minute', 4);
SELECT * FROM pg_temp.ask('cost', 10, '1 minute', 3);
SELECT * FROM pg_temp.ask('cost', 10, '1 minute', 11);
SELECT * FROM pg_temp.ask('cost', 10, '1 minute', 0);
SELECT * FROM pg_temp.ask('look', 1, '1 minute', 0);
SELECT * FROM pg_temp.ask('look', 1, '1 minute', 0);
SELECT * FROM pg_temp.ask('look', 1, '1 minute', 2147483647);
SELECT * FROM pg_temp.ask('look', 1, '1 minute', 1);
SELECT * FROM pg_temp.ask('large', 2147483647, '366 days', 2147483647);
SELECT * FROM pg_temp.ask('large', 2147483647, '366 days', 2147483647);
SELECT * FROM pg_temp.ask('closed', 0, '1 minute');
SELECT * FROM pg_temp.ask('closed', 0, '1 minute', 0);

-- A limit that changes applies to what was used already.
SELECT * FROM pg_temp.ask('change', 5, '1 minute', 4);
SELECT * FROM pg_temp.ask('change', 3, '1 minute');
SELECT * FROM pg_temp.ask('change', 6, '1 minute');
SELECT * FROM pg_temp.ask('change', 6, '1 hour');
SELECT * FROM pg_temp.ask('change', 6, '1 microsecond');

-- A window ends, and the next begins with the first request after it.
SELECT * FROM pg_temp.ask('short', 1, '0.2 seconds');
SELECT * FROM pg_temp.ask('short', 1, '0.2 seconds');
SELECT pg_sleep_for(retry_after), allowed FROM atomic.rate_limit('short', 1, '0.2 seconds');
SELECT * FROM pg_temp.ask('short', 1, '0.2 seconds');

-- Units that have a fixed length, and keys of any kind.
SELECT * FROM pg_temp.ask('units', 1, '1 day -23 hours');
SELECT * FROM pg_temp.ask('units', 1, '90 minutes');
SELECT * FROM pg_temp.ask(E'\n''"; --', 1, '1 minute');
SELECT * FROM pg_temp.ask(repeat('x', 1024), 1, '1 minute');
SELECT * FROM pg_temp.ask(repeat('x', 1023) || 'y', 1, '1 minute');

-- What is no request.
SELECT atomic.rate_limit(NULL, 1, '1 minute');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', NULL, '1 minute');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '1 minute', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('', 1, '1 minute');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit(repeat('x', 1025), 1, '1 minute');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', -1, '1 minute');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '1 minute', -1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '0');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '-1 minute');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '1 month');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '1 month -30 days');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '366 days 1 microsecond');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.rate_limit('k', 1, '2147483647 days 2147483647 hours');
\echo :LAST_ERROR_SQLSTATE

-- A function that limits itself: its owner's counters, whoever calls it.
RESET ROLE;
CREATE FUNCTION public.sign_in(email text, password text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT (SELECT allowed FROM atomic.rate_limit('sign in ' || lower(email), 5, '1 minute')) THEN
    RAISE SQLSTATE 'PT429' USING MESSAGE = 'too many attempts';
  END IF;
  RETURN 'the password is looked at';
END $$;
SET LOCAL ROLE anon;
SELECT count(public.sign_in('Alice@example.com', n::text)) AS attempts FROM generate_series(1, 5) n;
SET LOCAL ROLE authenticated;
SELECT public.sign_in('alice@example.com', 'secret');
\echo :SQLSTATE
SELECT public.sign_in('bob@example.com', 'secret');

-- Counters are the extension's alone.
SELECT count(*) FROM atomic.rate_counters;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE ROLE stranger;
SET LOCAL ROLE stranger;
SELECT atomic.rate_limit('k', 1, '1 minute');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- Objects of others do not come between.
CREATE SCHEMA mine;
CREATE TABLE mine.rate_counters (counter bytea);
CREATE FUNCTION mine.never(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR mine.= (FUNCTION = mine.never, LEFTARG = bytea, RIGHTARG = bytea);
SET LOCAL search_path = mine, pg_catalog;
SELECT allowed, remaining FROM atomic.rate_limit('path', 1, '1 minute');
SELECT allowed, remaining FROM atomic.rate_limit('path', 1, '1 minute');
RESET search_path;

-- A rollback takes back what was counted in a table, and nothing else.
SAVEPOINT s;
SELECT allowed, remaining FROM atomic.rate_limit('rolled back', 2, '1 minute');
ROLLBACK TO s;
SELECT allowed, remaining FROM atomic.rate_limit('rolled back', 2, '1 minute');

-- New counters clear away those that are long over.
INSERT INTO atomic.rate_counters
SELECT decode(md5(n::text), 'hex'), now() - interval '1 day', now() - n * interval '10 seconds', 1 FROM generate_series(1, 10) n;
SELECT count(*) AS long_over FROM atomic.rate_counters WHERE ends_at < now() - interval '1 minute';
SELECT count(*) AS counted FROM generate_series(1, 3) n, LATERAL atomic.rate_limit('new ' || n, 1, '1 minute');
SELECT count(*) AS over, count(*) FILTER (WHERE ends_at < now() - interval '1 minute') AS long_over
FROM atomic.rate_counters WHERE ends_at < now() - interval '9 seconds';
ROLLBACK;

-- A table cannot be written in a transaction that only reads.
BEGIN READ ONLY;
SELECT allowed, remaining FROM atomic.rate_limit('read only', 2, '1 minute');
\echo :SQLSTATE
ROLLBACK;
