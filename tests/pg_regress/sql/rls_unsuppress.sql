-- rls.unsuppress(): takes the acceptance of a finding back.
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE SCHEMA app;
CREATE TABLE app.notes (id int);
SELECT fingerprint AS print FROM rls.audit('{app}', '{rls_disabled}') \gset
SELECT rls.unsuppress(:'print');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.suppress(:'print', 'a scratch table');
SELECT count(*) FROM rls.audit('{app}', '{rls_disabled}');
SELECT rls.unsuppress(:'print');
SELECT rule, detail ? 'lapsed' AS lapsed FROM rls.audit('{app}', '{rls_disabled}');
SELECT rls.unsuppress(:'print');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.unsuppress(NULL);
\echo :LAST_ERROR_SQLSTATE
-- What no longer exists can be taken back as well.
SELECT rls.suppress(:'print', 'a scratch table');
DROP TABLE app.notes;
SELECT rls.unsuppress(:'print');
CREATE ROLE regress_nobody;
SET LOCAL ROLE regress_nobody;
SELECT rls.unsuppress(:'print');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL transaction_read_only = on;
SELECT rls.unsuppress(:'print');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
