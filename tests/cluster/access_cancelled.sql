-- Cancelled, a trial leaves as little behind. The policy of endless.waits first goes every way, and then never ends.
LISTEN trap;
\set stranger '{"role": "anon", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}'
\set identities '{"stranger": {"role": "anon", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}}'
SET statement_timeout = '300ms';
SELECT * FROM rls.access_matrix(:'identities', '{endless}');
SELECT rls.assert_visible(:'stranger', 'endless.waits');
SELECT rls.assert_hidden(:'stranger', 'endless.waits');
SELECT rls.assert_isolated('endless.waits', :'stranger', '{"role": "authenticated"}');
SELECT * FROM rls.explain_access('endless.waits', 'select', '{"id": 1}', :'stranger');
SELECT * FROM rls.matrix_diff('{"identities": {"stranger": {"role": "anon"}}, "schemas": ["endless"]}');
SELECT rls.assert_matrix('{"identities": {"stranger": {"role": "anon"}}, "schemas": ["endless"]}');
SELECT rls.emit_tests(:'identities', '{endless}');
-- Whoever catches it goes on as who he was.
DO $$
BEGIN
  PERFORM rls.assert_visible('{"role": "anon"}', 'endless.waits');
EXCEPTION WHEN query_canceled THEN
  RAISE NOTICE 'cancelled; still %, and % is what transaction_read_only says', current_user, current_setting('transaction_read_only');
END $$;
SET statement_timeout = 0;
SELECT pg_listening_channels() AS listens;
SELECT count(*) AS prepared FROM pg_prepared_statements;
SELECT count(*) AS advisory_locks FROM pg_locks WHERE locktype = 'advisory';
SELECT current_user, session_user, current_setting('role') AS role, current_setting('transaction_read_only') AS read_only,
       COALESCE(current_setting('app.setting', true), '') AS setting, COALESCE(current_setting('request.jwt.claims', true), '') AS claims, auth.uid();
-- Nothing of it is written when the session writes.
BEGIN;
INSERT INTO app.loot (id, how) VALUES (0, 'by the session');
SELECT how FROM app.loot;
ROLLBACK;
