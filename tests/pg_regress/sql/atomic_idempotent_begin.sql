-- atomic.idempotent_begin(): begins work that a key is for, or answers what came of it.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set alice '''{"sub": "00000000-0000-4000-8000-0000000000a1", "role": "authenticated"}'''
\set bob '''{"sub": "00000000-0000-4000-8000-0000000000b1", "role": "authenticated"}'''
BEGIN;
\i :roles
CREATE ROLE regress_shop;
CREATE ROLE regress_other;
SELECT rls.grant_to(role, 'app') FROM unnest(ARRAY['authenticated', 'regress_shop', 'regress_other']) AS role;

-- Begun, finished, and repeated: the work is done once.
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.5}');
SELECT atomic.idempotent_finish('checkout', 'cart 7', '{"order": 1, "note": "Grüße"}');
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.50}');
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.50}', '1 microsecond');
-- With another request, of another scope, and of other words.
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 13}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('refund', 'cart 7', '{"total": 13}');
SELECT * FROM atomic.idempotent_begin('checkout', 'CART 7', '{"total": 13}');

-- Begun, and not finished: in progress, for any request but this one a mismatch, and taken over when
-- the caller says that it is time.
SELECT * FROM atomic.idempotent_begin('refund', 'cart 7', '{"total": 13}');
SELECT * FROM atomic.idempotent_begin('refund', 'cart 7', '{"total": 14}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('refund', 'cart 7', '{"total": 13}', '1 hour');
SELECT pg_sleep(0.01);
SELECT * FROM atomic.idempotent_begin('refund', 'cart 7', '{"total": 13}', '10 milliseconds');
SELECT * FROM atomic.idempotent_begin('refund', 'cart 7', '{"total": 13}', '1 hour');
SELECT atomic.idempotent_finish('refund', 'cart 7', 'null');
SELECT state, response, response IS NULL AS nothing FROM atomic.idempotent_begin('refund', 'cart 7', '{"total": 13}', '1 microsecond');

-- What fails leaves the key free.
SAVEPOINT work;
SELECT state FROM atomic.idempotent_begin('checkout', 'cart 8', '{}');
SELECT 1 / 0;
ROLLBACK TO SAVEPOINT work;
SELECT state FROM atomic.idempotent_begin('checkout', 'cart 8', '{}');

-- A key belongs to its user: Bob's is another one, whatever his role.
SET LOCAL request.jwt.claims = :bob;
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.5}');
SELECT atomic.idempotent_finish('checkout', 'cart 8', '{"stolen": true}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL ROLE regress_shop;
SELECT state FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.5}');
SET LOCAL request.jwt.claims = :alice;
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.5}');

-- Without claims it belongs to the role.
SET LOCAL request.jwt.claims = '';
SELECT state FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
SELECT atomic.idempotent_finish('checkout', 'cart 7', '{"by": "the shop"}');
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
RESET ROLE;
SET LOCAL ROLE regress_other;
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
-- A role cannot pass for a user, nor a user for a role.
SET LOCAL request.jwt.claims = '{"sub": "regress_shop"}';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');

-- Claims that name nobody: such callers could not be told apart.
SET LOCAL request.jwt.claims = '{"role": "anon"}';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": ""}';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"sub": ';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
\echo :LAST_ERROR_SQLSTATE
-- The same of a token that is none, in verified mode; without one, the role is who it is.
RESET ROLE;
SET LOCAL rowguard.identity_mode = 'verified';
SET LOCAL ROLE regress_shop;
SET LOCAL rowguard.jwt = 'no token';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.jwt = '';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 1}');
RESET ROLE;
SET LOCAL rowguard.identity_mode = 'gateway';
SET LOCAL request.jwt.claims = '';
-- Claims of an older gateway.
SET LOCAL rowguard.legacy_claims = on;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claim.role = 'anon';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.5}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claim.sub = '00000000-0000-4000-8000-0000000000a1';
SELECT * FROM atomic.idempotent_begin('checkout', 'cart 7', '{"total": 12.5}');
RESET ROLE;
SET LOCAL rowguard.legacy_claims = off;

-- Arguments.
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT * FROM atomic.idempotent_begin(NULL, 'k', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('s', NULL, '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('s', 'k', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('', 'k', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('s', repeat('k', 256), '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT state FROM atomic.idempotent_begin(repeat('s', 255), repeat('k', 255), '{}');
SELECT * FROM atomic.idempotent_begin('s', 'k', '{}', '0');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('s', 'k', '{}', '1 day -24 hours');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('s', 'k', to_jsonb(repeat('x', 1048576)));
\echo :LAST_ERROR_SQLSTATE
SELECT state FROM atomic.idempotent_begin('s', 'k', to_jsonb(repeat('x', 1000000)));
SELECT atomic.idempotent_begin('s', 'k2', '{}');

-- Nobody reads or writes the table, and its owner's rights are not lent: a hostile search path, and
-- objects of the caller's, change nothing.
SELECT * FROM atomic.work_keys;
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT 1 / 0; SELECT now()';
CREATE TEMPORARY TABLE work_keys (scope text);
SET LOCAL search_path = pg_temp, pg_catalog;
SELECT state FROM atomic.idempotent_begin('s', 'k3', '{}');
RESET search_path;
RESET ROLE;
CREATE ROLE regress_writes_all IN ROLE pg_write_all_data;
GRANT USAGE ON SCHEMA atomic TO regress_writes_all;
SET LOCAL ROLE regress_writes_all;
INSERT INTO atomic.work_keys VALUES ('checkout', 0, '00000000-0000-4000-8000-0000000000b1', 'cart 9', '{}', '{"paid": true}');
\echo :LAST_ERROR_SQLSTATE
WITH changed AS (UPDATE atomic.work_keys SET response = '{"paid": true}' RETURNING 1) SELECT count(*) FROM changed;
RESET ROLE;
CREATE ROLE regress_stranger;
GRANT USAGE ON SCHEMA atomic TO regress_stranger;
SET LOCAL ROLE regress_stranger;
SELECT * FROM atomic.idempotent_begin('s', 'k', '{}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- A transaction that only reads repeats, and does not begin.
SELECT state FROM atomic.idempotent_begin('s', 'done', '{}');
SELECT atomic.idempotent_finish('s', 'done', '1');
\set ON_ERROR_ROLLBACK off
SET TRANSACTION READ ONLY;
SELECT * FROM atomic.idempotent_begin('s', 'done', '{}');
SELECT * FROM atomic.idempotent_begin('s', 'new', '{}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
