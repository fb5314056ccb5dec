-- What would write: a dry run tells its steps on a standby, the rest is refused there.
SELECT step, kind, object, action FROM rls.owner_access('bare', 'owner_id', dry_run => true);
SELECT DISTINCT action FROM rls.owner_access('notes', 'owner_id', dry_run => true);
SELECT step, kind, object, action FROM rls.owner_access('bare', 'owner_id');
\echo :LAST_ERROR_SQLSTATE
-- Nothing to change, so nothing is written.
SELECT DISTINCT action FROM rls.owner_access('notes', 'owner_id');
\set VERBOSITY terse
SELECT atomic.transfer_funds('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.create_ledger('second');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.attach_ledger('second', 'accounts', 'transfers');
\echo :LAST_ERROR_SQLSTATE
SELECT atomic.detach_ledger('main');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('authenticated', 'app');
\echo :LAST_ERROR_SQLSTATE
