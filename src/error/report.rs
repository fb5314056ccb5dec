//! Errors as reports of the server.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::PgSqlErrorCode;

use super::{
    AccessError, AtomicError, AuditError, AuthError, CatalogError, DocumentError, Error,
    LedgerError, MembershipError, PolicyError, ReaderError, RightsError,
};

/// What a report says of an error besides its message.
#[derive(Debug)]
pub struct Facts {
    /// Its SQLSTATE.
    pub sqlstate: PgSqlErrorCode,
    /// What is so, for DETAIL.
    pub detail: Option<String>,
    /// What to do, for HINT.
    pub hint: Option<String>,
}

impl Facts {
    /// An SQLSTATE and nothing more.
    pub(super) fn of(sqlstate: PgSqlErrorCode) -> Self {
        Self { sqlstate, detail: None, hint: None }
    }

    /// With a DETAIL.
    pub(super) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// With a HINT.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        let Facts { sqlstate, detail, hint } = error.facts();
        let mut report = ErrorReport::new(sqlstate, error.to_string(), "rowguard");
        if let Some(detail) = detail {
            report = report.set_detail(detail);
        }
        if let Some(hint) = hint {
            report = report.set_hint(hint);
        }
        report
    }
}

/// Lets `?` and `into()` make a report of an error of one part, as they do of any.
macro_rules! reported {
    ($($part:ty),+) => {
        $(impl From<$part> for ErrorReport {
            fn from(error: $part) -> Self {
                Error::from(error).into()
            }
        })+
    };
}
reported! {
    AccessError, AtomicError, AuditError, AuthError, CatalogError, DocumentError,
    LedgerError, MembershipError, PolicyError, ReaderError, RightsError
}
