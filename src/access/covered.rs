//! What is found out about one policy, and what follows.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::sample::Sample;
use crate::catalog::{Command, Policy, Table};

/// What is said of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Rows fare otherwise without it.
    Decides,
    /// Nobody given is asked about it.
    NeverApplies,
    /// Permissive, and true of no row.
    NeverTrue,
    /// Restrictive, and true of every row.
    NeverFalse,
    /// Others let in, or keep out, every row that it does.
    Redundant,
    /// There is no row to ask about.
    NoRows,
    /// It raises, or another does that is asked beside it.
    Error,
    /// The caller cannot see the rows.
    NotTested,
}

impl Verdict {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decides => "decides",
            Self::NeverApplies => "never applies",
            Self::NeverTrue => "never true",
            Self::NeverFalse => "never false",
            Self::Redundant => "redundant",
            Self::NoRows => "no rows",
            Self::Error => "error",
            Self::NotTested => "not tested",
        }
    }
}

/// One policy.
#[derive(Debug)]
pub struct Covered {
    pub schema: String,
    pub table: String,
    pub policy: String,
    pub command: Command,
    pub permissive: bool,
    /// By how many identities it is asked.
    pub asked: i32,
    /// In how many rows it decided, summed over identities.
    pub decided: i64,
    pub verdict: Verdict,
    pub detail: Map<String, Value>,
}

/// What is found out about one policy.
#[derive(Default)]
pub struct About {
    /// By whom it is asked.
    pub asked: Vec<String>,
    /// By whom not, and why.
    pub not_asked: Map<String, Value>,
    /// For whom it decided, and in how many rows.
    pub decided_for: Map<String, Value>,
    /// What it raised, and for whom.
    pub errors: Map<String, Value>,
    /// Rows that it lets in, or keeps out, whatever others do.
    pub met: usize,
    /// Of these, the rows that fare otherwise without it.
    pub decided: usize,
    /// Policies that raise where this one is asked, so that nobody knows what it decides.
    pub left_open_by: BTreeSet<String>,
}

impl About {
    /// What follows.
    pub fn covered(self, table: &Table, policy: &Policy, sample: Option<&Sample>) -> Covered {
        Covered {
            schema: table.schema.clone(),
            table: table.name.clone(),
            policy: policy.name.clone(),
            command: policy.command,
            permissive: policy.permissive,
            asked: i32::try_from(self.asked.len()).unwrap_or(i32::MAX),
            decided: i64::try_from(self.decided).unwrap_or(i64::MAX),
            verdict: self.verdict(policy, sample),
            detail: self.detail(sample),
        }
    }

    fn verdict(&self, policy: &Policy, sample: Option<&Sample>) -> Verdict {
        if self.asked.is_empty() {
            return Verdict::NeverApplies;
        }
        match sample {
            None => return Verdict::NotTested,
            Some(sample) if sample.rows == 0 => return Verdict::NoRows,
            Some(_) => {}
        }
        if self.decided > 0 {
            Verdict::Decides
        } else if !self.left_open_by.is_empty() || !self.errors.is_empty() {
            Verdict::Error
        } else if self.met > 0 {
            Verdict::Redundant
        } else if policy.permissive {
            Verdict::NeverTrue
        } else {
            Verdict::NeverFalse
        }
    }

    fn detail(self, sample: Option<&Sample>) -> Map<String, Value> {
        let mut detail = Map::new();
        let mut note = |key: &str, value: Map<String, Value>| {
            if !value.is_empty() {
                detail.insert(key.to_owned(), Value::Object(value));
            }
        };
        note("not_asked", self.not_asked);
        note("decided_for", self.decided_for);
        note("errors", self.errors);
        if !self.left_open_by.is_empty() {
            detail.insert("left_open_by".to_owned(), json!(self.left_open_by));
        }
        if !self.asked.is_empty() {
            detail.insert("met".to_owned(), json!(self.met));
        }
        if let Some(sample) = sample {
            detail.insert("rows".to_owned(), json!(sample.rows));
            if sample.chosen.is_some() {
                detail.insert("sampled".to_owned(), json!(true));
            }
        }
        detail
    }
}
