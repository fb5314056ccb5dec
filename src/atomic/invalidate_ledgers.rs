//! `atomic.invalidate_ledgers`: the trigger by which backends hear of changes to the registered ledgers.

use pgrx::{extension_sql, pg_sys};

use crate::error::LedgerError;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;

sql_function!(
    rowguard_atomic_invalidate_ledgers,
    pg_finfo_rowguard_atomic_invalidate_ledgers,
    invalidate_ledgers
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.invalidate_ledgers()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_invalidate_ledgers';
COMMENT ON FUNCTION atomic.invalidate_ledgers() IS 'Trigger on the registered ledgers: tells all sessions that they have changed';
CREATE TRIGGER invalidate_ledgers AFTER INSERT OR UPDATE OR DELETE ON atomic.ledger_registry
  FOR EACH STATEMENT EXECUTE FUNCTION atomic.invalidate_ledgers();
ALTER TABLE atomic.ledger_registry ENABLE ALWAYS TRIGGER invalidate_ledgers;
COMMENT ON TRIGGER invalidate_ledgers ON atomic.ledger_registry IS 'what sessions know of registered ledgers holds until it fires';
"#,
    name = "atomic_invalidate_ledgers",
    requires = ["bootstrap"]
);

/// Sends word, when the transaction commits, that the table has changed, as the server does where a
/// table itself has. TRUNCATE does so without.
///
/// Errors: 0A000 where it is not called as a trigger. Who may call it: it is for the trigger.
fn invalidate_ledgers(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let Some(trigger) = call.trigger() else {
        return Err(LedgerError::OnlyATrigger("atomic.invalidate_ledgers()").into());
    };
    // SAFETY: the server's record of the trigger's event, with an open relation.
    unsafe { pg_sys::CacheInvalidateRelcache(trigger.tg_relation) };
    Ok(pg_sys::Datum::null())
}
