//! `rls.apply(spec, overwrite)`: makes many tables have what a document says.

use serde_json::Value;

use super::call::Call;
use super::declaration::Arguments;
use super::document::{self, How};
use super::generator::generator;
use crate::error::Error;

generator! {
    r#"
CREATE FUNCTION rls.apply(
  spec jsonb,
  overwrite boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.apply IS
  'calls the generators that a document names, for all its tables at once; returns the steps';
"#,
    fn rls_apply,
    /// What, and whether over what was edited.
    struct Apply {
        /// The document.
        spec: Value,
        /// What was edited is replaced.
        overwrite: bool,
    },
    prepare
}

fn prepare(arguments: Arguments) -> Result<Call, Error> {
    let Apply { spec, overwrite } = arguments.rest()?;
    document::read(&spec, How { dry_run: false, overwrite, standalone: false })
}
