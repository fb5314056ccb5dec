//! Findings that somebody has accepted, with a reason: by a line of a policy's comment, or in table
//! `rls.suppressions`.

use std::collections::HashMap;

use pgrx::datum::{DatumWithOid, TimestampWithTimeZone};
use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::*;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::finding::Finding;
use super::run::Reported;
use crate::catalog::table::{named, owner_of};
use crate::error::Error;
use crate::run_as::{PRIVATE_PATH, RunAs};

/// How a line of a policy's comment begins that accepts a finding.
const PREFIX: &str = "rowguard:allow";

/// What a policy is, as far as an acceptance stands for it.
const POLICY_EVIDENCE: [&str; 5] = ["command", "roles", "permissive", "using", "check"];

/// Evidence that changes while nothing does: estimates of the server.
const VOLATILE_EVIDENCE: [&str; 1] = ["rows"];

/// The reason why the finding is accepted, from the comment of its policy: a line
/// `rowguard:allow <rule> <reason>`. Who accepts what a rule would find accepts too that it cannot
/// be evaluated. A line without a reason accepts nothing.
pub fn in_comment(comment: &str, finding: &Finding) -> Option<String> {
    comment.lines().find_map(|line| {
        let rest = line.trim().strip_prefix(PREFIX)?;
        let (rule, reason) = rest.strip_prefix(char::is_whitespace)?.trim().split_once(' ')?;
        let reason = reason.trim();
        ((rule == finding.rule || rule == finding.applied) && !reason.is_empty())
            .then(|| reason.to_owned())
    })
}

/// A hash of what is accepted with a finding: the policy as it stands, or else the evidence of the
/// rule. The same after a dump and restore.
pub fn evidence(finding: &Finding) -> String {
    let counts = |key: &str| match finding.policy {
        Some(_) => POLICY_EVIDENCE.contains(&key),
        None => !VOLATILE_EVIDENCE.contains(&key),
    };
    let kept: Map<String, Value> = finding
        .detail
        .iter()
        .filter(|(key, _)| counts(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Sha256::digest(Value::Object(kept).to_string())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// One row of `rls.suppressions`.
struct Acceptance {
    reason: String,
    /// When it ended, where it has.
    expired: Option<String>,
    evidence: String,
}

/// What is accepted, by fingerprint.
pub struct Suppressions(HashMap<String, Acceptance>);

impl Suppressions {
    /// Reads `rls.suppressions` as its owner: whoever may audit may know what is accepted.
    pub fn read() -> Result<Self, Error> {
        let _owner = RunAs::begin(owner()?, PRIVATE_PATH);
        let rows = crate::catalog::select(
            "SELECT s.fingerprint, s.reason, s.evidence,
                    CASE WHEN s.expires OPERATOR(pg_catalog.<=) pg_catalog.statement_timestamp()
                         THEN pg_catalog.to_char(
                             pg_catalog.timezone('UTC'::pg_catalog.text, s.expires),
                             'YYYY-MM-DD HH24:MI:SS'::pg_catalog.text) END
               FROM rls.suppressions s",
            &[],
            |row| {
                let acceptance = Acceptance {
                    reason: row.required(2)?,
                    evidence: row.required(3)?,
                    expired: row.optional(4)?,
                };
                Ok((row.required::<String>(1)?, acceptance))
            },
        )?;
        Ok(Self(rows.into_iter().collect()))
    }

    /// Why the finding is accepted, where it is. An acceptance that no longer holds leaves a note in
    /// the finding.
    pub fn judge(
        &self,
        fingerprint: &str,
        evidence: &str,
        finding: &mut Finding,
    ) -> Option<String> {
        let acceptance = self.0.get(fingerprint)?;
        let because = if let Some(expired) = &acceptance.expired {
            format!("it expired at {expired} UTC")
        } else if acceptance.evidence != evidence {
            "what was accepted has changed since".to_owned()
        } else {
            return Some(acceptance.reason.clone());
        };
        let lapsed = json!({ "reason": acceptance.reason, "because": because });
        finding.detail.insert("lapsed".to_owned(), lapsed);
        None
    }
}

/// Accepts findings: one row each, replacing what was accepted before.
pub fn accept(
    findings: &[&Reported],
    reason: &str,
    expires: Option<TimestampWithTimeZone>,
) -> Result<(), Error> {
    let by = caller();
    let column = |value: fn(&Reported) -> String| -> Vec<String> {
        findings.iter().map(|reported| value(reported)).collect()
    };
    let arguments = [
        DatumWithOid::from(column(|reported| reported.fingerprint.clone())),
        DatumWithOid::from(reason),
        DatumWithOid::from(expires),
        DatumWithOid::from(column(|reported| reported.evidence.clone())),
        DatumWithOid::from(column(Reported::in_words)),
        DatumWithOid::from(by),
    ];
    let _owner = RunAs::begin(owner()?, PRIVATE_PATH);
    Spi::connect_mut(|client| {
        client
            .update(
                "INSERT INTO rls.suppressions AS s
                        (fingerprint, reason, expires, evidence, finding, accepted_by)
                 SELECT f.fingerprint, $2, $3, f.evidence, f.finding, $6::pg_catalog.name
                   FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($4),
                                   pg_catalog.unnest($5)) AS f (fingerprint, evidence, finding)
                 ON CONFLICT (fingerprint) DO UPDATE
                    SET reason = EXCLUDED.reason, expires = EXCLUDED.expires,
                        evidence = EXCLUDED.evidence, finding = EXCLUDED.finding,
                        accepted_by = EXCLUDED.accepted_by, accepted_at = EXCLUDED.accepted_at",
                None,
                &arguments,
            )
            .map(|_| ())
    })?;
    Ok(())
}

/// Takes an acceptance back; false when there was none.
pub fn withdraw(fingerprint: &str) -> Result<bool, Error> {
    let _owner = RunAs::begin(owner()?, PRIVATE_PATH);
    let gone = Spi::connect_mut(|client| {
        client
            .update(
                "DELETE FROM rls.suppressions s WHERE s.fingerprint OPERATOR(pg_catalog.=) $1",
                None,
                &[DatumWithOid::from(fingerprint)],
            )
            .map(|rows| rows.len())
    })?;
    Ok(gone > 0)
}

/// The owner of the table: the role that created the extension.
fn owner() -> Result<Oid, Error> {
    named(c"rls", c"suppressions")
        .and_then(owner_of)
        .ok_or(Error::Unexpected("rls.suppressions is missing"))
}

fn caller() -> String {
    // SAFETY: the server returns a string of its own for the user that is running.
    unsafe {
        std::ffi::CStr::from_ptr(pg_sys::GetUserNameFromId(pg_sys::GetUserId(), false))
            .to_string_lossy()
            .into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::rule::Level;

    fn reason(comment: &str) -> Option<String> {
        let finding = Finding {
            rule: "policy_always_true",
            applied: "policy_always_true",
            level: Level::Error,
            schema: None,
            object: String::new(),
            kind: "table",
            policy: None,
            part: None,
            columns: None,
            message: String::new(),
            detail: serde_json::Map::new(),
            fix: None,
        };
        in_comment(comment, &finding)
    }

    #[test]
    fn a_line_of_its_own_with_a_reason() {
        let comment = "what people wrote\n  rowguard:allow policy_always_true  public catalogue \n";
        assert_eq!(reason(comment), Some("public catalogue".to_owned()));
    }

    #[test]
    fn no_reason_no_acceptance() {
        assert_eq!(reason("rowguard:allow policy_always_true"), None);
        assert_eq!(reason("rowguard:allow policy_always_true   "), None);
    }

    #[test]
    fn another_rule_or_prefix_is_nothing() {
        assert_eq!(reason("rowguard:allow rls_disabled because"), None);
        assert_eq!(reason("rowguard:allowpolicy_always_true because"), None);
        assert_eq!(reason("see rowguard:allow policy_always_true because"), None);
        assert_eq!(reason(""), None);
    }
}
