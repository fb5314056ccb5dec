//! `rls.unsuppress()`: takes the acceptance of a finding back.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::suppression;
use crate::arguments::required;
use crate::error::AuditError;
use crate::read_only;

/// Forgets that the finding of this fingerprint was accepted by `rls.suppress()` or
/// `rls.accept_baseline()`. A line in a policy's comment is taken back where it stands.
///
/// Errors: 22004 for a NULL fingerprint, 42704 when it is not accepted. For whoever is granted
/// EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.unsuppress(fingerprint text)
RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.unsuppress(text) IS 'takes the acceptance of a finding back';
"#)]
fn rls_unsuppress(fingerprint: Option<&str>) -> Result<(), ErrorReport> {
    let fingerprint = required(fingerprint, "fingerprint")?;
    read_only::refuse(c"rls.unsuppress()");
    if !suppression::withdraw(fingerprint)? {
        return Err(AuditError::NotSuppressed(fingerprint.to_owned()).into());
    }
    Ok(())
}
