//! Every error rowguard raises: one enum, and one conversion into the server's report.
//!
//! A variant's message is the primary message (one line, lower case, no period, no secret); the
//! SQLSTATE, the DETAIL (facts) and the HINT (what to do) stand in the three methods below it.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use crate::auth::{Defect, MAX_DEPTH};

/// What went wrong. Grouped by the part that raises it.
#[derive(Debug, Error)]
pub enum Error {
    // Identity.
    /// The claims cannot be read.
    #[error("request.jwt.claims cannot be read")]
    Claims(Defect),
    /// The claim `sub` is asked for as a uuid and is none.
    #[error("claim \"sub\" is not a uuid")]
    SubjectNoUuid,
    /// A claim is asked for as text and is an object or an array.
    #[error("claim \"{0}\" is not a text")]
    ClaimNoText(&'static str),

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
            Self::Claims(Defect::TooDeep) => ERRCODE_STATEMENT_TOO_COMPLEX,
            Self::Claims(Defect::NullCharacter) => ERRCODE_UNTRANSLATABLE_CHARACTER,
            Self::Claims(Defect::NotJson | Defect::NotAnObject)
            | Self::SubjectNoUuid
            | Self::ClaimNoText(_) => ERRCODE_INVALID_TEXT_REPRESENTATION,
            Self::NullArgument(_) => ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Self::Spi(_) | Self::CatalogNull { .. } | Self::UnknownPrivilege(_) => {
                ERRCODE_INTERNAL_ERROR
            }
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Claims(defect) => Some(match defect {
                Defect::NotJson => "The text is not valid JSON.".to_owned(),
                Defect::NotAnObject => "The text is JSON, but not an object.".to_owned(),
                Defect::TooDeep => format!("The claims are nested deeper than {MAX_DEPTH} levels."),
                Defect::NullCharacter => "\\u0000 cannot be converted to text.".to_owned(),
            }),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Claims(_) => Some("The gateway sets request.jwt.claims to the JSON object of verified claims, for each transaction.".to_owned()),
            Self::SubjectNoUuid => Some("Policies compare uuid columns with auth.uid(); the identity provider must issue a uuid as subject.".to_owned()),
            _ => None,
        }
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
