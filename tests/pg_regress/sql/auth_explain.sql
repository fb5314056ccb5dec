-- auth.explain(): the identity, where it comes from, and why there is none.
\set ON_ERROR_ROLLBACK on
BEGIN;
SET LOCAL timezone = 'UTC';
SELECT jsonb_pretty(auth.explain());
SET LOCAL request.jwt.claims = '';
SELECT auth.explain() ->> 'reason';
SET LOCAL request.jwt.claims = '{"role": "anon"}';
SELECT jsonb_pretty(auth.explain());
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated", "email": "alice@example.com", "secret": "s3cret"}';
SELECT jsonb_pretty(auth.explain());

-- Expiry, and whole seconds from the start of the statement.
SET LOCAL request.jwt.claims = '{"sub": "alice", "exp": 1767225600.5}';
SELECT auth.explain() - 'seconds_left', (auth.explain() ->> 'seconds_left')::bigint = floor(extract(epoch FROM '2026-01-01 00:00:00.5Z' - statement_timestamp())) AS whole_seconds;
SELECT set_config('request.jwt.claims', format('{"sub": "alice", "exp": %s}', extract(epoch FROM statement_timestamp()) - 10), true) <> '' AS set;
SELECT (auth.explain() ->> 'seconds_left')::int BETWEEN -600 AND -10 AS over;

-- It says what is wrong, and raises nothing.
SELECT claims, set_config('request.jwt.claims', claims, true) <> '' AS set, auth.explain() - 'mode' - 'kid'
FROM (VALUES ('{"sub": "", "role": "anon"}'), ('{"sub": 7, "role": 1e999999999}'), ('{"sub": ["alice"], "role": ["admin"]}'), ('{"sub": "alice", "exp": "soon"}'), ('{"sub": "alice", "exp": 1e18}'),
             ('{"sub": "alice"'), ('null'), ('{"sub": "al\u0000ice"}')) AS given (claims);
SELECT set_config('request.jwt.claims', repeat('[', 1000), true) <> '' AS set;
SELECT auth.explain() ->> 'reason';

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT auth.explain();
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.explain()'::regprocedure;
ROLLBACK;
