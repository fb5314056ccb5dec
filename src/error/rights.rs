//! Rights on the extension itself.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// Why rights are not handed out.
#[derive(Debug, Error)]
pub enum RightsError {
    /// No part of the extension that rights are handed out for.
    #[error("unknown part \"{0}\"")]
    UnknownPart(String),
    /// Only the owner of the extension's objects hands out rights on them.
    #[error("permission denied to hand out rights on rowguard")]
    NotExtensionOwner,
}

impl RightsError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::UnknownPart(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Parts are app, migrate and ci.")
            }
            Self::NotExtensionOwner => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE)
                .hint("Ask the role that created the extension."),
        }
    }
}
