-- The audit over large catalogs, the best of three, each on a fresh connection: 1,000 tables with 4,000
-- policies, then 10,000 with 40,000. Targets: 0.5 s and 4 s, at most 11 times the time for 10 times the catalog,
-- 512 MB of memory.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION rowguard;
\ir include/catalog.psql
-- The peak of this backend, without the server's shared buffers that it touched.
CREATE FUNCTION public.own_peak() RETURNS numeric LANGUAGE sql AS $$
  SELECT (substring(status FROM 'VmHWM:\s+(\d+)')::numeric - substring(status FROM 'RssShmem:\s+(\d+)')::numeric) / 1024
  FROM pg_read_file('/proc/self/status') AS status
$$;
CREATE TABLE measured (tables int, findings bigint, seconds numeric, mb numeric);

CALL bench.fill(1, 1000);
\set tables 1000
\ir include/audit_run.psql
\ir include/audit_run.psql
\ir include/audit_run.psql
CALL bench.fill(1001, 10000);
\set tables 10000
\ir include/audit_run.psql
\ir include/audit_run.psql
\ir include/audit_run.psql

CREATE VIEW best AS
  SELECT tables, max(findings) AS findings, min(seconds) AS seconds, max(mb) AS mb FROM measured GROUP BY tables;
SELECT tables, 4 * tables AS policies, findings, round(seconds, 2) AS seconds, round(mb) AS "peak MB",
       CASE WHEN seconds > CASE tables WHEN 1000 THEN 0.5 ELSE 4 END OR mb > 512 THEN 'MISSED' ELSE 'met' END AS target
  FROM best ORDER BY tables;
SELECT round(max(seconds) / min(seconds), 1) AS "times the time",
       CASE WHEN max(seconds) > 11 * min(seconds) THEN 'MISSED' ELSE 'met' END AS target
  FROM best;

-- Cancelled at several moments: how long until it answers.
CREATE TABLE cancelled (after_ms int, late_ms numeric);
CREATE PROCEDURE cancel_after(ms int) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count(*) FROM rls.audit('{bench}');
EXCEPTION WHEN query_canceled THEN
  INSERT INTO cancelled VALUES (ms, extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 - ms);
END $$;
SELECT format('SET statement_timeout = %s', ms), format('CALL cancel_after(%s)', ms)
FROM unnest(ARRAY[100, 300, 600, 1000, 1500, 2000, 2500]) AS ms \gexec
RESET statement_timeout;
SELECT count(*) AS "times cancelled", round(max(late_ms)) AS "slowest answer, ms",
       CASE WHEN count(*) > 0 AND max(late_ms) <= 1000 THEN 'met' ELSE 'MISSED' END AS "target: 1000"
  FROM cancelled;
