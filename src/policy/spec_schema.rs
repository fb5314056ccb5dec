//! `rls.spec_schema()`: what a document for `rls.apply` looks like.

use pgrx::JsonB;
use pgrx::prelude::*;

use super::document;

/// The form of documents for `rls.plan` and `rls.apply`, as JSON Schema (2020-12): for editors and
/// checks outside of the database. It is made of the generators' own declarations.
///
/// Errors: none. Caller: part `migrate`.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.spec_schema() RETURNS jsonb
LANGUAGE c IMMUTABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.spec_schema IS 'the form of documents for rls.apply(), as JSON Schema';
"#)]
fn rls_spec_schema() -> JsonB {
    JsonB(document::schema())
}
