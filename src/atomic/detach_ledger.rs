//! `atomic.detach_ledger`: forgets a ledger; its tables stay as they are.

use pgrx::prelude::*;

use super::registry::{self, Registration};
use crate::catalog::table::owner_of;
use crate::error::LedgerError;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::{Connection, lock_table};
use crate::read_only;

sql_function!(rowguard_atomic_detach_ledger, pg_finfo_rowguard_atomic_detach_ledger, detach);

extension_sql!(
    r#"
CREATE FUNCTION atomic.detach_ledger(ledger text)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_detach_ledger';
COMMENT ON FUNCTION atomic.detach_ledger(text) IS 'Forgets a ledger and leaves its tables alone; only for members of their owner';
"#,
    name = "atomic_detach_ledger",
    requires = ["bootstrap"]
);

/// Forgets a ledger. Waits for operations under way on it; those that come later do not find it.
/// Its idempotency keys stay: a retry after it is attached again must not pay twice.
///
/// `ledger`: its name; NULL is 22004, an unknown one 42704.
///
/// Who: members of the tables' owner; where the tables are gone, members of the operator (42501).
fn detach(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let ledger: String = call.need(0, "ledger")?;
    // SAFETY: a plain look-up.
    let caller = unsafe { pg_sys::GetUserId() };
    let connection = Connection::open()?;
    let found = Registration::find(Some(&ledger))?;
    // Before and after the lock: strangers must not hold one, and the owner may change while we
    // wait for it.
    need_owner(&found, caller)?;
    read_only::refuse(c"atomic.detach_ledger()");
    lock_table(found.accounts, pg_sys::ShareRowExclusiveLock)?;
    need_owner(&found, caller)?;
    registry::delete(&ledger)?;
    if owner_of(found.accounts).is_some() {
        // Operations that wait for the lock look the ledger up again.
        // SAFETY: the table exists and is locked.
        unsafe { pg_sys::CacheInvalidateRelcacheByRelid(found.accounts) };
    }
    connection.close()?;
    Ok(pg_sys::Datum::null())
}

fn need_owner(found: &Registration, caller: pg_sys::Oid) -> Result<(), LedgerError> {
    let owner =
        owner_of(found.accounts).or_else(|| owner_of(found.transfers)).unwrap_or(found.operator);
    // SAFETY: a plain look-up.
    if unsafe { pg_sys::has_privs_of_role(caller, owner) } {
        return Ok(());
    }
    Err(LedgerError::NotOwner(found.ledger.clone()))
}
