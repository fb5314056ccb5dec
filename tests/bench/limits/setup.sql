-- The limiter that people write, and what PostgREST does about a request.
CREATE EXTENSION rowguard;
CREATE UNLOGGED TABLE plain_counters (key text PRIMARY KEY, started timestamptz NOT NULL, used int NOT NULL);
CREATE FUNCTION plain_limit(p_key text, p_max int, p_per interval) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_used int;
BEGIN
  INSERT INTO plain_counters AS c VALUES (p_key, now(), 1)
  ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN c.started + p_per <= now() THEN 1 ELSE c.used + 1 END,
    started = CASE WHEN c.started + p_per <= now() THEN now() ELSE c.started END
  RETURNING used INTO v_used;
  RETURN v_used <= p_max;
END $$;
-- The usual rules, wide enough that nobody is refused.
SET client_min_messages = warning;
SELECT atomic.seed_rate_limits() \g /dev/null
UPDATE atomic.rate_limits SET max_requests = 2000000000;
