-- atomic.idempotent_finish(): stores what came of work that a key is for.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
\set alice '''{"sub": "00000000-0000-4000-8000-0000000000a1", "role": "authenticated"}'''
\set bob '''{"sub": "00000000-0000-4000-8000-0000000000b1", "role": "authenticated"}'''
BEGIN;
\i :roles
SELECT rls.grant_to('authenticated', 'app');

-- The example of the README: an order, once, however often the client asks.
SET LOCAL client_min_messages = warning;
CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY, owner_id uuid, item text);
GRANT SELECT, INSERT ON orders TO authenticated;
CREATE FUNCTION place_order(key text, item text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  known record;
  answer jsonb;
BEGIN
  SELECT * INTO known FROM atomic.idempotent_begin('orders', key, jsonb_build_object('item', item));
  IF known.state = 'replay' THEN
    RETURN known.response;
  ELSIF known.state <> 'started' THEN
    RAISE EXCEPTION 'this order is being placed' USING ERRCODE = 'PT409';
  END IF;
  INSERT INTO orders (owner_id, item) VALUES (auth.uid(), item)
  RETURNING jsonb_build_object('order', orders.id) INTO answer;
  PERFORM atomic.idempotent_finish('orders', key, answer);
  RETURN answer;
END $$;
RESET client_min_messages;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :alice;
SELECT place_order('5f3a', 'a book');
SELECT place_order('5f3a', 'a book');
SELECT count(*) FROM orders;
SET LOCAL request.headers = '{"idempotency-key": "9c1e"}';
SELECT place_order(current_setting('request.headers')::json ->> 'idempotency-key', 'a lamp');
\set SHOW_CONTEXT never
SELECT place_order('5f3a', 'two books');
\echo :LAST_ERROR_SQLSTATE
\set SHOW_CONTEXT errors

-- Nothing begun, or not by this caller.
SELECT atomic.idempotent_finish('orders', 'unknown', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT state FROM atomic.idempotent_begin('orders', 'hers', '{}');
SELECT atomic.idempotent_finish('other', 'hers', '{}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :bob;
SELECT atomic.idempotent_finish('orders', 'hers', '{}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '';
SELECT atomic.idempotent_finish('orders', 'hers', '{}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = '{"role": "authenticated"}';
SELECT atomic.idempotent_finish('orders', 'hers', '{}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :alice;

-- Twice: an equal response changes nothing, another one is refused, and the first stands.
SELECT atomic.idempotent_finish('orders', 'hers', '{"n": 1.0}');
SELECT atomic.idempotent_finish('orders', 'hers', '{"n": 1.00}');
SELECT atomic.idempotent_finish('orders', 'hers', '{"n": 2}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM atomic.idempotent_begin('orders', 'hers', '{}');

-- Arguments.
SELECT atomic.idempotent_finish(NULL, 'hers', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_finish('orders', NULL, '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_finish('orders', 'hers', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_finish(repeat('s', 256), 'hers', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_finish('orders', '', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.idempotent_finish('orders', 'hers', to_jsonb(repeat('x', 1048576)));
\echo :LAST_ERROR_SQLSTATE
-- A long answer comes back whole.
SELECT state FROM atomic.idempotent_begin('orders', 'long', '{}');
SELECT atomic.idempotent_finish('orders', 'long', (SELECT jsonb_agg(md5(n::text)) FROM generate_series(1, 25000) n));
SELECT state, md5(response::text) = md5((SELECT jsonb_agg(md5(n::text)) FROM generate_series(1, 25000) n)::text) AS whole
FROM atomic.idempotent_begin('orders', 'long', '{}');
RESET ROLE;
CREATE ROLE regress_stranger;
GRANT USAGE ON SCHEMA atomic TO regress_stranger;
SET LOCAL ROLE regress_stranger;
SELECT atomic.idempotent_finish('orders', 'hers', '{}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
