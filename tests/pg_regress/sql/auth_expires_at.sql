-- auth.expires_at(): the claim exp as a time.
\set ON_ERROR_ROLLBACK on
BEGIN;
SET LOCAL timezone = 'UTC';
SET LOCAL datestyle = 'ISO';
SELECT auth.expires_at() IS NULL AS unknown;
SET LOCAL request.jwt.claims = '';
SELECT auth.expires_at() IS NULL AS unknown;
SET LOCAL request.jwt.claims = '{"sub": "alice"}';
SELECT auth.expires_at() IS NULL AS unknown;
SET LOCAL request.jwt.claims = '{"exp": null}';
SELECT auth.expires_at() IS NULL AS unknown;

-- Seconds since 1970, fractions allowed.
SELECT exp, set_config('request.jwt.claims', format('{"exp": %s}', exp), true) <> '' AS set,
       auth.expires_at(), auth.expires_at() = to_timestamp(exp::double precision) AS same
FROM (VALUES ('1767225600'), ('1767225600.25'), ('1767225600.000001'), ('1.7672256e9'), ('0'), ('-1'), ('946684800'), ('4102444800')) AS given (exp);

-- What is no number, and a time that the server cannot hold.
SET LOCAL request.jwt.claims = '{"exp": "1767225600"}';
SELECT auth.expires_at();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"exp": true}';
SELECT auth.expires_at();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"exp": [1767225600]}';
SELECT auth.expires_at();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"exp": 1e18}';
SELECT auth.expires_at();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"exp": -1e999}';
SELECT auth.expires_at();
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '1767225600';
SELECT auth.expires_at();
\echo :LAST_ERROR_SQLSTATE

-- A query that changes the claims keeps what it has read and sees what it has set; a savepoint restores them.
SET LOCAL request.jwt.claims = '{"exp": 1}';
SAVEPOINT before;
SELECT auth.expires_at(), set_config('request.jwt.claims', '{"exp": 2}', true) <> '' AS set, auth.expires_at();
ROLLBACK TO before;
SELECT auth.expires_at();

-- Anybody may ask.
CREATE ROLE regress_anybody;
SET LOCAL ROLE regress_anybody;
SELECT auth.expires_at();
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_catalog.pg_proc WHERE oid = 'auth.expires_at()'::regprocedure;
ROLLBACK;
