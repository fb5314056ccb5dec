-- Counters in shared memory.
SELECT name, setting, context FROM pg_settings WHERE name = 'rowguard.rate_limit_counters';
SELECT allocated_size BETWEEN 1024 * 40 AND 1024 * 120 AS bounded FROM pg_shmem_allocations WHERE name = 'rowguard rate limits';

-- What rolls back counts.
BEGIN;
SELECT allowed, remaining FROM atomic.rate_limit('rolled back', 3, '1 hour');
SAVEPOINT s;
SELECT allowed, remaining FROM atomic.rate_limit('rolled back', 3, '1 hour');
SELECT 1 / (remaining - remaining) FROM atomic.rate_limit('rolled back', 3, '1 hour');
ROLLBACK TO s;
ROLLBACK;
SELECT allowed, remaining FROM atomic.rate_limit('rolled back', 3, '1 hour');

-- So does what only reads, and what asks of an old snapshot.
BEGIN READ ONLY ISOLATION LEVEL SERIALIZABLE;
SELECT allowed, remaining FROM atomic.rate_limit('read', 1, '1 hour');
COMMIT;
BEGIN READ ONLY;
SELECT allowed, remaining FROM atomic.rate_limit('read', 1, '1 hour');
COMMIT;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_transaction_id FROM atomic.rate_limit('read', 1, '1 hour');

-- Another database has counters of its own.
\c postgres
CREATE EXTENSION rowguard;
SELECT allowed, remaining FROM atomic.rate_limit('read', 1, '1 hour');
DROP EXTENSION rowguard;
\c rate_limit

-- There is room for so many; a new one takes the place of the one unused for longest.
SELECT count(*) FILTER (WHERE allowed) AS allowed FROM generate_series(1, 1024) n, LATERAL atomic.rate_limit('key ' || n, 1, '1 hour');
SELECT count(*) FILTER (WHERE allowed) AS allowed FROM generate_series(1, 1024) n, LATERAL atomic.rate_limit('key ' || n, 1, '1 hour');
SELECT allowed FROM atomic.rate_limit('one more', 1, '1 hour');
SELECT n, allowed FROM unnest(ARRAY[3, 1024, 1]) n, LATERAL atomic.rate_limit('key ' || n, 1, '1 hour');
-- Or of one whose window is over, so that none is lost.
SELECT count(*) FILTER (WHERE allowed) AS allowed FROM generate_series(1, 10) n, LATERAL atomic.rate_limit('short ' || n, 1, '1 millisecond');
SELECT count(*) FILTER (WHERE allowed) AS allowed FROM generate_series(1, 1014) n, LATERAL atomic.rate_limit('long ' || n, 1, '1 hour');
SELECT pg_sleep(0.01);
SELECT count(*) FILTER (WHERE allowed) AS allowed FROM generate_series(1, 10) n, LATERAL atomic.rate_limit('late ' || n, 1, '1 hour');
SELECT count(*) FILTER (WHERE allowed) AS allowed FROM generate_series(1, 1014) n, LATERAL atomic.rate_limit('long ' || n, 1, '1 hour');
-- A flood of keys drops counters and takes no memory.
SELECT count(*) FILTER (WHERE allowed) AS allowed FROM generate_series(1, 20000) n, LATERAL atomic.rate_limit('flood ' || n, 1, '1 hour');
SELECT allowed FROM atomic.rate_limit('before the restart', 1, '1 hour');
SELECT allowed FROM atomic.rate_limit('before the restart', 1, '1 hour');

-- How full it is, for whoever watches.
SELECT r ->> 'storage' AS storage, r -> 'room' AS room, (r -> 'counters')::int = (r -> 'room')::int AS full, (r -> 'dropped')::int > 0 AS dropped
FROM (SELECT rls.health() -> 'checks' -> 'rate_limits' AS r) AS health;
