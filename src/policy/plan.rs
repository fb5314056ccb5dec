//! `rls.plan(spec, overwrite, standalone)`: what `rls.apply` would do.

use serde_json::Value;

use super::call::Call;
use super::declaration::Arguments;
use super::document::{self, How};
use super::generator::generator;
use crate::error::Error;

generator! {
    r#"
CREATE FUNCTION rls.plan(
  spec jsonb,
  overwrite boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.plan IS
  'the steps that rls.apply() would take, or with standalone those on a server without rowguard';
"#,
    fn rls_plan,
    /// What, and how it would be applied.
    struct Plan {
        /// The document.
        spec: Value,
        /// What was edited would be replaced.
        overwrite: bool,
        /// For another server.
        standalone: bool,
    },
    prepare
}

fn prepare(arguments: Arguments) -> Result<Call, Error> {
    let Plan { spec, overwrite, standalone } = arguments.rest()?;
    document::read(&spec, How { dry_run: true, overwrite, standalone })
}
