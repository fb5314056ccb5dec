//! `rls.matrix_diff()`: where access is not as expected.

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::differences::compare;
use super::expected::Expected;
use crate::arguments::required;

/// Tries access as `expected` says, a document as `rls.emit_tests()` writes it, and returns a row for
/// each identity, object and command where it is not so. What the document does not mention must be
/// denied. `found` is NULL where there is nothing of the kind; `listed` tells objects that the
/// document mentions from others.
///
/// Errors: 22004 NULL, 22023 a document of another form, and those of `rls.access_matrix()`. For
/// whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.matrix_diff(expected jsonb)
RETURNS TABLE (object text, identity text, command text, expected text, found text, listed boolean)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.matrix_diff(jsonb) IS
  'where access, found out by trying it, is not as a document expects';
"#)]
fn rls_matrix_diff(
    expected: Option<JsonB>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(object, String),
            name!(identity, String),
            name!(command, &'static str),
            name!(expected, String),
            name!(found, Option<String>),
            name!(listed, bool),
        ),
    >,
    ErrorReport,
> {
    let expected = Expected::read(required(expected, "expected")?.0)?;
    let rows = compare(&expected, false)?.differences.into_iter().map(|difference| {
        let (object, identity, command) = difference.place;
        let wanted = difference.expected.unwrap_or_else(|| "denied".to_owned());
        (object, identity, command.as_str(), wanted, difference.found, difference.listed)
    });
    Ok(TableIterator::new(rows))
}
