\echo '== 9. Kept in the repository: a test that access stays as it is'
\echo
\pset footer off
-- Written by rls.emit_tests(..., format => 'json'), reviewed, committed.
\set expected `cat access.json`
SELECT rls.assert_matrix(:'expected');
\echo '-- A migration, a year later: "moderators need to see drafts".'
BEGIN;
CREATE POLICY posts_moderators ON posts FOR SELECT TO authenticated USING (true);
\set ON_ERROR_STOP off
SELECT rls.assert_matrix(:'expected');
\set ON_ERROR_STOP on
ROLLBACK;
