-- rls.suppress(): accepts a finding, with a reason.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.notes (id int, user_id uuid);
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Read all" ON app.notes FOR SELECT TO anon USING (true);
CREATE VIEW pg_temp.open AS
  SELECT rule, policy, detail -> 'lapsed' AS lapsed, fingerprint
  FROM rls.audit('{app}', '{policy_always_true,rls_disabled,policies_without_rls}');
SELECT rule, policy FROM pg_temp.open;
SELECT fingerprint AS print FROM pg_temp.open \gset

-- Accepted, it is left out and not forgotten.
SELECT rls.suppress(:'print', ' a public catalogue ');
SELECT rule, policy FROM pg_temp.open;
SELECT rule, policy, suppressed_by FROM rls.audit('{app}', '{policy_always_true}', include_suppressed => true);
SELECT reason, expires, finding, accepted_by = current_user AS by_me, accepted_at = now() AS now FROM rls.suppressions;
SET client_min_messages = notice;
SELECT rls.assert_clean('warning', '{app}', '{policy_always_true}');
RESET client_min_messages;

-- Accepting again replaces the reason; the same policy made anew is the same.
SELECT rls.suppress(:'print', 'still a public catalogue', 'infinity');
SELECT reason, expires FROM rls.suppressions;
DROP POLICY "Read all" ON app.notes;
CREATE POLICY "Read all" ON app.notes FOR SELECT TO anon USING (true);
SELECT count(*) AS open FROM pg_temp.open;

-- What changed is no longer what was accepted.
ALTER POLICY "Read all" ON app.notes USING (1 = 1);
SELECT rule, policy, lapsed FROM pg_temp.open;
SELECT rls.assert_clean('warning', '{app}', '{policy_always_true}');
SELECT rls.suppress(:'print', 'looked at again');
SELECT count(*) AS open FROM pg_temp.open;
ALTER POLICY "Read all" ON app.notes TO anon, authenticated;
SELECT lapsed FROM pg_temp.open;

-- Nor does it hold for ever where it was not meant to.
SELECT rls.suppress(:'print', 'until the release', clock_timestamp() + '1 millisecond');
SELECT count(*) FROM pg_sleep(0.01);
SELECT lapsed ->> 'reason' AS reason, lapsed ->> 'because' ~ '^it expired at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$' AS because
FROM pg_temp.open;

-- A finding without a policy: it lapses when the evidence changes, here who reaches the table.
CREATE TABLE app.plain (id int);
SELECT fingerprint AS plain FROM pg_temp.open WHERE rule = 'rls_disabled' \gset
SELECT rls.suppress(:'plain', 'nobody reaches it');
SELECT count(*) FROM pg_temp.open WHERE rule = 'rls_disabled';
GRANT USAGE ON SCHEMA app TO anon;
GRANT SELECT ON app.plain TO anon;
SELECT lapsed FROM pg_temp.open WHERE rule = 'rls_disabled';

-- What cannot be done.
SELECT rls.suppress('0123456789abcdef', 'a typo');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.suppress(:'plain', '  ');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.suppress(:'plain', 'too late', now());
\echo :LAST_ERROR_SQLSTATE
SELECT rls.suppress(NULL, 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.suppress(:'plain', NULL);
\echo :LAST_ERROR_SQLSTATE

-- Whoever checks needs no right on the table, and cannot write it by himself.
CREATE ROLE regress_ci;
SELECT rls.grant_to('regress_ci', 'ci');
SET LOCAL ROLE regress_ci;
SELECT rls.suppress(:'plain', 'seen by the pipeline');
SELECT reason, accepted_by FROM rls.suppressions WHERE fingerprint = :'plain';
INSERT INTO rls.suppressions (fingerprint, reason, evidence, finding, accepted_by) VALUES ('x', 'x', 'x', 'x', 'x');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM rls.suppressions;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE ROLE regress_nobody;
SET LOCAL ROLE regress_nobody;
SELECT rls.suppress(:'plain', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.suppressions;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET LOCAL transaction_read_only = on;
SELECT rls.suppress(:'plain', 'x');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
