//! Access, tried: the matrix, explanations and assertions.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// Why access is not tried, or is not what was asserted.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The identities are no document of the form asked for.
    #[error("invalid identities")]
    InvalidIdentities(String),
    /// One identity is of another form.
    #[error("invalid {argument}")]
    InvalidIdentity {
        /// The argument.
        argument: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The document of expected access is of another form.
    #[error("invalid document of expected access")]
    InvalidExpected(String),
    /// There is no format of this name for tests.
    #[error("unknown format \"{0}\" for tests")]
    UnknownTestFormat(String),
    /// A sample without a row.
    #[error("argument \"sample\" must be positive")]
    SampleSize,
    /// An argument that has to be an object.
    #[error("argument \"{0}\" must be a JSON object")]
    NoObject(&'static str),
    /// A value is none of its column's type.
    #[error("a value of argument \"key\" cannot be read")]
    UnreadableValue(String),
    /// Rows cannot be looked for by the column.
    #[error("column \"{column}\" of relation \"{relation}\" cannot be compared")]
    NotComparable {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
    },
    /// A key that is none.
    #[error("several rows of {0} have this key")]
    SeveralRows(String),
    /// Neither a table nor a view.
    #[error("\"{0}\" is no table or view")]
    NotReadable(String),
    /// What should be a condition is more, or less.
    #[error("argument \"{0}\" is not one expression")]
    NoExpression(&'static str),
    /// What should be an SQLSTATE is none, or one that no assertion catches.
    #[error("no assertion can ask for SQLSTATE \"{0}\"")]
    NoSqlstate(String),
    /// A statement cannot be run inside another.
    #[error("the statement cannot be tried")]
    NotTriable,
    /// What tries access would keep a lock, or lose one of the caller's.
    #[error("advisory locks of the session cannot be taken or given back while access is tried")]
    SessionLock,
    /// A set of rows does not fit into memory.
    #[error("out of memory for the rows that an identity reaches")]
    TooManyRows,
    /// What an assertion asserts is not so.
    #[error("{claim}")]
    AssertionFailed {
        /// What is so instead.
        claim: String,
        /// What shows it, a line each.
        evidence: Vec<String>,
        /// What to do.
        advice: &'static str,
    },
    /// The caller may not become the role.
    #[error("permission denied to become role \"{0}\"")]
    MayNotBecome(String),
    /// Claims without a token, in verified mode.
    #[error("permission denied to try claims that no token proves")]
    NotProven,
}

impl AccessError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::InvalidIdentities(why) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).detail(format!("{why}.")).hint(
                    "Write {\"alice\": {\"role\": \"authenticated\", \"claims\": {\"sub\": \
                     \"...\"}}}.",
                )
            }
            Self::InvalidIdentity { why, .. } => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .detail(format!("{why}."))
                .hint("Write {\"role\": \"authenticated\", \"claims\": {\"sub\": \"...\"}}."),
            Self::InvalidExpected(why) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .detail(format!("{why}."))
                .hint("rls.emit_tests(identities, format => 'json') writes such a document."),
            Self::UnknownTestFormat(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Formats are pgtap, sql and json.")
            }
            Self::SampleSize => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE),
            Self::NoObject(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Write {\"column\": value, ...}.")
            }
            Self::UnreadableValue(what) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .detail(format!("The server says: {what}.")),
            Self::NotComparable { .. } => {
                Facts::of(ERRCODE_UNDEFINED_FUNCTION).detail("Its type has no equality.")
            }
            Self::SeveralRows(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Give the columns of a primary key or unique index."),
            Self::NotReadable(_) => Facts::of(ERRCODE_WRONG_OBJECT_TYPE),
            Self::NoExpression(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Write what could stand after WHERE, such as 'owner_id = auth.uid()'."),
            Self::NoSqlstate(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint(
                "Give five digits and capital letters; 40001, 40P01, 55P03, 57014 and 57P.. \
                 always end the statement.",
            ),
            Self::NotTriable => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED).hint(
                "COPY from or to the client and transaction control cannot run inside a \
                 statement.",
            ),
            Self::SessionLock => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED)
                .hint("Use one of the transaction: pg_advisory_xact_lock()."),
            Self::TooManyRows => Facts::of(ERRCODE_OUT_OF_MEMORY)
                .hint("Try a copy with fewer rows: policies do not know how many there are."),
            Self::AssertionFailed { evidence, advice, .. } => {
                let facts = Facts::of(ERRCODE_ASSERT_FAILURE).hint(*advice);
                if evidence.is_empty() { facts } else { facts.detail(evidence.join("\n")) }
            }
            Self::MayNotBecome(_) => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE)
                .hint("Be a member of the role, or a superuser."),
            Self::NotProven => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE)
                .hint("In verified mode only superusers may."),
        }
    }
}
