//! Every error rowguard raises: one enum, and one conversion into the server's report.
//!
//! A variant's message is the primary message (one line, lower case, no period, no secret); the
//! SQLSTATE, the DETAIL (facts) and the HINT (what to do) stand in the three methods below it.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

/// What went wrong. Grouped by the part that raises it.
#[derive(Debug, Error)]
pub enum Error {
    // Shared.
    /// An argument that needs a value is NULL.
    #[error("argument \"{0}\" must not be null")]
    NullArgument(&'static str),
    /// A statement of ours failed inside the server interface.
    #[error("internal statement failed: {0}")]
    Spi(#[from] pgrx::spi::Error),

    // Catalog.
    /// A catalog column that is never NULL is NULL.
    #[error("unexpected null in column {column} of a catalog read")]
    CatalogNull { column: usize },
    /// The server knows a privilege that this library does not.
    #[error("unknown privilege \"{0}\" in an access list")]
    UnknownPrivilege(String),
}

impl Error {
    fn sqlstate(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Self::NullArgument(_) => ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Self::Spi(_) | Self::CatalogNull { .. } | Self::UnknownPrivilege(_) => {
                ERRCODE_INTERNAL_ERROR
            }
        }
    }

    fn detail(&self) -> Option<String> {
        None
    }

    fn hint(&self) -> Option<String> {
        None
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        let mut report = ErrorReport::new(error.sqlstate(), error.to_string(), "rowguard");
        if let Some(detail) = error.detail() {
            report = report.set_detail(detail);
        }
        if let Some(hint) = error.hint() {
            report = report.set_hint(hint);
        }
        report
    }
}
