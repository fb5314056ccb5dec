-- rls.audit_report(): the findings as a document.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon;
CREATE TABLE app."Open|<b>" (id int);
GRANT SELECT ON app."Open|<b>" TO anon;
CREATE TABLE app.notes (id int, user_id uuid);
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Read, all" ON app.notes FOR SELECT TO anon USING (true);
CREATE POLICY public ON app.notes FOR SELECT TO anon USING (2 = 2);
COMMENT ON POLICY public ON app.notes IS 'rowguard:allow policy_always_true public catalogue';
\set rules '''{rls_disabled,policy_always_true,policies_without_rls}'''
\pset format unaligned
\pset tuples_only on
SELECT rls.audit_report('text', '{app}', :rules, include_suppressed => true);
SELECT rls.audit_report('json', '{app}', '{rls_disabled}');
SELECT rls.audit_report('sarif', '{app}', '{rls_disabled}');
SELECT rls.audit_report('junit', '{app}', :rules, include_suppressed => true);
SELECT rls.audit_report('github', '{app}', :rules, include_suppressed => true);
SELECT rls.audit_report('tap', '{app}', :rules, include_suppressed => true);
SELECT rls.audit_report('markdown', '{app}', :rules, include_suppressed => true);

-- What is accepted stays out unless it is asked for; a level narrows.
SELECT rls.audit_report('text', '{app}', :rules, 'error');
-- Nothing found is a document, too.
SELECT rls.audit_report(format, '{app}', '{policies_without_rls}')
FROM unnest(ARRAY['text', 'github', 'tap', 'markdown']) AS format;
-- Every rule has its place in the machines' formats.
SELECT jsonb_array_length(rls.audit_report('sarif', '{app}')::jsonb #> '{runs,0,tool,driver,rules}')
     = (SELECT count(*) FROM rls.rules) AS all_rules;
SELECT (SELECT count(*) FROM regexp_matches(rls.audit_report('junit', '{app}'), '<testsuite ', 'g'))
     = (SELECT count(*) FROM rls.rules) AS all_rules;

-- What a restore has left out is in every report, and in no rule.
SET LOCAL rowguard.not_restored = '[{"schema": "app", "object": "lost", "kind": "table", "reason": "it could not be restored: type \"geometry\" does not exist", "statement": "CREATE TABLE app.lost (at geometry)"}]';
SELECT rls.audit_report('text', '{app}', '{policies_without_rls}');
SELECT rls.audit_report('tap', '{app}', '{policies_without_rls}');
SELECT rls.audit_report('junit', '{app}', '{policies_without_rls}');
SELECT rls.assert_clean('error', '{app}', '{policies_without_rls}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.not_restored = '[{"object": "lost"}]';
SELECT rls.audit_report('text', '{app}', '{policies_without_rls}');
\echo :LAST_ERROR_SQLSTATE
RESET rowguard.not_restored;

SELECT rls.audit_report('pdf');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', include_suppressed => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', rules => '{nothing}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', min_level => 'loud');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT rls.audit_report('text');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
