-- Access is tried on a standby as elsewhere: nothing is written, and no transaction id taken.
\set alice '{"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}}'
\set bob '{"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000b"}}'
SELECT identity, command, verdict, rows_allowed, rows_total
FROM rls.access_matrix(format('{"alice": %s, "bob": %s}', :'alice', :'bob')::jsonb, tables => '{notes}');
SELECT rls.assert_visible(:'alice', 'notes', 2);
SELECT rls.assert_hidden(:'bob', 'notes', 'id <> 2');
SELECT rls.assert_hidden(:'bob', 'notes');
SELECT rls.assert_isolated('notes', :'alice', :'bob');
SELECT rls.assert_denied('{"role": "anon"}', 'SELECT FROM notes');
SELECT rls.emit_tests(format('{"alice": %s}', :'alice')::jsonb, '{public}', 'json') AS document \gset
SELECT rls.assert_matrix(:'document');
-- What would write is refused for another reason, which is said.
SELECT rls.assert_denied(:'alice', 'DELETE FROM notes');
