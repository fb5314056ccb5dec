//! `rls.suppress()`: accepts a finding, with a reason.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::run::Request;
use super::suppression;
use crate::arguments::required;
use crate::error::AuditError;
use crate::read_only;

/// Accepts the finding of this fingerprint, so that `rls.audit()` and `rls.assert_clean()` leave it
/// out, until `expires` where that is given, and as long as what is accepted stays as it is: the
/// acceptance lapses when the policy, or what else the rule judged, changes. Accepting again
/// replaces reason and expiry.
///
/// Errors: 22004 for a NULL fingerprint or reason, 22023 for a blank reason or an expiry that has
/// passed, 42704 when the audit finds nothing of this fingerprint. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.suppress(fingerprint text, reason text, expires timestamptz DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.suppress(text, text, timestamptz) IS
  'accepts a finding of the audit, with a reason, until it expires or what is accepted changes';
"#)]
fn rls_suppress(
    fingerprint: Option<&str>,
    reason: Option<&str>,
    expires: Option<TimestampWithTimeZone>,
) -> Result<(), ErrorReport> {
    let fingerprint = required(fingerprint, "fingerprint")?;
    let reason = good_reason(required(reason, "reason")?)?;
    good_expiry(expires.as_ref())?;
    read_only::refuse(c"rls.suppress()");
    let found = Request::everything()?.run()?;
    let finding = found
        .iter()
        .find(|reported| reported.fingerprint == fingerprint)
        .ok_or_else(|| AuditError::UnknownFingerprint(fingerprint.to_owned()))?;
    suppression::accept(&[finding], reason, expires)?;
    Ok(())
}

/// A reason says something; 22023 when it does not.
pub fn good_reason(reason: &str) -> Result<&str, AuditError> {
    let reason = reason.trim();
    if reason.is_empty() { Err(AuditError::NoReason) } else { Ok(reason) }
}

/// An expiry lies ahead; 22023 when it does not.
pub fn good_expiry(expires: Option<&TimestampWithTimeZone>) -> Result<(), AuditError> {
    // SAFETY: reads a clock of the server.
    let now = unsafe { pg_sys::GetCurrentStatementStartTimestamp() };
    match expires.map(|expires| i64::from(*expires)) {
        Some(expires) if expires <= now => Err(AuditError::ExpiryPassed),
        _ => Ok(()),
    }
}
