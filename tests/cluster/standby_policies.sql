-- Row security by auth.uid() on a standby, with claims set by hand and by rls.act_as().
BEGIN READ ONLY;
SET LOCAL ROLE authenticated;
SELECT id, note FROM notes ORDER BY id;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT id, note FROM notes ORDER BY id;
SELECT id FROM tasks;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000b"}';
SELECT id, note FROM notes ORDER BY id;
SELECT id FROM tasks;
ROLLBACK;

BEGIN READ ONLY;
SELECT rls.act_as('authenticated', '{"sub": "00000000-0000-4000-8000-00000000000a"}');
SELECT current_user, auth.uid(), array_agg(id ORDER BY id) AS ids FROM notes;
SELECT rls.act_reset();
SELECT current_user, auth.uid(), array_agg(id ORDER BY id) AS ids FROM notes;
ROLLBACK;
