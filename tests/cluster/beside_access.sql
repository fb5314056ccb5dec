-- Who sees and may do what in the database of supabase_like.sql, by a connection such as a gateway's. The same
-- before the extension, beside it, adopted, undone, updated and restored.
\connect - authenticator
BEGIN;
SET LOCAL ROLE anon;
SELECT set_config('request.jwt.claims', '{"role": "anon"}', true) \g /dev/null
SELECT id, display_name FROM profiles ORDER BY id;
SELECT id FROM todos ORDER BY id;
ROLLBACK;
BEGIN;
SET LOCAL ROLE authenticated;
SELECT set_config('request.jwt.claims',
  '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated", "email": "alice@example.com", "app_metadata": {"team": "blue"}}',
  true) \g /dev/null
SELECT auth.uid(), auth.role(), auth.email(), auth.jwt() -> 'app_metadata' ->> 'team' AS team;
SELECT id, display_name FROM profiles ORDER BY id;
SELECT id, task FROM todos ORDER BY id;
UPDATE profiles SET display_name = 'changed' RETURNING display_name;
INSERT INTO todos (id, task) VALUES (3, 'mine by default') RETURNING user_id;
INSERT INTO todos (id, user_id) VALUES (4, '00000000-0000-4000-8000-00000000000b');
ROLLBACK;
-- The next request by the same connection is somebody else's.
BEGIN;
SET LOCAL ROLE authenticated;
SELECT set_config('request.jwt.claims',
  '{"sub": "00000000-0000-4000-8000-00000000000b", "role": "authenticated", "email": "bob@example.com"}', true) \g /dev/null
SELECT id, display_name FROM profiles ORDER BY id;
SELECT id, task FROM todos ORDER BY id;
ROLLBACK;
-- An older gateway, with a setting for each claim.
BEGIN;
SET LOCAL ROLE authenticated;
SELECT set_config('request.jwt.claim.sub', '00000000-0000-4000-8000-00000000000b', true),
       set_config('request.jwt.claim.role', 'authenticated', true) \g /dev/null
SELECT auth.uid(), auth.role(), id FROM todos ORDER BY id;
ROLLBACK;
-- Nobody.
BEGIN;
SET LOCAL ROLE authenticated;
SELECT auth.uid(), auth.jwt();
SELECT id FROM profiles ORDER BY id;
SELECT id FROM todos ORDER BY id;
ROLLBACK;
BEGIN;
SET LOCAL ROLE service_role;
SELECT count(*) FROM todos;
ROLLBACK;
