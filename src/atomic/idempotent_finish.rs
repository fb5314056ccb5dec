//! `atomic.idempotent_finish`: stores what came of work that a key is for.

use pgrx::prelude::*;

use super::answer::connected;
use super::work_keys::{Key, document};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;

sql_function!(
    rowguard_atomic_idempotent_finish,
    pg_finfo_rowguard_atomic_idempotent_finish,
    idempotent_finish
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.idempotent_finish(scope text, key text, response jsonb)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_idempotent_finish';
COMMENT ON FUNCTION atomic.idempotent_finish(text, text, jsonb) IS 'Stores the response of work that the caller has begun by atomic.idempotent_begin(), once';
"#,
    name = "atomic_idempotent_finish",
    requires = ["bootstrap"]
);

/// Stores the response of work that was begun by `atomic.idempotent_begin()`, in this transaction or
/// in an earlier one, to be answered to every repeat. The first response stands; storing an equal one
/// again changes nothing.
///
/// `scope`, `key`: as begun, by the same user or role. `response`: up to 1 MB. NULL: 22004; a response
/// of nothing is `'null'`.
///
/// Who: everybody who may call it, for keys of his own.
///
/// Refusals: KEY_NOT_BEGUN 22R06, not by this caller at least; KEY_FINISHED 55R05, with another
/// response. Errors: 22023 bad key or scope, 54000 too large a response, 28000 claims or a token that
/// name nobody, 22P02 claims that cannot be read, 40001 above READ COMMITTED when another transaction
/// was first.
fn idempotent_finish(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let key = Key::of(call)?;
    let response = document(call, 2, "response")?;
    connected(|| key.finish(response))?;
    Ok(pg_sys::Datum::null())
}
