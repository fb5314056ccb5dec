//! Policies, written by generators.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// Why a set of policies is not written.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// Policies are not written for tables that end with the session.
    #[error("\"{0}\" is a temporary table")]
    TemporaryTable(String),
    /// Policies are not written for the server's own tables.
    #[error("permission denied: \"{0}\" is a system catalog")]
    SystemCatalog(String),
    /// A view is needed, and the relation is something else.
    #[error("\"{0}\" is not a view")]
    NotAView(String),
    /// Other tables inherit from the table.
    #[error("table {table} has tables that inherit from it")]
    Inherited {
        /// The table, qualified.
        table: String,
        /// The first of them.
        inheritor: String,
    },
    /// The column cannot be compared with the caller's identity.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold the caller's identity")]
    NotAnIdentityColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// The column holds no time.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold the time")]
    NotATimeColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// Schema `auth` is somebody else's, and lacks a reader.
    #[error("function {0} does not exist")]
    ReaderMissing(String),
    /// A condition that is more than one expression.
    #[error("argument \"{0}\" must be one expression")]
    NotOneExpression(&'static str),
    /// A condition calls a function that a server without rowguard lacks.
    #[error("function {0} is rowguard's, and the other server has none")]
    NotPortable(String),
    /// No level of the claim `aal`.
    #[error("unknown assurance level \"{0}\"")]
    UnknownAssuranceLevel(String),
    /// No rule of a column guard.
    #[error("unknown rule \"{0}\" for columns")]
    UnknownGuardRule(String),
    /// The owner's column means nothing for this rule.
    #[error("rule {0} takes no owner_column")]
    OwnerColumnUnused(String),
    /// A name that needs a character has none.
    #[error("argument \"{0}\" must not be an empty name")]
    EmptyName(&'static str),
    /// No way to make an index.
    #[error("unknown value \"{0}\" for index_concurrently")]
    UnknownIndexMode(String),
    /// One column is named, and several others in its place.
    #[error("column \"{0}\" is none of owner_columns")]
    OwnerColumnLeftOut(String),
    /// SQL for another server is to be run here.
    #[error("standalone SQL is not run here")]
    StandaloneRuns,
    /// The table has no set of this name.
    #[error("table {table} has no generated set \"{name}\"")]
    NoSuchSet {
        /// The table, qualified.
        table: String,
        /// What was asked for.
        name: String,
    },
    /// A policy was edited since it was generated.
    #[error("policy {object} was edited since it was generated")]
    PolicyEdited {
        /// The policy.
        object: String,
        /// Its clauses as generated.
        generated: String,
        /// Its clauses as they are.
        found: String,
    },
    /// A function was edited since it was generated.
    #[error("function {0} was edited since it was generated")]
    FunctionEdited(String),
    /// A trigger was edited since it was generated.
    #[error("trigger {0} was edited since it was generated")]
    TriggerEdited(String),
    /// A function of the name that is wanted exists, and is somebody else's.
    #[error("function {0} exists and is not managed by this call")]
    FunctionNotOurs(String),
    /// A trigger of the name that is wanted exists, and is somebody else's.
    #[error("trigger {0} exists and is not managed by this call")]
    TriggerNotOurs(String),
    /// A policy of the name that is wanted exists, and is somebody else's.
    #[error("policy {0} exists and is not managed by this call")]
    PolicyNotOurs(String),
}

impl PolicyError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::TemporaryTable(_) => Facts::of(ERRCODE_WRONG_OBJECT_TYPE),
            Self::SystemCatalog(_) => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE),
            Self::NotAView(_) => Facts::of(ERRCODE_WRONG_OBJECT_TYPE).hint(
                "Materialized views and foreign tables show everything to whoever may read them: \
                 REVOKE SELECT, and grant it on a view with conditions.",
            ),
            Self::Inherited { inheritor, .. } => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED)
                .detail(format!("Triggers do not fire for the rows of {inheritor}."))
                .hint("Partition the table instead, or ALTER TABLE ... NO INHERIT."),
            Self::NotAnIdentityColumn { found, .. } => Facts::of(ERRCODE_DATATYPE_MISMATCH)
                .detail(format!("Its type is {found}."))
                .hint("Name the column that holds the user's id: uuid, text, bigint or integer."),
            Self::NotATimeColumn { found, .. } => Facts::of(ERRCODE_DATATYPE_MISMATCH)
                .detail(format!("Its type is {found}."))
                .hint("Name a column of type timestamptz or timestamp."),
            Self::ReaderMissing(_) => Facts::of(ERRCODE_UNDEFINED_FUNCTION).hint(
                "Schema auth was there before this extension: rls.adopt_auth() adds what it \
                 lacks.",
            ),
            Self::NotOneExpression(_) => Facts::of(ERRCODE_SYNTAX_ERROR),
            Self::NotPortable(_) => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED)
                .hint("Ask who is asking by auth.uid() and auth.jwt(), as in (SELECT auth.uid())."),
            Self::UnknownAssuranceLevel(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Levels are aal1, aal2 and aal3.")
            }
            Self::UnknownGuardRule(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Rules are immutable, set_once and owner_only."),
            Self::OwnerColumnUnused(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("It belongs to rule owner_only.")
            }
            Self::EmptyName(_) => Facts::of(ERRCODE_INVALID_NAME),
            Self::UnknownIndexMode(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Give 'print', or leave it out.")
            }
            Self::OwnerColumnLeftOut(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Name all columns in owner_columns, and leave owner_column out."),
            Self::StandaloneRuns => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Add dry_run => true: it is SQL for another server."),
            Self::NoSuchSet { .. } => {
                Facts::of(ERRCODE_UNDEFINED_OBJECT).hint("View rls.managed lists the sets.")
            }
            Self::PolicyEdited { generated, found, .. } => {
                Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
                    .detail(format!("Generated: {generated}\nFound: {found}"))
                    .hint(
                        "overwrite => true replaces it; rls.drift() lists everything that was \
                         edited.",
                    )
            }
            Self::FunctionEdited(_) | Self::TriggerEdited(_) => Facts::of(
                ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            )
            .hint("overwrite => true replaces it; rls.drift() lists everything that was edited."),
            Self::FunctionNotOurs(_) | Self::TriggerNotOurs(_) => {
                Facts::of(ERRCODE_DUPLICATE_OBJECT).hint(
                    "What was made by hand or by another generator is never touched: give \
                     another name, or drop or rename the object.",
                )
            }
            Self::PolicyNotOurs(_) => Facts::of(ERRCODE_DUPLICATE_OBJECT).hint(
                "Policies made by hand or by another generator are never touched: give another \
                 name, or drop or rename the policy.",
            ),
        }
    }
}
