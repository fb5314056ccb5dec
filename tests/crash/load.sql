-- One client: prints the id of each transfer that the server acknowledged, and goes on until the
-- server is gone. Every fourth is a batch of three.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SELECT CASE WHEN n % 4 = 0
  THEN format('SELECT transfer_id FROM atomic.transfer_batch(ARRAY[account(%1$s), account(%2$s), account(%1$s)], ARRAY[account(%2$s), account(%3$s), account(%3$s)], %4$L)', a, b, c, '{1, 0.5, 0.25}')
  ELSE format('SELECT atomic.transfer_funds(account(%s), account(%s), 0.75, %L) ->> %L', a, b, :'client' || ' ' || n, 'transfer_id') END
FROM generate_series(1, 50000) n,
LATERAL (SELECT 1 + (random() * 19)::int AS a, n AS of) x,
LATERAL (SELECT 1 + a % 20 AS b, 1 + (a + 6) % 20 AS c) y
\gexec
