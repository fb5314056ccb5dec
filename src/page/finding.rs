//! A finding as the page shows it.

use serde_json::{Map, Value};

use crate::audit::report::Entry;

/// Details that have a place of their own, or repeat what is said beside them.
const ELSEWHERE: [&str; 4] = ["using", "check", "lapsed", "policy_on"];

/// A finding with nothing left to decide.
pub struct Found<'a> {
    /// As it was reported.
    pub entry: &'a Entry,
    /// Object and policy.
    pub place: String,
    /// What is wrong.
    pub said: String,
    /// Evidence, a line each.
    pub facts: Vec<(String, String)>,
    /// The policy's clauses, as SQL.
    pub clauses: Vec<(&'static str, String)>,
}

impl<'a> Found<'a> {
    pub fn of(entry: &'a Entry) -> Self {
        let detail = &entry.detail;
        let clause = |key: &str, word| Some((word, detail.get(key)?.as_str()?.to_owned()));
        let mut facts: Vec<(String, String)> = Vec::new();
        if let Some(columns) = &entry.columns {
            facts.push(("columns".to_owned(), columns.join(", ")));
        }
        facts.extend(lines(detail, &ELSEWHERE));
        Self {
            entry,
            place: entry.place(),
            said: entry.said(),
            facts,
            clauses: [clause("using", "USING"), clause("check", "WITH CHECK")]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// Of which schema; nothing for what belongs to the database or cluster.
    pub fn schema(&self) -> &str {
        self.entry.schema_name.as_deref().unwrap_or_default()
    }
}

/// What a detail says, in order of its keys, but for some and for what is empty.
pub fn lines(detail: &Map<String, Value>, but: &[&str]) -> Vec<(String, String)> {
    detail
        .iter()
        .filter(|(key, value)| !but.contains(&key.as_str()) && !value.is_null())
        .map(|(key, value)| (key.replace('_', " "), plain(value)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// A value as people write it: no quotes around text, lists with commas.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
