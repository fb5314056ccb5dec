//! Memberships: tables that say who belongs to what.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// Why memberships are not read, or a policy not built on them.
#[derive(Debug, Error)]
pub enum MembershipError {
    /// Nobody permitted to read these memberships in these words.
    #[error("memberships in {0} are not registered")]
    NotRegistered(String),
    /// The junction is another role's than it was.
    #[error("table {table} has another owner than when its memberships were registered")]
    ChangedHands {
        /// The junction, or the tree.
        table: String,
        /// Whose it was.
        registered: String,
        /// Whose it is.
        found: String,
    },
    /// Memberships are registered for a set of the name, and the set is another generator's.
    #[error("memberships of set \"{0}\" exist and are not managed by this call")]
    NotOurs(String),
    /// The statement found another table under the junction's name.
    #[error("a table was replaced while memberships in {0} were read")]
    Replaced(String),
    /// The columns that a call wants are not those that there are.
    #[error("memberships in {0} have columns of other types than asked for")]
    Columns(String),
    /// The column's values cannot be keys.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold a key")]
    NotAKeyColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// The column's values cannot be roles.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold a role")]
    NotARoleColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// Two columns that are to hold the same keys do not.
    #[error("columns {one} and {other} cannot be compared")]
    KeysDiffer {
        /// One, qualified.
        one: String,
        /// Its type.
        one_type: String,
        /// The other, qualified.
        other: String,
        /// Its type.
        other_type: String,
    },
    /// Two keys of different length.
    #[error("{columns} columns of the table stand against {members} of the members")]
    KeyLengths {
        /// Columns of the protected table.
        columns: usize,
        /// Columns of the junction.
        members: usize,
    },
    /// A tree's node is one column.
    #[error("a node of a tree is one column")]
    CompositeNode,
    /// Roles are named, and no column says them.
    #[error("roles need a column of roles")]
    RolesWithoutColumn,
    /// The column of roles cannot hold this one.
    #[error("\"{role}\" is no value of type {found}")]
    UnknownMemberRole {
        /// The role.
        role: String,
        /// The enum.
        found: String,
    },
    /// A depth out of range.
    #[error("max_depth {0} is out of range")]
    BadDepth(i32),
    /// Members and tree belong to two roles.
    #[error("tables {members} and {tree} must have one owner")]
    TwoOwners {
        /// The junction.
        members: String,
        /// The tree.
        tree: String,
    },
    /// A function with its owner's rights would be bound by the junction's row security.
    #[error("row security of table {0} is forced")]
    ForcedJunction(String),
    /// A document of levels cannot be understood.
    #[error("invalid levels: {path} {problem}")]
    Levels {
        /// Where, as `levels[0].members`.
        path: String,
        /// What is wrong there.
        problem: String,
    },
}

impl MembershipError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::NotRegistered(_) => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE).hint(
                "The owner of the table permits it by calling the generator again, or \
                 rls.register_memberships().",
            ),
            Self::ChangedHands { registered, found, .. } => {
                Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
                    .detail(format!("It was {registered}'s, and is {found}'s."))
                    .hint(
                        "Its new owner permits it by calling the generator again, as owner of \
                         the protected table, too.",
                    )
            }
            Self::NotOurs(_) => Facts::of(ERRCODE_DUPLICATE_OBJECT).hint(
                "What another generator made is never touched: give another name, or revert that \
                 set first.",
            ),
            Self::Replaced(_) => {
                Facts::of(ERRCODE_T_R_SERIALIZATION_FAILURE).hint("Run the statement again.")
            }
            Self::Columns(_) => Facts::of(ERRCODE_DATATYPE_MISMATCH),
            Self::NotAKeyColumn { found, .. } => Facts::of(ERRCODE_DATATYPE_MISMATCH)
                .detail(format!("Its type is {found}."))
                .hint("Keys are of type uuid, text, varchar, bigint or integer."),
            Self::NotARoleColumn { found, .. } => Facts::of(ERRCODE_DATATYPE_MISMATCH)
                .detail(format!("Its type is {found}."))
                .hint("Roles are of type text or varchar, or of an enum."),
            Self::KeysDiffer { one_type, other_type, .. } => Facts::of(ERRCODE_DATATYPE_MISMATCH)
                .detail(format!("Their types are {one_type} and {other_type}.")),
            Self::KeyLengths { .. } | Self::CompositeNode => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
            }
            Self::RolesWithoutColumn => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Name the column of the members that holds a user's role."),
            Self::UnknownMemberRole { .. } => Facts::of(ERRCODE_INVALID_TEXT_REPRESENTATION),
            Self::BadDepth(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Depths are 0 to 1000.")
            }
            Self::TwoOwners { .. } => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
                .hint("Both are read with that owner's rights: ALTER TABLE ... OWNER TO one role."),
            Self::ForcedJunction(_) => Facts::of(ERRCODE_FEATURE_NOT_SUPPORTED).hint(
                "A function could read it only for an owner with BYPASSRLS; here, without \
                 standalone, it can be read.",
            ),
            Self::Levels { .. } => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint(
                "Give an array of objects, outermost first: [{\"column\": \"org_id\", \
                 \"members\": \"org_members\", \"members_column\": \"org_id\", \
                 \"members_user_column\": \"user_id\"}].",
            ),
        }
    }
}
