-- rls.assert_denied() lets statements write, and undoes it: all but sequences, which go on.
SET client_min_messages = error;
LISTEN trap;
SELECT pg_advisory_lock(42);
\set stranger '{"role": "anon", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}'
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'denied';
EXCEPTION WHEN assert_failure OR OTHERS THEN RETURN sqlstate;
END $$;
SELECT call, count(*) FILTER (WHERE outcome = 'denied') AS denied, string_agg(DISTINCT outcome, ' ' ORDER BY outcome) FILTER (WHERE outcome <> 'denied') AS "raised"
FROM (SELECT call, pg_temp.outcome(format('SELECT rls.assert_denied(%L, %L)', :'stranger', format(call, c.oid::regclass))) AS outcome
      FROM pg_class c,
           unnest(ARRAY['SELECT * FROM %s', 'INSERT INTO %s (id) VALUES (3)', 'UPDATE %s SET id = id', 'DELETE FROM %s', 'TRUNCATE %s',
                        'SELECT app.goes_every_way() FROM %s']) AS call
      WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname NOT IN ('loot', 'ways') AND c.relname !~ 'large object') AS tried
GROUP BY call ORDER BY call COLLATE "C";
-- A table whose triggers, rules, defaults and check all do something.
SELECT rls.assert_denied(:'stranger', 'INSERT INTO app.ruled DEFAULT VALUES');
SELECT rls.assert_denied(:'stranger', 'SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO app.effects DEFAULT VALUES; UPDATE app.effects SET n = 2; DELETE FROM app.effects; TRUNCATE app.effects');
SELECT rls.assert_denied(:'stranger', 'SELECT lo_create(0)');
SET statement_timeout = '300ms';
SELECT rls.assert_denied(:'stranger', 'SELECT * FROM endless.waits');
SET statement_timeout = 0;
SELECT pg_listening_channels() AS listens;
SELECT count(*) AS prepared FROM pg_prepared_statements;
SELECT objid AS advisory_locks FROM pg_locks WHERE locktype = 'advisory';
SELECT current_user, session_user, current_setting('role') AS role, current_setting('search_path') AS search_path, current_setting('transaction_read_only') AS read_only,
       COALESCE(current_setting('app.setting', true), '') AS setting, COALESCE(current_setting('request.jwt.claims', true), '') AS claims, auth.uid();
SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema();
SELECT (SELECT count(*) FROM app.loot) AS loot, (SELECT count(*) FROM app.effects) AS effects, (SELECT count(*) FROM app.ruled) AS ruled;
