//! `rls.emit_tests()`: tests of access as it stands.

use std::collections::BTreeMap;

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::Value;

use super::access_matrix::scope;
use super::expected::{Access, Expected, place};
use super::{identity, matrix, test_file};
use crate::arguments::{required, texts};
use crate::error::{AccessError, Error};

/// Tries access as `rls.access_matrix()` does, and writes what it found as a file of tests, ready to
/// be kept: `pgtap` for pg_prove, `sql` for psql, or `json`, the document alone, for
/// `rls.assert_matrix()`. With `counts` numbers of rows are expected, too. The same access gives the
/// same file.
///
/// Errors: 22004 NULL identities, format, sample or counts, 22023 no such format, and those of
/// `rls.access_matrix()`. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.emit_tests(
  identities jsonb,
  schemas text[] DEFAULT NULL,
  format text DEFAULT 'pgtap',
  sample integer DEFAULT 1000,
  counts boolean DEFAULT false)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.emit_tests(jsonb, text[], text, integer, boolean) IS
  'tests that access stays as it is, found out by trying it: pgtap, sql or json';
"#)]
fn rls_emit_tests(
    identities: Option<JsonB>,
    schemas: Option<Vec<Option<String>>>,
    format: Option<&str>,
    sample: Option<i32>,
    counts: Option<bool>,
) -> Result<String, ErrorReport> {
    let identities = required(identities, "identities")?.0;
    let write = test_file::format(required(format, "format")?)?;
    let sample = required(sample, "sample")?;
    let counts = required(counts, "counts")?;
    if sample < 1 {
        return Err(AccessError::SampleSize.into());
    }
    let schemas = schemas.map(|names| texts(Some(names), "schemas")).transpose()?;
    let expected = found(identities, schemas, sample)?;
    Ok(write(&expected, counts))
}

/// Access as it stands.
fn found(identities: Value, schemas: Option<Vec<String>>, sample: i32) -> Result<Expected, Error> {
    let asked = identity::read(identities.clone())?;
    let scope = scope(schemas.clone().map(|names| names.into_iter().map(Some).collect()), None)?;
    let cells = matrix::run(&asked, &scope, sample)?;
    let access: BTreeMap<_, _> =
        cells.iter().map(|cell| (place(cell), Access::found(cell))).collect();
    Ok(Expected { identities, schemas, sample, access })
}
