-- atomic.seed_rate_limits(): the usual rules.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE ROLE migrator;
SELECT rls.grant_to('migrator', 'migrate');
SET LOCAL ROLE migrator;
SELECT atomic.seed_rate_limits();
SELECT count(*) FROM atomic.rate_limits;
\echo :SQLSTATE
RESET ROLE;
SET LOCAL IntervalStyle = postgres;
SELECT method, path_pattern, per, max_requests, by FROM atomic.rate_limits ORDER BY path_pattern DESC, max_requests;
-- Again, and after changes: nothing that is there is touched, or comes back beside what it became.
SET LOCAL rowguard.trusted_proxies = 1;
SELECT atomic.seed_rate_limits();
UPDATE atomic.rate_limits SET max_requests = 10, per = '1 hour', by = 'everybody' WHERE path_pattern = '/rpc/login';
DELETE FROM atomic.rate_limits WHERE path_pattern = '/rpc/signup';
SELECT atomic.seed_rate_limits();
SELECT method, path_pattern, per, max_requests, by FROM atomic.rate_limits ORDER BY path_pattern DESC, max_requests;
-- The table can be handed on by plain SQL.
GRANT SELECT, INSERT, UPDATE, DELETE ON atomic.rate_limits TO migrator;
SET LOCAL ROLE migrator;
UPDATE atomic.rate_limits SET max_requests = 60 WHERE method = 'POST,PUT,PATCH,DELETE';
SELECT max_requests FROM atomic.rate_limits WHERE method = 'POST,PUT,PATCH,DELETE';
RESET ROLE;
CREATE ROLE stranger;
SELECT rls.grant_to('stranger', 'app');
SET LOCAL ROLE stranger;
SELECT atomic.seed_rate_limits();
\echo :SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT atomic.seed_rate_limits();
\echo :SQLSTATE
ROLLBACK;
