//! The audit's findings as documents that people and machines read: one format per file.

mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod tap;
mod text;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::finding::NOT_EVALUATED;
use super::rule::{Level, Rule};
use super::run::Reported;
use crate::error::{AuditError, Error};
use crate::quote;

/// The format that is a page, and takes more than findings: module `page` writes it.
pub const HTML: &str = "html";

/// A finding with nothing left to look up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The rule, or `not_evaluated`.
    pub rule: String,
    /// How bad.
    pub level: Level,
    /// Schema of the object at fault, unquoted; none for what belongs to the database or cluster.
    pub schema_name: Option<String>,
    /// The object at fault, unquoted.
    pub object_name: String,
    /// What the object is.
    pub object_kind: String,
    /// The policy at fault.
    pub policy: Option<String>,
    /// Columns concerned.
    pub columns: Option<Vec<String>>,
    /// What is wrong and why it matters.
    pub message: String,
    /// Evidence.
    pub detail: Map<String, Value>,
    /// SQL that mends it.
    pub fix: Option<String>,
    /// The same in every database and after a restore.
    pub fingerprint: String,
    /// Why it is accepted, where it is.
    pub suppressed_by: Option<String>,
    /// A hash of what is accepted with it, as `rls.suppressions` keeps it.
    #[serde(default)]
    pub evidence: String,
}

impl From<&Reported> for Entry {
    fn from(reported: &Reported) -> Self {
        let finding = &reported.finding;
        Self {
            rule: finding.rule.to_owned(),
            level: finding.level,
            schema_name: finding.schema.clone(),
            object_name: finding.object.clone(),
            object_kind: finding.kind.to_owned(),
            policy: reported.policy.clone(),
            columns: finding.columns.clone(),
            message: finding.message.clone(),
            detail: finding.detail.clone(),
            fix: finding.fix.clone(),
            fingerprint: reported.fingerprint.clone(),
            suppressed_by: reported.suppressed_by.clone(),
            evidence: reported.evidence.clone(),
        }
    }
}

impl Entry {
    /// The object and the policy, each with its schema, quoted so that no two are the same.
    pub fn place(&self) -> String {
        let mut place = match &self.schema_name {
            Some(schema) => format!("{}.", quote::exact_where_needed(schema)),
            None => String::new(),
        };
        if self.object_kind == "function" {
            // A signature is quoted where it must be.
            place.push_str(&self.object_name);
        } else {
            place.push_str(&quote::exact_where_needed(&self.object_name));
        }
        if let Some(policy) = &self.policy {
            place.push_str(" policy ");
            place.push_str(&quote::exact_where_needed(policy));
        }
        place
    }
}

/// What was looked for, and what was found.
pub struct Report {
    /// The rules that were applied, by id.
    pub rules: Vec<&'static Rule>,
    /// The findings, worst first.
    pub entries: Vec<Entry>,
}

impl Report {
    /// The report in this format; 22023 for one that there is not.
    pub fn render(&self, format: &str) -> Result<String, Error> {
        Ok(match format {
            "text" => text::render(self),
            "json" => json::render(self)?,
            "sarif" => sarif::render(self)?,
            "junit" => junit::render(self)?,
            "github" => github::render(self),
            "tap" => tap::render(self)?,
            "markdown" => markdown::render(self),
            other => return Err(AuditError::UnknownFormat(other.to_owned()).into()),
        })
    }

    /// The findings that nobody has accepted.
    pub fn open(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.suppressed_by.is_none())
    }

    /// How many open findings there are, by level: `2 errors, 1 warning, 0 notes`.
    pub fn counts(&self) -> String {
        let of = |level| self.open().filter(|entry| entry.level == level).count();
        let one = |level, one, many| plural(of(level), one, many);
        format!(
            "{}, {}, {}",
            one(Level::Error, "error", "errors"),
            one(Level::Warning, "warning", "warnings"),
            one(Level::Info, "note", "notes")
        )
    }

    /// The findings by the rule that was applied, rules without findings included; last, what no rule
    /// could be applied to.
    fn groups(&self) -> Vec<(&str, Vec<&Entry>)> {
        let of = |id| self.entries.iter().filter(move |entry| entry.applied() == id).collect();
        let mut groups: Vec<(&str, Vec<&Entry>)> =
            self.rules.iter().map(|rule| (rule.id, of(rule.id))).collect();
        let others: Vec<&Entry> = of(NOT_EVALUATED);
        if !others.is_empty() {
            groups.push((NOT_EVALUATED, others));
        }
        groups
    }
}

/// Why an acceptance no longer holds, from the evidence of a finding.
pub fn lapsed(detail: &Map<String, Value>) -> Option<&str> {
    detail.get("lapsed")?.get("because")?.as_str()
}

/// `1 rule`, `2 rules`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

impl Entry {
    /// What is wrong, and that it was accepted once, where it was.
    pub fn said(&self) -> String {
        match lapsed(&self.detail) {
            None => self.message.clone(),
            Some(because) => format!("{} (accepted before, but {because})", self.message),
        }
    }

    /// The rule that was applied.
    pub fn applied(&self) -> &str {
        match self.detail.get("rule").and_then(Value::as_str) {
            Some(applied) if self.rule == NOT_EVALUATED => applied,
            _ => &self.rule,
        }
    }
}

#[cfg(test)]
mod tests;
