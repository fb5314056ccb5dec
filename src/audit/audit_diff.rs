//! `rls.audit_diff()`: what came and went since a report was kept.

use std::collections::HashMap;

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::Deserialize;

use super::report::Entry;
use super::run::Request;
use crate::arguments::required;
use crate::error::AuditError;

/// What there must be in a kept report.
#[derive(Deserialize)]
struct Kept {
    findings: Vec<Entry>,
}

/// Compares what stands today with a report that was kept, `rls.audit_report('json')`. One row per
/// finding that is not the same: `new`, `changed` (another level or message), `accepted` since, or
/// `gone`. What was accepted then counts as not found then.
///
/// Errors: 22004 for NULL, 22023 for a document that is no such report. For whoever is granted
/// EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.audit_diff(since jsonb)
RETURNS TABLE (change text, rule text, level text, schema_name text, object_name text,
  object_kind text, policy text, message text, fingerprint text)
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.audit_diff(jsonb) IS
  'findings that are new, changed, accepted or gone since a report that rls.audit_report() wrote as json';
"#)]
fn rls_audit_diff(
    since: Option<JsonB>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(change, &'static str),
            name!(rule, String),
            name!(level, &'static str),
            name!(schema_name, Option<String>),
            name!(object_name, String),
            name!(object_kind, String),
            name!(policy, Option<String>),
            name!(message, String),
            name!(fingerprint, String),
        ),
    >,
    ErrorReport,
> {
    let kept: Kept = serde_json::from_value(required(since, "since")?.0)
        .map_err(|error| AuditError::NoReport(error.to_string()))?;
    let mut before: HashMap<String, Entry> = kept
        .findings
        .into_iter()
        .filter(|entry| entry.suppressed_by.is_none())
        .map(|entry| (entry.fingerprint.clone(), entry))
        .collect();

    let mut changes = Vec::new();
    for now in Request::everything()?.run()?.iter().map(Entry::from) {
        match (before.remove(&now.fingerprint), &now.suppressed_by) {
            (None, None) => changes.push(("new", now)),
            (Some(_), Some(_)) => changes.push(("accepted", now)),
            (Some(then), None) if then.level != now.level || then.message != now.message => {
                changes.push(("changed", now));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
    changes.extend(before.into_values().map(|then| ("gone", then)));
    changes.sort_by(|(_, one), (_, two)| key(one).cmp(&key(two)));
    Ok(TableIterator::new(changes.into_iter().map(|(change, entry)| {
        (
            change,
            entry.rule,
            entry.level.as_str(),
            entry.schema_name,
            entry.object_name,
            entry.object_kind,
            entry.policy,
            entry.message,
            entry.fingerprint,
        )
    })))
}

/// The order of `rls.audit()`.
fn key(entry: &Entry) -> impl Ord + '_ {
    (
        entry.level,
        &entry.rule,
        &entry.schema_name,
        &entry.object_name,
        &entry.policy,
        &entry.fingerprint,
    )
}
