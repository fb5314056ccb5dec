-- Who reaches how many rows of which table, by running it: a number, or the SQLSTATE that refused.
CREATE FUNCTION pg_temp.reach(role text, claims text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  reached bigint;
BEGIN
  PERFORM set_config('request.jwt.claims', claims, true), set_config('role', role, true);
  EXECUTE statement;
  GET DIAGNOSTICS reached = ROW_COUNT;
  RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = reached;
EXCEPTION
  WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM;
  WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

WITH identities (identity, role, claims) AS (VALUES
  ('1 anonymous', 'anon', ''),
  ('2 nobody', 'authenticated', ''),
  ('3 alice', 'authenticated', '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated", "aal": "aal1", "app_metadata": {"roles": ["analyst", "x"], "tenant_id": "00000000-0000-4000-8000-00000000000a"}}'),
  ('4 bob', 'authenticated', '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated", "aal": "aal2", "app_metadata": {"roles": "analyst"}}'),
  ('5 stranger', 'authenticated', '{"sub": "00000000-0000-4000-8000-00000000000c", "app_metadata": {"roles": ["x"]}}'),
  ('6 support', 'support', '{"sub": "00000000-0000-4000-8000-00000000000a"}')
), tables ("table", "insert", "update") AS (VALUES
  ('posts', $$(9, '00000000-0000-4000-8000-00000000000a')$$, 'title = ''x'''),
  ('reports', $$(9, 'new')$$, 'body = ''x'''),
  ('articles', $$(9, '00000000-0000-4000-8000-00000000000a', true)$$, 'body = ''x'''),
  ('notes', $$(9, '00000000-0000-4000-8000-00000000000a')$$, 'body = ''x'''),
  ('files', $$(9, '00000000-0000-4000-8000-00000000000a')$$, 'deleted_at = ''2021-01-01'''),
  ('offers', $$(9, '00000000-0000-4000-8000-00000000000a')$$, 'valid_until = valid_until'),
  ('payments', $$(9, '00000000-0000-4000-8000-00000000000a')$$, 'user_id = user_id'),
  ('reviews', $$(9, '00000000-0000-4000-8000-00000000000a', 1, NULL)$$, 'approved = true'),
  ('titles', $$(9, '00000000-0000-4000-8000-00000000000a', 'new')$$, 'title = ''x'''),
  ('closed', '(9)', 'id = id'),
  ('tasks', '(9, 10)', 'team_id = team_id'),
  ('papers', '(9, 1, 10)', 'team_id = team_id'),
  ('contracts', '(9, 1, 10)', 'team_id = team_id'),
  ('scans', '(9, 3)', 'folder_id = folder_id')
)
SELECT substr(identity, 3) AS identity, "table",
  pg_temp.reach(role, claims, format('SELECT FROM app.%I', "table")) AS "select",
  pg_temp.reach(role, claims, format('INSERT INTO app.%I VALUES %s', "table", "insert")) AS "insert",
  pg_temp.reach(role, claims, format('UPDATE app.%I SET %s WHERE id > 0', "table", "update")) AS "update",
  pg_temp.reach(role, claims, format('DELETE FROM app.%I WHERE id > 0', "table")) AS "delete"
FROM identities, tables
ORDER BY identities.identity, "table" COLLATE "C";
-- A guard of what is set already, and a table born closed.
SELECT pg_temp.reach('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000a"}', 'UPDATE app.reviews SET score = score + 1 WHERE id > 0') AS set_already,
  pg_temp.reach('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000a"}', 'UPDATE app.reviews SET score = 1 WHERE id = 2') AS set_once;
CREATE TABLE vault.later (id int);
SELECT relname, relrowsecurity FROM pg_class WHERE relnamespace = 'vault'::regnamespace AND relkind = 'r' ORDER BY relname;
DROP TABLE vault.later;
