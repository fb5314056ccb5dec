//! Whether the audit finds errors.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::check::Outcome;
use crate::audit::{Level, Request};
use crate::catalog::{schema, select};
use crate::error::Error;
use crate::operation::failure::Failure;

/// Who asks for the health asks often: more tables than these, about a second's work, are audited on
/// request only.
const MOST_TABLES: i64 = 2000;

/// So many findings are told; all are counted.
const TOLD: usize = 5;

/// Findings at level error that nobody has accepted.
pub fn check(deep: bool) -> Result<Outcome, Failure> {
    let tables = tables()?;
    if tables > MOST_TABLES && !deep {
        let reason = format!("more than {MOST_TABLES} tables are audited with deep => true only");
        return Ok(Outcome::unknown(reason).with("tables", tables));
    }
    let found: Vec<String> = Request::new(None, None, Some(Level::Error.as_str()))?
        .run()?
        .iter()
        .filter(|reported| reported.suppressed_by.is_none())
        .map(|reported| reported.in_words())
        .collect();
    let outcome = if found.is_empty() {
        Outcome::ok()
    } else {
        Outcome::failed("the audit finds errors: SELECT * FROM rls.audit(min_level => 'error')")
            .with("first", found.iter().take(TOLD).cloned().collect::<Vec<_>>())
    };
    Ok(outcome.with("errors", found.len()).with("tables", tables))
}

/// How many tables the audit would look at.
fn tables() -> Result<i64, Error> {
    let schemas: Vec<Oid> = schema::of_users()?.iter().map(|schema| schema.oid).collect();
    let found = select(
        "SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c
          WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1)
            AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog.\"char\"[])",
        &[DatumWithOid::from(schemas)],
        |row| row.required(1),
    )?;
    Ok(found.into_iter().next().unwrap_or_default())
}
