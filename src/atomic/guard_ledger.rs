//! `atomic.guard_ledger`: the trigger that keeps everything but operations from writing the tables of
//! a created ledger, their owner included.

use std::cell::Cell;

use pgrx::{IntoDatum, extension_sql, pg_sys};

use crate::error::LedgerError;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::quote;

sql_function!(rowguard_atomic_guard_ledger, pg_finfo_rowguard_atomic_guard_ledger, guard_ledger);

extension_sql!(
    r#"
CREATE FUNCTION atomic.guard_ledger()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_guard_ledger';
COMMENT ON FUNCTION atomic.guard_ledger() IS 'Trigger on the tables of a created ledger: only operations write them';
"#,
    name = "atomic_guard_ledger",
    requires = ["bootstrap"]
);

thread_local! {
    /// The depth of triggers at which statements of an operation fire theirs; `None` outside.
    static ALLOWED: Cell<Option<i32>> = const { Cell::new(None) };
}

/// The trigger function. For a role that may look into schema atomic.
pub fn function() -> pg_sys::Oid {
    // SAFETY: a look-up by a qualified name.
    unsafe { pgrx::direct_function_call(pg_sys::to_regproc, &["atomic.guard_ledger".into_datum()]) }
        .unwrap_or(pg_sys::InvalidOid)
}

/// While this lives, statements of an operation may write; what triggers of theirs run may not.
pub struct Writing(Option<i32>);

impl Writing {
    /// Begins; ends when dropped.
    pub fn begin() -> Self {
        Self(ALLOWED.replace(Some(depth() + 1)))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        ALLOWED.set(self.0);
    }
}

fn depth() -> i32 {
    // SAFETY: takes no argument and reads a counter.
    unsafe { pgrx::direct_function_call(pg_sys::pg_trigger_depth, &[]) }.unwrap_or_default()
}

/// Refuses the statement unless an operation runs it.
///
/// Errors: 42501 for anybody's INSERT, UPDATE, DELETE or TRUNCATE, 0A000 where it is not called as a
/// statement trigger. Who may call it: it is for triggers, which the owner of the tables has.
fn guard_ledger(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let Some(trigger) = call.trigger() else {
        return Err(LedgerError::OnlyATrigger("atomic.guard_ledger()").into());
    };
    if ALLOWED.get() == Some(depth()) {
        return Ok(pg_sys::Datum::null());
    }
    // SAFETY: the server's record of the trigger's event, with an open relation.
    let (schema, table) = unsafe {
        let relation = pgrx::PgRelation::from_pg(trigger.tg_relation);
        (relation.namespace().to_owned(), relation.name().to_owned())
    };
    Err(LedgerError::GuardedTable(quote::qualified(&schema, &table)).into())
}
