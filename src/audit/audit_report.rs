//! `rls.audit_report()`: the findings as a document.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::report::{Entry, Report};
use super::run::Request;
use crate::arguments::required;

/// What `rls.audit()` finds, as a document in `format`: `text`, `json`, `sarif` (2.1.0), `junit`,
/// `github` (workflow commands), `tap` (14) or `markdown`. The same findings give the same document.
///
/// The other arguments, and their errors, are those of `rls.audit()`; 22004 for a NULL format, 22023
/// for an unknown one. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.audit_report(
  format text,
  schemas text[] DEFAULT NULL,
  rules text[] DEFAULT NULL,
  min_level text DEFAULT 'info',
  include_suppressed boolean DEFAULT false)
RETURNS text
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.audit_report(text, text[], text[], text, boolean) IS
  'the findings of rls.audit() as a document: text, json, sarif, junit, github, tap or markdown';
"#)]
fn rls_audit_report(
    format: Option<&str>,
    schemas: Option<Vec<Option<String>>>,
    rules: Option<Vec<Option<String>>>,
    min_level: Option<&str>,
    include_suppressed: Option<bool>,
) -> Result<String, ErrorReport> {
    let format = required(format, "format")?;
    let include_suppressed = required(include_suppressed, "include_suppressed")?;
    let request = Request::new(schemas, rules, min_level)?;
    let report = Report {
        entries: request
            .run()?
            .iter()
            .filter(|reported| include_suppressed || reported.suppressed_by.is_none())
            .map(Entry::from)
            .collect(),
        rules: request.into_rules(),
    };
    Ok(report.render(format)?)
}
