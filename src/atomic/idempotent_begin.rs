//! `atomic.idempotent_begin`: begins work that a key is for, or answers what came of it.

use pgrx::IntoDatum;
use pgrx::datum::Interval;
use pgrx::prelude::*;

use super::answer::connected;
use super::span::need_positive;
use super::work_keys::{Key, Known, document};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::row_set::RowSet;

sql_function!(
    rowguard_atomic_idempotent_begin,
    pg_finfo_rowguard_atomic_idempotent_begin,
    idempotent_begin
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.idempotent_begin(scope text, key text, request jsonb, take_over_after interval DEFAULT NULL)
RETURNS TABLE (state text, response jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
AS 'MODULE_PATHNAME', 'rowguard_atomic_idempotent_begin';
COMMENT ON FUNCTION atomic.idempotent_begin(text, text, jsonb, interval) IS 'Begins work that an idempotency key of the caller is for, or answers what came of it: started, replay with the response, in_progress, or taken_over';
"#,
    name = "atomic_idempotent_begin",
    requires = ["bootstrap"]
);

/// Begins work that a key is for, or answers what came of it. States:
///
/// `started`: the key was free; do the work, then `atomic.idempotent_finish()`. Both in one
/// transaction are the safest: what fails leaves the key free. `replay`: the work is done, and this
/// is its response. `in_progress`: it was begun in a transaction that has committed, and not
/// finished. `taken_over`: the same, longer ago than `take_over_after`; it is the caller's now, who
/// has to find out how far the first attempt came.
///
/// While another transaction has begun the same key, this waits for its end: then the answer is
/// `replay`, or, where it rolled back, `started`.
///
/// `scope`, `key`: 1 to 255 bytes each; what is in the same scope shares its keys. The key belongs to
/// the user by `auth.user_id()`, or to the current role where the session has neither claims nor a
/// token. `request`: what is asked for, up to 1 MB; compared as JSON. `take_over_after`: greater than
/// zero; NULL is never. NULL for any other argument: 22004.
///
/// Who: everybody who may call it, for keys of his own.
///
/// Refusals: IDEMPOTENCY_MISMATCH 22R02, the key was begun for another request. Errors: 22023 bad key,
/// scope or `take_over_after`, 54000 too large a request, 28000 claims or a token that name nobody,
/// 22P02 claims that cannot be read, 40001 above READ COMMITTED when another transaction was first.
fn idempotent_begin(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let key = Key::of(call)?;
    let request = document(call, 2, "request")?;
    if let Some(span) = call.get::<Interval>(3) {
        need_positive(&span, "take_over_after")?;
    }
    let take_over_after = call.datum(3);
    let set = RowSet::begin(call)?;
    connected(|| {
        let (state, response) = loop {
            // Each turn finds what was committed while the one before waited.
            match key.look_up(request, take_over_after)? {
                Known::Finished(response) => break ("replay", Some(response)),
                Known::Begun { due: false } => break ("in_progress", None),
                Known::Begun { due: true } => {
                    if key.take_over(take_over_after)? {
                        break ("taken_over", None);
                    }
                }
                Known::Nothing => {
                    if key.begin(request)? {
                        break ("started", None);
                    }
                }
            }
        };
        set.push([state.into_datum(), response])?;
        Ok(())
    })?;
    Ok(pg_sys::Datum::null())
}
