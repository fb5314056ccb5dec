//! What a rule is.

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::doc::Doc;
use super::finding::Findings;
use crate::error::{AuditError, Error};

/// How bad a finding is. The order is that of a report: worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Rows are open, or the application is broken.
    Error,
    /// Likely wrong, or slow.
    Warning,
    /// Worth knowing.
    Info,
}

impl Level {
    /// All levels, worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Info];

    /// The level as reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// The level of this name; 22023 when there is none.
    pub fn from_name(name: &str) -> Result<Self, AuditError> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == name)
            .ok_or_else(|| AuditError::UnknownLevel(name.to_owned()))
    }
}

/// A rule: one bad pattern, what is said of it, and the check that finds it.
pub struct Rule {
    /// Names the bad pattern; public for ever.
    pub id: &'static str,
    /// The worst level of its findings, and that of an object it could not judge.
    pub level: Level,
    /// Its file, whose head is its documentation: see [`Doc`].
    pub source: &'static str,
    /// Looks through the database.
    pub check: fn(&Context, &mut Findings<'_>) -> Result<(), Error>,
}

impl Rule {
    /// What there is to say of it.
    pub fn doc(&self) -> Doc {
        Doc::of(self.source)
    }
}
