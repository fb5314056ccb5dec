//! The audit: rules over resolved policies, findings, reports. `rls.audit()` itself is here.

mod accept_baseline;
mod access;
mod assert_clean;
mod audience;
mod audit_diff;
mod calls;
mod clauses;
mod context;
mod doc;
mod doors;
mod elsewhere;
mod explain_rule;
mod exposed;
mod facts;
pub mod finding;
mod foreign_keys;
pub mod graph;
mod names;
mod not_restored;
mod on_demand;
mod printed;
pub mod questions;
mod reads;
pub mod report;
pub mod review;
mod routines;
pub mod rule;
mod rules;
mod rules_view;
pub mod run;
pub mod standing;
mod suppress;
mod suppression;
mod unsuppress;
mod views;

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::Value;

use crate::arguments::required;
pub use doors::{Behind, Doors};
pub use rule::Level;
pub use run::Request;

/// Looks for what is wrong with row security; changes nothing and runs nothing that users defined.
///
/// `schemas` and `rules`: where to look and what for; NULL stands for all schemas but the server's,
/// temporary ones and those of extensions, and for all rules. `min_level`: `info`, `warning` or
/// `error`. `include_suppressed`: accepted findings come too, with the reason. What could not be
/// judged comes as `not_evaluated`.
///
/// Errors: 3F000 unknown schema; 22023 unknown rule or level, empty list, or a setting that is no
/// list of names; 22004 NULL level, flag or element; 42704 unknown role and 42883 unknown function
/// in the settings. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.audit(
  schemas text[] DEFAULT NULL,
  rules text[] DEFAULT NULL,
  min_level text DEFAULT 'info',
  include_suppressed boolean DEFAULT false)
RETURNS TABLE (rule text, level text, schema_name text, object_name text, object_kind text,
  policy text, columns text[], message text, detail jsonb, fix text, fingerprint text,
  suppressed_by text)
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.audit(text[], text[], text, boolean) IS
  'what is wrong with row security, worst first; runs nothing that users defined';
"#)]
fn rls_audit(
    schemas: Option<Vec<Option<String>>>,
    rules: Option<Vec<Option<String>>>,
    min_level: Option<&str>,
    include_suppressed: Option<bool>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(rule, &'static str),
            name!(level, &'static str),
            name!(schema_name, Option<String>),
            name!(object_name, String),
            name!(object_kind, &'static str),
            name!(policy, Option<String>),
            name!(columns, Option<Vec<String>>),
            name!(message, String),
            name!(detail, JsonB),
            name!(fix, Option<String>),
            name!(fingerprint, String),
            name!(suppressed_by, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let include_suppressed = required(include_suppressed, "include_suppressed")?;
    let found = Request::new(schemas, rules, min_level)?.run()?;
    Ok(TableIterator::new(
        found
            .into_iter()
            .filter(move |reported| include_suppressed || reported.suppressed_by.is_none())
            .map(|reported| {
                let finding = reported.finding;
                (
                    finding.rule,
                    finding.level.as_str(),
                    finding.schema,
                    finding.object,
                    finding.kind,
                    reported.policy,
                    finding.columns,
                    finding.message,
                    JsonB(Value::Object(finding.detail)),
                    finding.fix,
                    reported.fingerprint,
                    reported.suppressed_by,
                )
            }),
    ))
}
