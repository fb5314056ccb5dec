//! What a check says.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::operation::failure::Failure;
use crate::policy::attempt::or_raised;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Nothing stands against it.
    Ok,
    /// It could not be asked, and nothing is guessed.
    Unknown,
    /// Somebody has to look.
    Failed,
}

/// A check that was made.
#[derive(Debug)]
pub struct Outcome {
    status: Status,
    facts: Map<String, Value>,
}

impl Outcome {
    /// Nothing stands against it.
    pub fn ok() -> Self {
        Self { status: Status::Ok, facts: Map::new() }
    }

    /// It could not be asked.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { status: Status::Unknown, facts: Map::new() }.with("reason", reason.into())
    }

    /// Somebody has to look.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self { status: Status::Failed, facts: Map::new() }.with("reason", reason.into())
    }

    /// With a fact.
    pub fn with(mut self, fact: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(fact.to_owned(), value.into());
        self
    }

    /// With the outcomes of its parts, the worst of which is its own.
    pub fn of_parts(fact: &str, parts: Vec<Self>) -> Self {
        let status = parts.iter().map(|part| part.status).max().unwrap_or(Status::Ok);
        let parts: Vec<Value> = parts.into_iter().map(Self::into_json).collect();
        Self { status, facts: Map::new() }.with(fact, parts)
    }

    /// It makes the whole degraded.
    pub fn is_failed(&self) -> bool {
        self.status == Status::Failed
    }

    /// `{"status": ..., ...}`.
    pub fn into_json(mut self) -> Value {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Unknown => "unknown",
            Status::Failed => "failed",
        };
        self.facts.insert("status".to_owned(), status.into());
        Value::Object(self.facts)
    }
}

/// Makes a check. What it raises is what came of it, with the SQLSTATE: that the caller may not ask
/// leaves it unknown, all else fails it. Only what nobody may catch ends the whole.
pub fn make(check: impl FnOnce() -> Result<Outcome, Failure>) -> Result<Outcome, Error> {
    Ok(or_raised(check)?.unwrap_or_else(|raised| {
        let outcome = match raised.sqlstate.as_str() {
            "42501" => Outcome::unknown(raised.message),
            _ => Outcome::failed(raised.message),
        };
        outcome.with("sqlstate", raised.sqlstate)
    }))
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn the_worst_part_decides() {
        let parts = vec![Outcome::ok(), Outcome::failed("gone"), Outcome::unknown("busy")];
        assert!(Outcome::of_parts("parts", parts).is_failed());
        let unknown = Outcome::of_parts("parts", vec![Outcome::ok(), Outcome::unknown("busy")]);
        assert!(!unknown.is_failed());
        assert_eq!(unknown.into_json()["status"], "unknown");
        assert_eq!(Outcome::of_parts("parts", Vec::new()).into_json()["status"], "ok");
    }
}
