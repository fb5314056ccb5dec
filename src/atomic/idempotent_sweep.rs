//! `atomic.idempotent_sweep`: forgets old idempotency keys.

use pgrx::IntoDatum;
use pgrx::datum::Interval;
use pgrx::prelude::*;

use super::answer::connected;
use super::span::need_positive;
use super::work_keys::{sweep, sweep_operations};
use crate::error::{AtomicError, Error};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;

sql_function!(
    rowguard_atomic_idempotent_sweep,
    pg_finfo_rowguard_atomic_idempotent_sweep,
    idempotent_sweep
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.idempotent_sweep(older_than interval, max_keys integer DEFAULT 10000, unfinished boolean DEFAULT false, operation_keys boolean DEFAULT false)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_idempotent_sweep';
COMMENT ON FUNCTION atomic.idempotent_sweep(interval, integer, boolean, boolean) IS 'Forgets idempotency keys of everybody that were begun longer ago, the oldest first, and answers how many';
"#,
    name = "atomic_idempotent_sweep",
    requires = ["bootstrap"]
);

/// Forgets idempotency keys that were begun longer than `older_than` ago, the oldest first, and answers
/// how many. A key that is forgotten is free: its work would be done again.
///
/// `older_than`: greater than zero. `max_keys`: at most so many, 0 or more. `unfinished`: those, too,
/// that were begun and never finished; work that nobody knows the end of stays otherwise. `operation_keys`:
/// those of holds, and of transfers on attached tables, too, which takes a scan of their table; they stay
/// otherwise, or a late retry would pay twice. Transfers of created ledgers carry their keys, which stay. Keys that somebody is writing at the moment are left for later.
/// NULL for any argument: 22004.
///
/// Who: everybody who may call it, for the keys of everybody. That is why it belongs to part `migrate`.
///
/// Errors: 22023 an `older_than` that is not positive or a negative `max_keys`.
fn idempotent_sweep(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let older_than = call.need_datum(0, "older_than")?;
    need_positive(&call.need::<Interval>(0, "older_than")?, "older_than")?;
    let at_most: i32 = call.need(1, "max_keys")?;
    let [unfinished, operation_keys] =
        [call.need(2, "unfinished")?, call.need(3, "operation_keys")?];
    if at_most < 0 {
        return Err(AtomicError::NegativeCount("max_keys").into());
    }
    let gone = connected(|| {
        let gone = sweep(older_than, unfinished, at_most.into())?;
        let left = i64::from(at_most) - i64::try_from(gone).unwrap_or(i64::MAX);
        if operation_keys && left > 0 {
            return Ok(gone + sweep_operations(older_than, left)?);
        }
        Ok(gone)
    })?;
    let gone = i32::try_from(gone).map_err(|_| Error::Unexpected("too many keys"))?;
    Ok(gone.into_datum().ok_or(Error::Unexpected("an answer is missing"))?)
}
