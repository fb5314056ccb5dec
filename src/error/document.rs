//! Documents that declare policies, many at once.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// What is wrong with a document.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// A value of a document is of another type.
    #[error("invalid value at {path}")]
    Shape {
        /// Where it stands.
        path: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A document has a key that means nothing.
    #[error("unknown key at {path}")]
    UnknownKey {
        /// Where it stands.
        path: String,
        /// The keys that mean something.
        known: String,
    },
    /// A document lacks a key.
    #[error("key \"{key}\" is missing at {path}")]
    MissingKey {
        /// Where it should stand.
        path: String,
        /// The key.
        key: &'static str,
    },
    /// Two entries of a document make the same set.
    #[error("table {table} gets two sets \"{name}\"")]
    Twice {
        /// The table, qualified.
        table: String,
        /// What both go by.
        name: String,
    },
    /// There is no relation of this name.
    #[error("relation \"{0}\" does not exist")]
    UnknownRelationName(String),
}

impl DocumentError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::Shape { wanted, .. } => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).detail(format!("It should be {wanted}."))
            }
            Self::UnknownKey { known, .. } => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint(format!("Keys are {known}."))
            }
            Self::MissingKey { .. } => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE),
            Self::Twice { .. } => {
                Facts::of(ERRCODE_DUPLICATE_OBJECT).hint("Give one of them another name.")
            }
            Self::UnknownRelationName(_) => {
                Facts::of(ERRCODE_UNDEFINED_TABLE).hint("Write names with their schema: app.posts.")
            }
        }
    }
}
