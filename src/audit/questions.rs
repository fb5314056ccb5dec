//! The seven questions that a review of row security begins with, as far as rules answer them.

use serde_json::{Value, json};

use super::report::Entry;
use super::rule::Level;
use super::run::Request;
use crate::error::Error;

/// One question, and the rules that answer it; none where only trying access does.
struct Item {
    title: &'static str,
    rules: &'static [&'static str],
    /// The mildest finding that fails it.
    fails_at: Level,
}

impl Item {
    /// A question that no rule answers.
    const fn tried(title: &'static str) -> Self {
        Self { title, rules: &[], fails_at: Level::Info }
    }
}

const ITEMS: [Item; 7] = [
    Item {
        title: "RLS enabled on every table with user data",
        rules: &["rls_disabled", "policies_without_rls", "partition_exposed"],
        fails_at: Level::Warning,
    },
    Item {
        title: "no table uses USING (true)",
        rules: &["policy_always_true"],
        fails_at: Level::Warning,
    },
    Item {
        title: "all policy columns have indexes",
        rules: &["policy_column_unindexed"],
        fails_at: Level::Warning,
    },
    Item::tried("a regular user can't access others' data"),
    Item::tried("admin policies work correctly"),
    Item::tried("unauthenticated access returns 0 rows"),
    Item {
        title: "SECURITY DEFINER functions reviewed",
        rules: &["definer_without_search_path", "definer_executable_by_exposed", "definer_trigger"],
        fails_at: Level::Info,
    },
];

/// A question, answered.
pub struct Answer {
    /// Its place, from 1.
    pub item: i32,
    /// The question.
    pub title: &'static str,
    /// `pass`, `fail` or `not_tested`.
    pub status: &'static str,
    /// What fails it, and what could not be tested.
    pub evidence: Vec<Value>,
    /// How much of that fails it.
    pub findings: usize,
}

/// All questions, in the order of reviews. An item fails for a finding at level warning or worse that
/// nobody has accepted, the last one for any, and for what could not be judged; what only trying access
/// answers is `not_tested`.
pub fn answers() -> Result<Vec<Answer>, Error> {
    let asked = ITEMS.iter().flat_map(|item| item.rules).map(|rule| Some((*rule).to_owned()));
    let found: Vec<Entry> = Request::new(None, Some(asked.collect()), Some(Level::Info.as_str()))?
        .run()?
        .iter()
        .filter(|reported| reported.suppressed_by.is_none())
        .map(Entry::from)
        .collect();
    Ok(ITEMS
        .iter()
        .zip(1..)
        .map(|(item, number)| {
            let evidence: Vec<Value> = found
                .iter()
                .filter(|entry| {
                    item.rules.contains(&entry.applied()) && entry.level <= item.fails_at
                })
                .map(|entry| {
                    json!({"rule": entry.rule, "object": entry.place(), "message": entry.message})
                })
                .collect();
            let status = match (item.rules.is_empty(), evidence.is_empty()) {
                (true, _) => "not_tested",
                (false, true) => "pass",
                (false, false) => "fail",
            };
            let findings = evidence.len();
            Answer { item: number, title: item.title, status, evidence, findings }
        })
        .collect())
}
