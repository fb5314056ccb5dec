//! `rls.assert_clean()`: the audit as a test that a pipeline fails by.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::report::{lapsed, plural};
use super::rule::Level;
use super::run::{Reported, Request};
use crate::error::AuditError;

/// How many findings the error names.
const NAMED: usize = 10;

/// Raises P0004 where the audit finds anything at `min_level` or worse that nobody has accepted;
/// what could not be judged counts too. Says how many findings are accepted, where some are.
///
/// Arguments and their errors are those of `rls.audit()`. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.assert_clean(
  min_level text DEFAULT 'warning',
  schemas text[] DEFAULT NULL,
  rules text[] DEFAULT NULL)
RETURNS void
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.assert_clean(text, text[], text[]) IS
  'raises P0004 where rls.audit() finds anything that nobody has accepted';
"#)]
fn rls_assert_clean(
    min_level: Option<&str>,
    schemas: Option<Vec<Option<String>>>,
    rules: Option<Vec<Option<String>>>,
) -> Result<(), ErrorReport> {
    let found = Request::new(schemas, rules, min_level)?.run()?;
    let (accepted, open): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|reported| reported.suppressed_by.is_some());
    if !open.is_empty() {
        return Err(AuditError::NotClean {
            counts: counts(&open),
            findings: named(&open, accepted.len()),
        }
        .into());
    }
    if !accepted.is_empty() {
        let count = plural(accepted.len(), "finding", "findings");
        ereport!(
            PgLogLevel::NOTICE,
            PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
            format!("{count} accepted with a reason")
        );
    }
    Ok(())
}

/// `2 errors, 1 warning`.
fn counts(found: &[Reported]) -> String {
    let of = |level| found.iter().filter(|reported| reported.finding.level == level).count();
    [
        (Level::Error, "error", "errors"),
        (Level::Warning, "warning", "warnings"),
        (Level::Info, "note", "notes"),
    ]
    .into_iter()
    .map(|(level, one, many)| (of(level), one, many))
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| plural(count, one, many))
    .collect::<Vec<_>>()
    .join(", ")
}

/// The first findings, a line each, and how many there are besides.
fn named(found: &[Reported], accepted: usize) -> String {
    let mut lines: Vec<String> = found
        .iter()
        .take(NAMED)
        .map(|reported| match lapsed(&reported.finding.detail) {
            None => reported.in_words(),
            Some(because) => format!("{} (accepted before, but {because})", reported.in_words()),
        })
        .collect();
    if found.len() > NAMED {
        lines.push(format!("... and {} more", found.len() - NAMED));
    }
    if accepted > 0 {
        lines.push(format!("{} accepted with a reason", plural(accepted, "finding", "findings")));
    }
    lines.join("\n")
}
