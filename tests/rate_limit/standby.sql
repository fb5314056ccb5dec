-- A standby counts for itself, in shared memory.
SELECT pg_is_in_recovery();
SELECT n, allowed, remaining FROM generate_series(1, 3) n, LATERAL atomic.rate_limit('standby', 2, '1 hour', n / n);
SELECT n, request('GET', '/reads', 'alice') FROM generate_series(1, 3) n;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_transaction_id;
