-- rls.audit_diff(): what came and went since a report was kept.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon;
CREATE TABLE app.stays (id int);
CREATE TABLE app.opens (id int);
CREATE TABLE app.goes (id int);
CREATE TABLE app.accepted (id int);
SELECT rls.audit_report('json') AS kept \gset
SELECT * FROM rls.audit_diff(:'kept');
DROP TABLE app.goes;
CREATE TABLE app.comes (id int);
GRANT SELECT ON app.opens TO anon;
SELECT rls.suppress(fingerprint, 'a scratch table') FROM rls.audit('{app}', '{rls_disabled}') WHERE object_name = 'accepted';
SELECT change, rule, level, schema_name, object_name, object_kind, policy, message FROM rls.audit_diff(:'kept') WHERE rule = 'rls_disabled';
SELECT fingerprint = (SELECT fingerprint FROM rls.audit('{app}', '{rls_disabled}') WHERE object_name = 'comes') AS same
FROM rls.audit_diff(:'kept') WHERE change = 'new' AND rule = 'rls_disabled';

SELECT * FROM rls.audit_diff('{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.audit_diff('[1]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.audit_diff('{"findings": [{"rule": "x"}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.audit_diff(NULL);
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE anon;
SELECT * FROM rls.audit_diff('{"findings": []}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
