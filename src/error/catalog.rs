//! The server's catalogs, read.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// What is in a catalog and should not be.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// A catalog column that is never NULL is NULL.
    #[error("unexpected null in column {column} of a catalog read")]
    Null {
        /// Its place in the row.
        column: usize,
    },
    /// The server knows a privilege that this library does not.
    #[error("unknown privilege \"{0}\" in an access list")]
    UnknownPrivilege(String),
    /// A stored expression that the server cannot read.
    #[error("{holder} cannot be read")]
    UnreadableTree {
        /// What holds it.
        holder: String,
        /// What the server says.
        problem: String,
    },
}

impl CatalogError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::Null { .. } | Self::UnknownPrivilege(_) => Facts::of(ERRCODE_INTERNAL_ERROR),
            Self::UnreadableTree { problem, .. } => Facts::of(ERRCODE_DATA_CORRUPTED)
                .detail(format!("The server says: {problem}"))
                .hint(
                    "The catalog is damaged, or its row was written by hand or by another \
                     version: drop the object and create it again.",
                ),
        }
    }
}
