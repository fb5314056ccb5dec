//! What is read of a table of memberships: a table that says which users belong to what. The same
//! words stand in the policies that ask and in the registration that permits it.

use pgrx::pg_sys::{self, Oid};
use serde::Deserialize;

use crate::catalog::table;
use crate::quote;

/// Which columns of which table say what the caller is a member of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The table.
    pub members: Oid,
    /// Its columns that say of what, in the order of the protected table's.
    pub columns: Vec<String>,
    /// Its column that says who.
    pub user: String,
    /// Its column that says in which role, if any.
    pub role: Option<String>,
    /// A condition on its rows, if any.
    pub active_when: Option<String>,
    /// Where a membership of a node is one of all nodes below it.
    pub tree: Option<Tree>,
}

/// A table of nodes, each of which names the one above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The table.
    pub table: Oid,
    /// Its column of the node.
    pub id: String,
    /// Its column of the node above.
    pub parent: String,
    /// How many levels are followed.
    pub max_depth: i32,
}

impl Membership {
    /// For people: `app.team_members (team_id by user_id)`.
    pub fn describe(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|name| quote::ident(name)).collect();
        let mut text = format!(
            "{} ({} by {})",
            name_of(self.members),
            columns.join(", "),
            quote::ident(&self.user)
        );
        if let Some(tree) = &self.tree {
            text.push_str(&format!(" and below in {}", name_of(tree.table)));
        }
        text
    }

    /// The arguments of `rls.memberships()`, with these roles.
    pub fn arguments(&self, roles: Option<&[String]>) -> String {
        let mut arguments = vec![
            quote::literal(&name_of(self.members)),
            quote::array(&self.columns),
            quote::literal(&self.user),
        ];
        let mut add = |name: &str, value: Option<String>| {
            arguments.extend(value.map(|value| format!("{name} => {value}")));
        };
        let literal = |value: &Option<String>| value.as_deref().map(quote::literal);
        add("role_column", literal(&self.role));
        add("roles", roles.map(quote::array));
        add("active_when", literal(&self.active_when));
        if let Some(tree) = &self.tree {
            add("tree", Some(quote::literal(&name_of(tree.table))));
            add("tree_id_column", Some(quote::literal(&tree.id)));
            add("tree_parent_column", Some(quote::literal(&tree.parent)));
            add("max_depth", Some(tree.max_depth.to_string()));
        }
        arguments.join(", ")
    }

    /// The columns by which rows are found, with their tables.
    pub fn lookups(&self) -> Vec<(Oid, String)> {
        let tree = self.tree.as_ref().map(|tree| (tree.table, tree.parent.clone()));
        [Some((self.members, self.user.clone())), tree].into_iter().flatten().collect()
    }

    /// The tables that are read.
    pub fn tables(&self) -> Vec<Oid> {
        [Some(self.members), self.tree.as_ref().map(|tree| tree.table)]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// The name of a table for people, whether it is still there or not.
pub fn name_of(relation: Oid) -> String {
    table::name_of(relation).unwrap_or_else(|| relation.to_u32().to_string())
}

/// What a key or a user is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// uuid
    Uuid,
    /// text, varchar
    Text,
    /// bigint
    Bigint,
    /// integer
    Integer,
}

impl Key {
    /// Of a column of this type, or of a domain over it; none for another.
    pub fn of(type_oid: Oid) -> Option<Self> {
        // SAFETY: a catalog look-up of a type id.
        match unsafe { pg_sys::getBaseType(type_oid) } {
            pg_sys::UUIDOID => Some(Self::Uuid),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Some(Self::Text),
            pg_sys::INT8OID => Some(Self::Bigint),
            pg_sys::INT4OID => Some(Self::Integer),
            _ => None,
        }
    }

    /// The type, as SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Bigint => "bigint",
            Self::Integer => "integer",
        }
    }

    /// The type, as SQL that no search path changes.
    pub fn qualified(self) -> &'static str {
        match self {
            Self::Uuid => "pg_catalog.uuid",
            Self::Text => "pg_catalog.text",
            Self::Bigint => "pg_catalog.int8",
            Self::Integer => "pg_catalog.int4",
        }
    }

    /// The collation in which values that meet in a tree become one column: the columns that they
    /// come from may each have another.
    pub fn collate(self) -> &'static str {
        match self {
            Self::Text => " COLLATE pg_catalog.\"default\"",
            Self::Uuid | Self::Bigint | Self::Integer => "",
        }
    }

    /// What values of both become, where they can be compared.
    pub fn common(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, other) if one == other => Some(one),
            (Self::Bigint | Self::Integer, Self::Bigint | Self::Integer) => Some(Self::Bigint),
            _ => None,
        }
    }
}

/// A name, or several in an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Names {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Names {
    /// As a list.
    pub fn to_vec(&self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name.clone()],
            Self::Several(names) => names.clone(),
        }
    }
}
