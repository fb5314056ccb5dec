//! Readers put into a schema `auth` that others made.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;
use crate::auth::{Declaration, FUNCTIONS};
use crate::quote;

/// Why a reader is not put there, or not taken back.
#[derive(Debug, Error)]
pub enum ReaderError {
    /// A function for scripts is called elsewhere.
    #[error("rls.create_auth() is called by scripts of the extension alone")]
    NotInAScript,
    /// The caller is no superuser.
    #[error("must be superuser to call {0}")]
    NotSuperuser(&'static str),
    /// There is a way forth and a way back.
    #[error("replace and undo exclude each other")]
    ReplaceAndUndo,
    /// No function of schema auth has this name.
    #[error("rowguard has no function \"{0}\" for schema auth")]
    Unknown(String),
    /// There is no schema to put functions into.
    #[error("schema \"auth\" does not exist")]
    NoSchemaAuth,
    /// Others could put functions of their own in the place of ours.
    #[error("schema \"auth\" is in the hands of a role that is not trusted")]
    SchemaAuthUntrusted {
        /// Its owner; none: everybody may create objects in it.
        owner: Option<String>,
    },
    /// Calls that mean another function today would mean ours.
    #[error("function {function} would stand beside another of its name")]
    Overloaded {
        /// Ours.
        function: String,
        /// The other.
        other: String,
    },
    /// The extension's own schema lacks a function that this library has.
    #[error("function {0} belongs to a later version of the extension")]
    NotThereYet(String),
    /// A dump would not carry the function, and the extension's next upgrade take it back.
    #[error("function {function} belongs to extension \"{extension}\"")]
    OfExtension {
        /// The function.
        function: String,
        /// Whose it is.
        extension: String,
    },
    /// CREATE OR REPLACE cannot change what differs.
    #[error("function {function} cannot be replaced")]
    Differs {
        /// The function.
        function: String,
        /// How it is declared.
        found: String,
        /// How ours is.
        wanted: String,
    },
    /// Something would go with the function.
    #[error("function {function} is in use")]
    InUse {
        /// The function.
        function: String,
        /// What uses it, the first of them.
        users: String,
    },
}

impl ReaderError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::NotInAScript => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
            Self::NotSuperuser(_) => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE),
            Self::ReplaceAndUndo => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE),
            Self::Unknown(_) => {
                let names: Vec<&str> = FUNCTIONS.iter().map(Declaration::bare_name).collect();
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                    .hint(format!("Functions are {}.", names.join(", ")))
            }
            Self::NoSchemaAuth => Facts::of(ERRCODE_INVALID_SCHEMA_NAME).hint(
                "CREATE SCHEMA auth; and call again, or drop and create the extension, which \
                 then makes it.",
            ),
            Self::SchemaAuthUntrusted { owner: Some(owner) } => {
                let owner = quote::ident(owner);
                Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE)
                    .detail(format!(
                        "It is owned by {owner}, who can put other functions in the place of \
                         these and so be anybody in every policy."
                    ))
                    .hint(format!(
                        "ALTER SCHEMA auth OWNER TO a superuser or the database's owner; GRANT \
                         USAGE, CREATE ON SCHEMA auth TO {owner} if it still makes objects \
                         there."
                    ))
            }
            Self::SchemaAuthUntrusted { owner: None } => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE)
                .detail(
                    "PUBLIC may create objects in it, and so functions that calls find before \
                     these.",
                )
                .hint("REVOKE CREATE ON SCHEMA auth FROM PUBLIC;"),
            Self::Overloaded { other, .. } => Facts::of(ERRCODE_DUPLICATE_FUNCTION)
                .detail(format!(
                    "There is {other}: calls that mean it could come to mean rowguard's."
                ))
                .hint("Leave it out: functions => '{...}' names those to adopt."),
            Self::NotThereYet(_) => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
                .hint("ALTER EXTENSION rowguard UPDATE; creates it."),
            Self::OfExtension { .. } => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
                .hint("Leave it out: functions => '{...}' names those to adopt."),
            Self::Differs { found, wanted, .. } => Facts::of(ERRCODE_INVALID_FUNCTION_DEFINITION)
                .detail(format!("It is {found}; rowguard's is {wanted}."))
                .hint("Leave it out: functions => '{...}' names those to adopt."),
            Self::InUse { users, .. } => {
                Facts::of(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST).detail(users).hint(
                    "Let that call something else first, or name those to undo: functions => \
                     '{...}'.",
                )
            }
        }
    }
}
