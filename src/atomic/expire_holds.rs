//! `atomic.expire_holds`: sweeps holds whose time is over.

use pgrx::IntoDatum;
use pgrx::prelude::*;
use uuid::Uuid;

use super::answer::connected;
use super::book::Book;
use super::caller::need_operator;
use super::ledger::{Ledger, Opened, Purpose};
use crate::error::{AtomicError, Error};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_expire_holds, pg_finfo_rowguard_atomic_expire_holds, expire_holds);

extension_sql!(
    r#"
CREATE FUNCTION atomic.expire_holds(max_holds integer DEFAULT 1000, ledger text DEFAULT NULL)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_expire_holds';
COMMENT ON FUNCTION atomic.expire_holds(integer, text) IS 'Marks holds whose time is over as expired, the oldest first, and answers how many; for operators of the ledger';
"#,
    name = "atomic_expire_holds",
    requires = ["bootstrap"]
);

/// Marks holds whose time is over as expired, the oldest first, and answers how many. They hold
/// nothing before that either; sweeping keeps the tables tidy.
///
/// `max_holds`: at most so many, 0 or more. `ledger`: NULL is the only one there is. NULL for
/// `max_holds`: 22004.
///
/// Who: members of the ledger's operator (42501).
///
/// Errors: 25006 in a read-only transaction, 22023 a negative `max_holds`, 42704 no such ledger, 0A000
/// attached tables.
fn expire_holds(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let at_most: i32 = call.need(0, "max_holds")?;
    if at_most < 0 {
        return Err(AtomicError::NegativeCount("max_holds").into());
    }
    let ledger: Option<String> = call.get(1);
    let count = connected(|| {
        let Opened { ledger, operator } =
            Ledger::open(ledger.as_deref(), Purpose::Write(c"atomic.expire_holds()"))?;
        let statements = ledger.holds()?;
        need_operator(operator)?;
        let owner = RunAs::begin(ledger.owner, &ledger.path);
        let (holds, payers): (Vec<Uuid>, Vec<Uuid>) =
            statements.due(at_most.into())?.into_iter().unzip();
        let mut book = Book::new(&ledger, ledger.lock_accounts(&payers)?);
        let count = statements.expire(&holds, &mut book)?;
        book.write()?;
        drop(owner);
        ledger.need_own_tables()?;
        Ok(count)
    })?;
    let count = i32::try_from(count).map_err(|_| Error::Unexpected("too many holds"))?;
    Ok(count.into_datum().ok_or(Error::Unexpected("an answer is missing"))?)
}
