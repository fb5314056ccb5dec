//! `atomic.check_request`: counts the request that the gateway is at, and refuses it beyond a limit.

use pgrx::prelude::*;

use super::rate::request::Request;
use super::rate::window::Outcome;
use super::rate::{counts, rules, take};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;

sql_function!(rowguard_atomic_check_request, pg_finfo_rowguard_atomic_check_request, check_request);

extension_sql!(
    r#"
CREATE FUNCTION atomic.check_request() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_check_request';
COMMENT ON FUNCTION atomic.check_request() IS 'Counts the request by the rules in atomic.rate_limits, and refuses it with HTTP status 429 beyond a limit; for db-pre-request of PostgREST';
"#,
    name = "atomic_check_request",
    requires = ["bootstrap"]
);

/// Counts the request by every rule in `atomic.rate_limits` that fits its method and path, each by a counter
/// of its own. Where one refuses, none counts. Without a request, or a rule that fits, nothing happens.
///
/// Who: part `app`; the gateway calls it as the request's role.
///
/// Errors: PGRST with status 429 beyond a limit, and whatever reading the identity raises. Where the library
/// is not preloaded: in a read-only transaction GET and HEAD are not counted, other methods raise 25006.
fn check_request(_: &Call) -> Result<pg_sys::Datum, Failure> {
    if let Some(request) = Request::current() {
        let demands = rules::demands(&request)?;
        if !demands.is_empty() && counts(request.reads())? {
            refuse(&take(&demands)?)?;
        }
    }
    Ok(pg_sys::Datum::null())
}

/// The refusal that lasts longest speaks for all.
fn refuse(outcomes: &[Outcome]) -> Result<(), Refusal> {
    let waits = outcomes.iter().filter(|outcome| !outcome.allowed).map(|o| o.retry_after);
    match waits.max() {
        Some(retry_after) => Err(Refusal::TooManyRequests { retry_after }),
        None => Ok(()),
    }
}
