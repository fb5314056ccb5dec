//! `rls.explain_rule()`: what a rule is about.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use textwrap::fill;

use super::rules;
use crate::arguments::required;

/// Columns that fit beside psql's own border in a terminal of 80.
const WIDTH: usize = 76;

/// What a rule looks for, why it matters, what to do, and SQL that is found at fault.
///
/// `rule`: an id of view `rls.rules`; 22004 when NULL, 22023 when there is none of this id. For
/// whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.explain_rule(rule text)
RETURNS text
LANGUAGE c IMMUTABLE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.explain_rule(text) IS
  'what a rule looks for, why it matters, what to do, and an example';
"#)]
fn rls_explain_rule(rule: Option<&str>) -> Result<String, ErrorReport> {
    let rule = rules::by_id(required(rule, "rule")?)?;
    let doc = rule.doc();
    Ok(format!(
        "{} ({}): {}\n\n{}\n\n{}\n\nFound at fault:\n{}\n",
        rule.id,
        rule.level.as_str(),
        doc.title,
        fill(&doc.why, WIDTH),
        fill(&format!("What to do: {}", doc.fix), WIDTH),
        doc.example
    ))
}
