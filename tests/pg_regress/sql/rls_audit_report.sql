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
SELECT rls.audit_report('text', schemas => '{app}', rules => :rules, include_suppressed => true);
SELECT rls.audit_report('json', schemas => '{app}', rules => '{rls_disabled}');
SELECT rls.audit_report('sarif', schemas => '{app}', rules => '{rls_disabled}');
SELECT rls.audit_report('junit', schemas => '{app}', rules => :rules, include_suppressed => true);
SELECT rls.audit_report('github', schemas => '{app}', rules => :rules, include_suppressed => true);
SELECT rls.audit_report('tap', schemas => '{app}', rules => :rules, include_suppressed => true);
SELECT rls.audit_report('markdown', schemas => '{app}', rules => :rules, include_suppressed => true);

-- What is accepted stays out unless it is asked for; a level narrows.
SELECT rls.audit_report('text', schemas => '{app}', rules => :rules, min_level => 'error');
-- Nothing found is a document, too.
SELECT rls.audit_report(format, schemas => '{app}', rules => '{policies_without_rls}')
FROM unnest(ARRAY['text', 'github', 'tap', 'markdown']) AS format;
-- Every rule has its place in the machines' formats.
SELECT jsonb_array_length(rls.audit_report('sarif', schemas => '{app}')::jsonb #> '{runs,0,tool,driver,rules}')
     = (SELECT count(*) FROM rls.rules) AS all_rules;
SELECT (SELECT count(*) FROM regexp_matches(rls.audit_report('junit', schemas => '{app}'), '<testsuite ', 'g'))
     = (SELECT count(*) FROM rls.rules) AS all_rules;

-- What a restore has left out is in every report, and in no rule.
SET LOCAL rowguard.not_restored = '[{"schema": "app", "object": "lost", "kind": "table", "reason": "it could not be restored: type \"geometry\" does not exist", "statement": "CREATE TABLE app.lost (at geometry)"}]';
SELECT rls.audit_report('text', schemas => '{app}', rules => '{policies_without_rls}');
SELECT rls.audit_report('tap', schemas => '{app}', rules => '{policies_without_rls}');
SELECT rls.audit_report('junit', schemas => '{app}', rules => '{policies_without_rls}');
SELECT rls.assert_clean('error', '{app}', '{policies_without_rls}');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL rowguard.not_restored = '[{"object": "lost"}]';
SELECT rls.audit_report('text', schemas => '{app}', rules => '{policies_without_rls}');
\echo :LAST_ERROR_SQLSTATE
RESET rowguard.not_restored;

-- A page, with names that try to be more than text.
CREATE TABLE app."<script>alert(1)</script>" (id int PRIMARY KEY, "' onclick='alert(1)" int);
ALTER TABLE app."<script>alert(1)</script>" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "</title><img src=x onerror=alert(1)>" ON app."<script>alert(1)</script>" TO anon USING (id IN (SELECT n.id FROM app.notes n));
CREATE POLICY "javascript:alert(1)" ON app.notes FOR SELECT TO anon USING (EXISTS (SELECT FROM app."<script>alert(1)</script>"));
GRANT SELECT, UPDATE ON app."<script>alert(1)</script>" TO anon;
INSERT INTO app.notes VALUES (1), (2);
SELECT rls.audit_report('html', '{"\"><b onmouseover=alert(1)>": {"role": "anon", "claims": {"</style>": "&lt;"}}, "nobody": {}}', '{app}', include_suppressed => true) AS page \gset
-- Its parts, in order.
SELECT part[1] FROM regexp_matches(:'page', '<section id="([a-z]+)"', 'g') AS part;
-- What is a tag, an address or a handler is ours: one script, one style, and links within the page.
SELECT tag[1] AS tag, count(*) > 1 AS many FROM regexp_matches(:'page', '<(script|style|img|link|iframe|object|base|form|meta http-equiv|b onmouseover)\y', 'g') AS tag GROUP BY 1 ORDER BY 1;
SELECT regexp_count(:'page', '<[^<>]*\s(on[a-z]+|src|style|action|formaction)\s*=') AS handlers, regexp_count(:'page', 'href="[^#]') AS links_out,
       regexp_count(:'page', 'https?:|url\([^#]|@import|javascript:alert\(1\)"') AS addresses;
-- Whatever the database's encoding, it can hold what is ours.
SELECT octet_length(:'page') = length(:'page') AS ascii;
-- The page may run that script and no other.
SELECT tag, encode(sha256(convert_to((regexp_match(:'page', '<' || tag || '>(.*?)</' || tag))[1], 'UTF8')), 'base64') = (regexp_match(:'page', tag || '-src &#39;sha256-([^&]*)&#39;'))[1] AS allowed
FROM unnest(ARRAY['script', 'style']) AS tag;
SELECT regexp_replace(replace((regexp_match(:'page', 'Policy" content="([^"]*)"'))[1], '&#39;', '!'), 'sha256-[^!]*', '...', 'g') AS policy;
-- What was tried, by table.
SELECT row[1] AS relation, array_agg(cell[1] || coalesce(cell[2], '') ORDER BY at) AS cells
FROM regexp_matches(:'page', '<tr><th scope="row"><span class="name">([^\n]*?)</span></th>(\s*<td.*?)</tr>', 'g') AS row,
     regexp_matches(row[2], '<td class="[a-z]+"[^>]*>([a-z]+)(?: <small>([^<]*)</small>)?</td>', 'g') WITH ORDINALITY AS m (cell, at)
GROUP BY 1 ORDER BY 1;
-- Which policy reads which table.
SELECT line[2] AS policies, line[1] AS class FROM regexp_matches(:'page', '<g class="(line[a-z ]*)"[^>]*><path [^>]*><title>([^<]*)</title>', 'g') AS line ORDER BY 1;
-- Nobody tried: no matrix.
SELECT rls.audit_report('html', NULL, '{app}', '{rls_disabled}') AS page \gset
SELECT part[1] FROM regexp_matches(:'page', '<section id="([a-z]+)"', 'g') AS part;
SELECT trim((regexp_match(:'page', '<strong>([^<]*)</strong>'))[1]) AS verdict;
-- Nothing found is a page, too.
SELECT trim((regexp_match(rls.audit_report('html', schemas => '{app}', rules => '{policies_without_rls}'), '<strong>([^<]*)</strong>'))[1]) AS verdict;
-- Access is tried under the caller's search path, which the code of policies may rely on.
CREATE FUNCTION app.always() RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN sure(); END';
CREATE FUNCTION app.sure() RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE TABLE app.sure (id int);
INSERT INTO app.sure VALUES (1);
ALTER TABLE app.sure ENABLE ROW LEVEL SECURITY;
CREATE POLICY sure ON app.sure FOR SELECT TO anon USING (app.always());
GRANT SELECT ON app.sure TO anon;
SET LOCAL search_path = app;
SELECT (regexp_match(rls.audit_report('html', '{"nobody": {"role": "anon"}}', '{app}'), '<span class="name">sure</span></th>\s*<td class="([a-z]+)"'))[1] AS select;
RESET search_path;
-- For whoever is granted part ci, and may become the role.
CREATE ROLE tester;
SELECT rls.grant_to('tester', 'ci') \g /dev/null
SET LOCAL ROLE tester;
SELECT rls.audit_report('html', schemas => '{app}') LIKE '<!DOCTYPE html>%' AS page;
SELECT rls.audit_report('html', '{"nobody": {"role": "anon"}}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

SELECT rls.audit_report('json', '{"nobody": {"role": "anon"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('html', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('html', '{"nobody": {"role": "anon"}}', sample => 0);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('html', sample => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('html', '{"nobody": {"role": "nowhere"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('html', schemas => '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('pdf');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', include_suppressed => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', schemas => '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', rules => '{nothing}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.audit_report('text', min_level => 'loud');
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT rls.audit_report('text');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
