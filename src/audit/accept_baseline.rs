//! `rls.accept_baseline()`: accepts what an old project has today.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::run::{Reported, Request};
use super::suppress::{good_expiry, good_reason};
use super::suppression;
use crate::arguments::required;
use crate::read_only;

/// Accepts every finding that stands today and nobody has accepted, what could not be judged
/// included, so that a pipeline fails on new ones only. Returns how many there were.
///
/// `reason` and `expires` are those of `rls.suppress()`, with its errors. For whoever is granted
/// EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.accept_baseline(reason text, expires timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.accept_baseline(text, timestamptz) IS
  'accepts every finding that stands today, so that only new ones count; returns how many';
"#)]
fn rls_accept_baseline(
    reason: Option<&str>,
    expires: Option<TimestampWithTimeZone>,
) -> Result<i64, ErrorReport> {
    let reason = good_reason(required(reason, "reason")?)?;
    good_expiry(expires.as_ref())?;
    read_only::refuse(c"rls.accept_baseline()");
    let found = Request::everything()?.run()?;
    let open: Vec<&Reported> =
        found.iter().filter(|reported| reported.suppressed_by.is_none()).collect();
    suppression::accept(&open, reason, expires)?;
    Ok(open.len() as i64)
}
