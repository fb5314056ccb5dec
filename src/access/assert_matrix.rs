//! `rls.assert_matrix()`: access is as a document in the repository expects.

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::differences::{Difference, compare};
use super::expected::Expected;
use crate::arguments::required;
use crate::error::AccessError;

/// Tries access as `expected` says, a document as `rls.emit_tests()` writes it, and raises P0004 with
/// every difference in DETAIL. What the document does not mention must be denied, unless
/// `allow_unlisted`, which looks at no table or function besides those that it mentions. Returns how
/// much was tried.
///
/// Errors: 22004 NULL, 22023 a document of another form, and those of `rls.access_matrix()`. For
/// whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.assert_matrix(expected jsonb, allow_unlisted boolean DEFAULT false)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.assert_matrix(jsonb, boolean) IS
  'raises P0004 where access, found out by trying it, is not as a document expects';
"#)]
fn rls_assert_matrix(
    expected: Option<JsonB>,
    allow_unlisted: Option<bool>,
) -> Result<String, ErrorReport> {
    let expected = Expected::read(required(expected, "expected")?.0)?;
    let compared = compare(&expected, required(allow_unlisted, "allow_unlisted")?)?;
    let count = compared.differences.len();
    if count == 0 {
        return Ok(format!("{} answers are as expected", compared.tried));
    }
    let differences = if count == 1 { "difference" } else { "differences" };
    Err(AccessError::AssertionFailed {
        claim: format!("access is not as expected: {count} {differences}"),
        evidence: compared.differences.iter().map(Difference::in_words).collect(),
        advice: "Where the change is meant, write the document anew: rls.emit_tests(). rls.explain_access() says why of one row.",
    }
    .into())
}
