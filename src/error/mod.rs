//! Every error rowguard raises, and the one way into the server's report.
//!
//! Each part of the extension has a file here, of one shape: an enum whose messages are the primary
//! messages (one line, lower case, no period, no secret), and one match that gives each variant its
//! SQLSTATE, DETAIL and HINT. [`Error`] is any of them, and has those that several parts raise. A
//! function returns [`Error`], or its part's own where nothing else can go wrong in it.

mod access;
mod atomic;
mod audit;
mod auth;
mod catalog;
mod document;
mod ledger;
mod membership;
mod policy;
mod readers;
mod report;
mod rights;

use std::fmt::Display;

use pgrx::pg_sys::Oid;
use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

pub use access::AccessError;
pub use atomic::AtomicError;
pub use audit::AuditError;
pub use auth::AuthError;
pub use catalog::CatalogError;
pub use document::DocumentError;
pub use ledger::LedgerError;
pub use membership::MembershipError;
pub use policy::PolicyError;
pub use readers::ReaderError;
pub use rights::RightsError;

use crate::quote;
use report::Facts;

/// What went wrong.
#[derive(Debug, Error)]
pub enum Error {
    // Of one part.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error(transparent)]
    Reader(#[from] ReaderError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    Membership(#[from] MembershipError),
    #[error(transparent)]
    Rights(#[from] RightsError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Atomic(#[from] AtomicError),

    // Of any.
    /// An argument that needs a value is NULL.
    #[error("argument \"{0}\" must not be null")]
    NullArgument(&'static str),
    /// An array argument holds a NULL.
    #[error("argument \"{0}\" must not hold a null")]
    NullElement(&'static str),
    /// A list that needs an element has none.
    #[error("argument \"{0}\" must not be empty")]
    EmptyList(&'static str),
    /// A column argument is no name.
    #[error("argument \"{0}\" must be a name or an array of names")]
    NotNames(&'static str),
    /// No command that a policy can be for.
    #[error("unknown command \"{0}\"")]
    UnknownCommand(String),
    /// There is no relation of this id.
    #[error("relation with OID {0} does not exist")]
    UnknownRelation(Oid),
    /// There is no schema of this name.
    #[error("schema \"{0}\" does not exist")]
    UnknownSchema(String),
    /// The relation has no column of this name.
    #[error("column \"{column}\" of relation \"{relation}\" does not exist")]
    UnknownColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
    },
    /// There is no role of this name.
    #[error("role \"{0}\" does not exist")]
    UnknownRole(String),
    /// A table is needed, and the relation is something else.
    #[error("\"{0}\" is not a table")]
    NotATable(String),
    /// The caller does not own the table.
    #[error("must be owner of table {0}")]
    NotOwner(String),
    /// The server computes the column.
    #[error("column \"{column}\" of table {table} is generated")]
    ColumnGenerated {
        /// The table, qualified.
        table: String,
        /// The column.
        column: String,
    },
    /// A set is returned where none is expected.
    #[error("function returns rows, which cannot be taken here")]
    NoRowsHere,
    /// Rows are asked for without a word of their columns.
    #[error("a column definition list is needed")]
    NoColumnsHere,
    /// Text with a null byte, which the server cannot hold.
    #[error("text with a null byte")]
    NullByte,
    /// A value of ours cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A statement of ours failed inside the server interface.
    #[error("internal statement failed: {0}")]
    Spi(#[from] pgrx::spi::Error),
    /// A promise of the server or of our own tables does not hold.
    #[error("{0}")]
    Unexpected(&'static str),
    /// An error, and the place in a document that it comes from.
    #[error("{error}")]
    At {
        /// Where.
        path: String,
        /// What.
        error: Box<Error>,
    },
    /// What the server said, of something in a document or while something was tried.
    #[error("{message}")]
    FromServer {
        /// Its SQLSTATE.
        code: PgSqlErrorCode,
        /// Its message.
        message: String,
        /// Its DETAIL.
        detail: Option<String>,
        /// Its HINT.
        hint: Option<String>,
    },
}

impl Error {
    /// The same error, where it is of a stored expression, said of what holds it.
    pub fn held_by(self, holder: impl FnOnce() -> String) -> Self {
        match self {
            Self::Catalog(CatalogError::UnreadableTree { problem, .. }) => {
                CatalogError::UnreadableTree { holder: holder(), problem }.into()
            }
            other => other,
        }
    }

    /// With the place in a document that it comes from.
    pub fn at(self, path: &impl Display) -> Self {
        Self::At { path: path.to_string(), error: Box::new(self) }
    }

    /// Message and DETAIL, where there is no report to put them into.
    pub fn in_words(&self) -> String {
        self.facts().detail.map_or_else(|| self.to_string(), |detail| format!("{self}: {detail}"))
    }

    /// What its report says besides the message.
    pub fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::Catalog(error) => error.facts(),
            Self::Auth(error) => error.facts(),
            Self::Reader(error) => error.facts(),
            Self::Policy(error) => error.facts(),
            Self::Document(error) => error.facts(),
            Self::Membership(error) => error.facts(),
            Self::Rights(error) => error.facts(),
            Self::Audit(error) => error.facts(),
            Self::Access(error) => error.facts(),
            Self::Ledger(error) => error.facts(),
            Self::Atomic(error) => error.facts(),
            Self::NullArgument(_) | Self::NullElement(_) => {
                Facts::of(ERRCODE_NULL_VALUE_NOT_ALLOWED)
            }
            Self::EmptyList(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE),
            Self::NotNames(_) => Facts::of(ERRCODE_DATATYPE_MISMATCH),
            Self::UnknownCommand(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Commands are select, insert, update and delete."),
            Self::UnknownRelation(_) => Facts::of(ERRCODE_UNDEFINED_TABLE),
            Self::UnknownSchema(_) => Facts::of(ERRCODE_INVALID_SCHEMA_NAME),
            Self::UnknownColumn { .. } => Facts::of(ERRCODE_UNDEFINED_COLUMN),
            Self::UnknownRole(name) => {
                Facts::of(ERRCODE_UNDEFINED_OBJECT).hint(match name.as_str() {
                    "public" => "PUBLIC is no role; name roles that exist.".to_owned(),
                    _ => {
                        format!("CREATE ROLE {} NOLOGIN; or name other roles.", quote::ident(name))
                    }
                })
            }
            Self::NotATable(_) => Facts::of(ERRCODE_WRONG_OBJECT_TYPE).hint(
                "Row security belongs to tables; views and foreign tables have their own means.",
            ),
            Self::NotOwner(_) => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE),
            Self::ColumnGenerated { .. } => {
                Facts::of(ERRCODE_GENERATED_ALWAYS).hint("Name a column that can be written.")
            }
            Self::NoRowsHere => {
                Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED).hint("SELECT * FROM the function.")
            }
            Self::NoColumnsHere => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED)
                .hint("Call it after FROM: rls.memberships(...) AS m(team_id uuid)."),
            Self::NullByte | Self::Json(_) | Self::Spi(_) | Self::Unexpected(_) => {
                Facts::of(ERRCODE_INTERNAL_ERROR)
            }
            Self::At { path, error } => {
                let facts = error.facts();
                let place = format!("In the document at {path}.");
                Facts {
                    detail: Some(match facts.detail {
                        Some(detail) => format!("{detail}\n{place}"),
                        None => place,
                    }),
                    ..facts
                }
            }
            Self::FromServer { code, detail, hint, .. } => {
                Facts { sqlstate: *code, detail: detail.clone(), hint: hint.clone() }
            }
        }
    }
}
