-- Access is tried by every function there is for it. What each way of leaving something behind came to:
LISTEN trap;
PREPARE mine AS SELECT 1;
SELECT pg_advisory_lock(42);
SET app.mine = 'mine';
\set stranger '{"role": "anon", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}'
\set identities '{"stranger": {"role": "anon", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}, "other": {"role": "authenticated"}}'
SELECT table_name, max(verdict || COALESCE(' ' || sqlstate, '')) FILTER (WHERE command = 'select') AS "select",
       max(verdict || COALESCE(' ' || sqlstate, '')) FILTER (WHERE command = 'insert') AS "insert",
       max(verdict || COALESCE(' ' || sqlstate, '')) FILTER (WHERE command = 'update') AS "update",
       max(verdict || COALESCE(' ' || sqlstate, '')) FILTER (WHERE command = 'delete') AS "delete"
FROM rls.access_matrix(:'identities', '{app}') WHERE identity = 'stranger' AND command <> 'execute' AND table_name NOT LIKE '%large object'
GROUP BY 1 ORDER BY table_name COLLATE "C";
SET client_min_messages = error;
-- (Large objects are no writing before PostgreSQL 16.) The other functions, over every table; those that raise say so by their SQLSTATE.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
  EXECUTE statement INTO answer;
  RETURN 'ok';
EXCEPTION WHEN assert_failure OR OTHERS THEN RETURN sqlstate;
END $$;
SELECT call, count(*) FILTER (WHERE outcome = 'ok') AS "returned", string_agg(DISTINCT outcome, ' ' ORDER BY outcome) FILTER (WHERE outcome <> 'ok') AS "raised"
FROM (SELECT call, pg_temp.outcome(format('SELECT ' || call, c.oid::regclass, :'stranger')) AS outcome
      FROM pg_class c,
           unnest(ARRAY['rls.assert_visible(%2$L, %1$L)', 'rls.assert_visible(%2$L, %1$L, 2)', 'rls.assert_hidden(%2$L, %1$L, ''app.goes_every_way()'')',
                        'rls.assert_isolated(%1$L, %2$L, ''{"role": "authenticated"}'')',
                        'count(*) FROM rls.explain_access(%1$L, ''select'', ''{"id": 1}'', %2$L)',
                        'count(*) FROM rls.explain_access(%1$L, ''update'', ''{"id": 1}'', %2$L)',
                        'count(*) FROM rls.explain_access(%1$L, ''delete'', ''{"id": 1}'', %2$L)',
                        'count(*) FROM rls.explain_access(%1$L, ''insert'', ''{"id": 1}'', %2$L)']) AS call
      WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname NOT IN ('loot', 'ways') AND c.relname !~ 'large object') AS tried
GROUP BY call ORDER BY call COLLATE "C";
SELECT length(rls.emit_tests(:'identities', '{app}')) > 1000 AS emitted, count(*) > 100 AS differences
FROM rls.matrix_diff('{"identities": {"stranger": {"role": "anon"}}, "schemas": ["app"]}');
SELECT count(*) > 0 AS checked FROM rls.checklist(:'identities');
SELECT length(rls.audit_report('html', :'identities', '{app}')) > 10000 AS reported;

-- What the session had it has, and nothing besides; no notification has come.
SELECT pg_listening_channels() AS listens;
SELECT name FROM pg_prepared_statements;
SELECT name FROM pg_cursors WHERE is_holdable;
SELECT objid AS advisory_locks FROM pg_locks WHERE locktype = 'advisory';
SELECT pg_advisory_unlock(42) AS once, pg_advisory_unlock(42) AS twice;
SELECT current_user, session_user, current_setting('role') AS role, current_setting('search_path') AS search_path, current_setting('row_security') AS row_security,
       current_setting('transaction_read_only') AS read_only, current_setting('app.mine') AS mine, COALESCE(current_setting('app.setting', true), '') AS setting,
       COALESCE(current_setting('request.jwt.claims', true), '') AS claims, auth.uid();
SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema();
SELECT count(*) AS large_objects FROM pg_largeobject_metadata;
SELECT count(*) AS loot, (SELECT is_called FROM app.counter) AS counted, (SELECT last_value FROM app.counter) AS counter FROM app.loot;
