//! `tap`: Test Anything Protocol 14, for pg_prove and its kin. A rule that found nothing is a test
//! that passes; a finding is one that fails; an accepted one fails as a TODO, which counts as none.
//!
//! Source: testanything.org, "TAP 14 specification".

use serde_json::json;

use super::{Entry, Report};
use crate::error::Error;

pub fn render(report: &Report) -> Result<String, Error> {
    let mut points = Vec::new();
    for (rule, entries) in report.groups() {
        if entries.is_empty() {
            points.push(("ok", rule.to_owned()));
        }
        for entry in entries {
            points.push(failed(entry)?);
        }
    }
    let mut text = format!("TAP version 14\n1..{}\n", points.len());
    for (number, (result, rest)) in points.into_iter().enumerate() {
        text.push_str(&format!("{result} {} - {rest}\n", number + 1));
    }
    Ok(text)
}

fn failed(entry: &Entry) -> Result<(&'static str, String), Error> {
    let name = escaped(&format!("{}: {}", entry.rule, entry.place()));
    let todo = entry
        .suppressed_by
        .as_ref()
        .map(|reason| format!(" # TODO {}", one_line(reason)))
        .unwrap_or_default();
    // JSON is YAML, and needs no rules of its own for quoting.
    let facts = json!({
        "message": entry.said(),
        "severity": entry.level.as_str(),
        "fix": entry.fix,
        "fingerprint": entry.fingerprint,
    });
    let yaml = serde_json::to_string(&facts)?;
    Ok(("not ok", format!("{name}{todo}\n  ---\n  {yaml}\n  ...")))
}

/// A description: a hash sign would begin a directive.
fn escaped(text: &str) -> String {
    one_line(&text.replace('\\', "\\\\").replace('#', "\\#"))
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}
