//! Every error rowguard raises: one enum, and one conversion into the server's report.
//!
//! A variant's message is the primary message (one line, lower case, no period, no secret); the
//! SQLSTATE, the DETAIL (facts) and the HINT (what to do) stand in the three methods below it.

use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use crate::auth::{Defect, MAX_DEPTH};
use crate::quote;

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

    // Policies.
    /// There is no relation of this id.
    #[error("relation with OID {0} does not exist")]
    UnknownRelation(Oid),
    /// A table is needed, and the relation is something else.
    #[error("\"{0}\" is not a table")]
    NotATable(String),
    /// Policies are not written for tables that end with the session.
    #[error("\"{0}\" is a temporary table")]
    TemporaryTable(String),
    /// Policies are not written for the server's own tables.
    #[error("permission denied: \"{0}\" is a system catalog")]
    SystemCatalog(String),
    /// The caller does not own the table.
    #[error("must be owner of table {0}")]
    NotOwner(String),
    /// The relation has no column of this name.
    #[error("column \"{column}\" of relation \"{relation}\" does not exist")]
    UnknownColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
    },
    /// The column cannot be compared with the caller's identity.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold the caller's uuid")]
    NotAnIdentityColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// There is no role of this name.
    #[error("role \"{0}\" does not exist")]
    UnknownRole(String),
    /// No command that a policy can be for.
    #[error("unknown command \"{0}\"")]
    UnknownCommand(String),
    /// A list that needs an element has none.
    #[error("argument \"{0}\" must not be empty")]
    EmptyList(&'static str),
    /// A name that needs a character has none.
    #[error("argument \"{0}\" must not be an empty name")]
    EmptyName(&'static str),
    /// A policy of the name that is wanted exists, and is somebody else's.
    #[error("policy {0} exists and is not managed by this call")]
    PolicyNotOurs(String),

    // Shared.
    /// Text with a null byte, which the server cannot hold.
    #[error("text with a null byte")]
    NullByte,
    /// A value of ours cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An argument that needs a value is NULL.
    #[error("argument \"{0}\" must not be null")]
    NullArgument(&'static str),
    /// An array argument holds a NULL.
    #[error("argument \"{0}\" must not hold a null")]
    NullElement(&'static str),
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
            Self::UnknownRelation(_) => ERRCODE_UNDEFINED_TABLE,
            Self::NotATable(_) | Self::TemporaryTable(_) => ERRCODE_WRONG_OBJECT_TYPE,
            Self::SystemCatalog(_) | Self::NotOwner(_) => ERRCODE_INSUFFICIENT_PRIVILEGE,
            Self::UnknownColumn { .. } => ERRCODE_UNDEFINED_COLUMN,
            Self::NotAnIdentityColumn { .. } => ERRCODE_DATATYPE_MISMATCH,
            Self::UnknownRole(_) => ERRCODE_UNDEFINED_OBJECT,
            Self::UnknownCommand(_) | Self::EmptyList(_) => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::EmptyName(_) => ERRCODE_INVALID_NAME,
            Self::PolicyNotOurs(_) => ERRCODE_DUPLICATE_OBJECT,
            Self::NullArgument(_) | Self::NullElement(_) => ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Self::NullByte
            | Self::Json(_)
            | Self::Spi(_)
            | Self::CatalogNull { .. }
            | Self::UnknownPrivilege(_) => ERRCODE_INTERNAL_ERROR,
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
            Self::NotAnIdentityColumn { found, .. } => Some(format!("Its type is {found}.")),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Claims(_) => {
                "The gateway sets request.jwt.claims to the JSON object of verified claims, for each transaction."
            }
            Self::SubjectNoUuid => {
                "Policies compare uuid columns with auth.uid(); the identity provider must issue a uuid as subject."
            }
            Self::NotATable(_) => {
                "Row security belongs to tables; views and foreign tables have their own means."
            }
            Self::NotAnIdentityColumn { .. } => "Name the column that holds the user's uuid.",
            Self::UnknownRole(name) => {
                return Some(format!(
                    "CREATE ROLE {} NOLOGIN; or name other roles.",
                    quote::ident(name)
                ));
            }
            Self::UnknownCommand(_) => "Commands are select, insert, update and delete.",
            Self::PolicyNotOurs(_) => {
                "Policies made by hand or by another generator are never touched: give another name, or drop or rename the policy."
            }
            _ => return None,
        };
        Some(hint.to_owned())
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
