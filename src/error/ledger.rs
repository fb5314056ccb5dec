//! Ledgers and their tables.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// What is wrong with a ledger, or with the tables that it would be of.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// There is no ledger of this name.
    #[error("ledger \"{0}\" does not exist")]
    Missing(String),
    /// No ledger is named, and there is none.
    #[error("no ledger is registered")]
    NoLedger,
    /// No ledger is named, and there are several.
    #[error("several ledgers are registered")]
    SeveralLedgers,
    /// The name is taken.
    #[error("ledger \"{0}\" already exists")]
    Exists(String),
    /// The name is empty.
    #[error("a ledger needs a name")]
    Name,
    /// No schema can have this name.
    #[error("invalid schema name \"{0}\"")]
    SchemaName(String),
    /// The tables that a new ledger would take are another's.
    #[error("tables of schema \"{schema}\" belong to ledger \"{ledger}\"")]
    TablesOfLedger {
        /// The schema.
        schema: String,
        /// The ledger.
        ledger: String,
    },
    /// The caller may not detach the ledger.
    #[error("must be owner of the tables of ledger \"{0}\"")]
    NotOwner(String),
    /// A table of the ledger has been dropped.
    #[error("a table of ledger \"{0}\" no longer exists")]
    TableGone(String),
    /// The statements found other tables under the old names.
    #[error("tables of ledger \"{0}\" were replaced during the operation")]
    TablesReplaced(String),
    /// Accounts and transfers are one table.
    #[error("accounts and transfers must be two tables")]
    OneTable,
    /// The relation cannot hold money.
    #[error("\"{table}\" is {kind}")]
    WrongKind {
        /// The relation, qualified.
        table: String,
        /// What it is.
        kind: &'static str,
    },
    /// Rules would rewrite our statements.
    #[error("table {0} has rules")]
    HasRules(String),
    /// The two tables belong to two roles.
    #[error("the tables of a ledger must have one owner")]
    TwoOwners {
        /// Whose the accounts are.
        accounts: String,
        /// Whose the transfers are.
        transfers: String,
    },
    /// The column's type does not fit its meaning.
    #[error("column \"{column}\" of table {table} has type {found}")]
    ColumnType {
        /// The table, qualified.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// The types that fit.
        wanted: String,
    },
    /// The ids in the column may repeat.
    #[error("column \"{column}\" of table {table} needs a unique index")]
    NotUnique {
        /// The table, qualified.
        table: String,
        /// The column.
        column: String,
    },
    /// The mapping is no object of column names.
    #[error("{0}")]
    MappingShape(String),
    /// The trigger path is no list of names.
    #[error("invalid trigger_path \"{0}\"")]
    TriggerPathSyntax(String),
    /// A schema of the trigger path does not exist.
    #[error("schema \"{0}\" does not exist")]
    SchemaMissing(String),
    /// Others may create objects in a schema of the trigger path.
    #[error("schema \"{schema}\" is not safe in trigger_path")]
    SchemaOpen {
        /// The schema.
        schema: String,
        /// Who may create there.
        role: String,
    },
    /// Attached tables cannot do this.
    #[error("attached tables do not support {0}")]
    NotBuilt(&'static str),
    /// Somebody else than an operation writes a table of a ledger.
    #[error("permission denied: table {0} is written by operations alone")]
    GuardedTable(String),
    /// A trigger function is called as something else.
    #[error("{0} is for statement triggers")]
    OnlyATrigger(&'static str),
}

impl LedgerError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::Missing(_) => {
                Facts::of(ERRCODE_UNDEFINED_OBJECT).hint("View atomic.ledgers lists the ledgers.")
            }
            Self::NoLedger => Facts::of(ERRCODE_UNDEFINED_OBJECT).hint(
                "Make one by atomic.create_ledger(), or of your own tables by \
                 atomic.attach_ledger().",
            ),
            Self::SeveralLedgers => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Name one: ledger => '...'.")
            }
            Self::Exists(_) => Facts::of(ERRCODE_DUPLICATE_OBJECT)
                .hint("Detach it first by atomic.detach_ledger(), or choose a name."),
            Self::Name | Self::OneTable => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE),
            Self::SchemaName(_) => {
                Facts::of(ERRCODE_INVALID_NAME).hint("Give schema_name: 1 to 63 bytes.")
            }
            Self::TablesOfLedger { .. } => Facts::of(ERRCODE_DUPLICATE_TABLE).hint(
                "Use that ledger, or give another schema_name; atomic.detach_ledger() lets go of \
                 its tables.",
            ),
            Self::NotOwner(_) => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE)
                .hint("Where the tables are gone, members of the ledger's operator may detach it."),
            Self::TableGone(_) => Facts::of(ERRCODE_UNDEFINED_TABLE)
                .hint("Detach the ledger by atomic.detach_ledger()."),
            Self::TablesReplaced(_) => Facts::of(ERRCODE_T_R_SERIALIZATION_FAILURE),
            Self::WrongKind { .. } => Facts::of(ERRCODE_WRONG_OBJECT_TYPE)
                .hint("A ledger needs lasting tables, partitioned or not."),
            Self::HasRules(_) => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED)
                .hint("Rules rewrite statements; use triggers instead."),
            Self::TwoOwners { accounts, transfers, .. } => {
                Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
                    .detail(format!("{accounts}, {transfers}."))
                    .hint(
                        "Operations run with that owner's rights: ALTER TABLE ... OWNER TO one \
                         role.",
                    )
            }
            Self::ColumnType { wanted, .. } => Facts::of(ERRCODE_DATATYPE_MISMATCH)
                .detail(format!("Its meaning needs {wanted}."))
                .hint("Map another column, or change its type."),
            Self::NotUnique { .. } => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE).hint(
                "A primary key or unique index on this column alone, not deferrable and not \
                 partial.",
            ),
            Self::MappingShape(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint(
                "Keys are account_id, balance, owner, transfer_from, transfer_to, \
                 transfer_amount, transfer_id and idempotency_key; values are names of columns.",
            ),
            Self::TriggerPathSyntax(_) => Facts::of(ERRCODE_INVALID_NAME)
                .hint("Write schemas as in search_path: a, \"B\", c."),
            Self::SchemaMissing(_) => Facts::of(ERRCODE_INVALID_SCHEMA_NAME)
                .hint("trigger_path needs existing, lasting schemas."),
            Self::SchemaOpen { role, .. } => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE)
                .detail(format!("{role} may create objects in it."))
                .hint(
                    "Triggers would run what others put there with the owner's rights: REVOKE \
                     CREATE ON SCHEMA, or leave the schema out and qualify names in the \
                     triggers.",
                ),
            Self::NotBuilt(_) => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED)
                .hint("Leave it out, or use a ledger of atomic.create_ledger()."),
            Self::GuardedTable(_) => Facts::of(ERRCODE_INSUFFICIENT_PRIVILEGE).hint(
                "Money moves by atomic.transfer_funds() and the like; what was written stays, \
                 and is undone by atomic.reverse_transfer().",
            ),
            Self::OnlyATrigger(_) => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED),
        }
    }
}
