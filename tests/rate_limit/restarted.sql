-- A server that starts begins anew.
SELECT allowed FROM atomic.rate_limit('before the restart', 1, '1 hour');
SELECT allowed FROM atomic.rate_limit('before the restart', 1, '1 hour');
