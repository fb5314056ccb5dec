-- The audit over large catalogs, on a fresh connection each time: 1,000 tables with 4,000 policies,
-- then 10,000 with 40,000. Targets: 0.5 s and 4 s, at most 11 times the time for 10 times the catalog,
-- 512 MB of memory.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION rowguard;
\ir include/catalog.psql
CREATE TABLE measured (tables int, findings bigint, seconds numeric, mb numeric);

CALL bench.fill(1, 1000);
\connect
SELECT clock_timestamp() AS started \gset
SELECT count(*) AS findings FROM rls.audit('{bench}') \gset
INSERT INTO measured
SELECT 1000, :findings, extract(epoch FROM clock_timestamp() - :'started'::timestamptz),
       substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s+(\d+)')::numeric / 1024;

CALL bench.fill(1001, 10000);
\connect
SELECT clock_timestamp() AS started \gset
SELECT count(*) AS findings FROM rls.audit('{bench}') \gset
INSERT INTO measured
SELECT 10000, :findings, extract(epoch FROM clock_timestamp() - :'started'::timestamptz),
       substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s+(\d+)')::numeric / 1024;

SELECT tables, 4 * tables AS policies, findings, round(seconds, 2) AS seconds, round(mb) AS "peak MB",
       CASE WHEN seconds > CASE tables WHEN 1000 THEN 0.5 ELSE 4 END OR mb > 512 THEN 'MISSED' ELSE 'met' END AS target
  FROM measured ORDER BY tables;
SELECT round(max(seconds) / min(seconds), 1) AS "times the time",
       CASE WHEN max(seconds) > 11 * min(seconds) THEN 'MISSED' ELSE 'met' END AS target
  FROM measured;
