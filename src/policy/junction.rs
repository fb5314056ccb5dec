//! A table of memberships as generators see it: checked, and turned into the conditions of policies.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys;

use super::expression;
use super::identity::type_name;
use super::membership::{Key, Membership};
use super::target::Target;
use crate::catalog::row::select;
use crate::catalog::{Column, Table};
use crate::error::{Error, MembershipError};
use crate::quote;

/// How deep a tree may be followed.
const DEPTHS: std::ops::RangeInclusive<i32> = 0..=1000;

/// A junction that was found to be one.
pub struct Junction {
    /// What is read, the condition as the server prints it.
    pub membership: Membership,
    /// The table.
    pub table: Table,
    /// Its columns that say of what, and what they are compared as.
    pub keys: Vec<(Column, Key)>,
    /// Its column that says who.
    pub user: Column,
    /// Its column that says in which role.
    pub role: Option<Column>,
    /// The nodes below, where there are.
    pub tree: Option<Nodes>,
}

/// A table of nodes that was found to be one.
pub struct Nodes {
    /// The table.
    pub table: Table,
    /// Its column of the node.
    pub id: Column,
    /// Its column of the node above.
    pub parent: Column,
    /// What nodes are compared as, here and in the junction.
    pub key: Key,
}

/// Checks what is to be read: the tables exist and are the caller's, the columns are there and of
/// types that can be compared, and the condition is one expression.
pub fn check(membership: &Membership) -> Result<Junction, Error> {
    let members = Target::read(membership.members)?;
    if membership.columns.is_empty() {
        return Err(Error::EmptyList("member_columns"));
    }
    let keys =
        membership.columns.iter().map(|name| key(&members, name)).collect::<Result<Vec<_>, _>>()?;
    let (user, _) = key(&members, &membership.user)?;
    let role = membership.role.as_deref().map(|name| role_column(&members, name)).transpose()?;
    let active_when = match &membership.active_when {
        // Twice: what is printed once may be printed in other words again, and the words count.
        Some(text) => {
            let printed = expression::condition(membership.members, text, "active_when")?;
            Some(expression::condition(membership.members, &printed, "active_when")?)
        }
        None => None,
    };
    let tree = match &membership.tree {
        None => None,
        Some(tree) => {
            if !DEPTHS.contains(&tree.max_depth) {
                return Err(MembershipError::BadDepth(tree.max_depth).into());
            }
            let nodes = Target::read(tree.table)?;
            if nodes.table.owner != members.table.owner {
                return Err(MembershipError::TwoOwners {
                    members: members.table.qualified(),
                    tree: nodes.table.qualified(),
                }
                .into());
            }
            let (id, id_key) = key(&nodes, &tree.id)?;
            let (parent, parent_key) = key(&nodes, &tree.parent)?;
            let below =
                comparable(&nodes.table, (&id, id_key), &nodes.table, (&parent, parent_key))?;
            let [(node, node_key)] = keys.as_slice() else {
                return Err(MembershipError::CompositeNode.into());
            };
            let key = comparable(&members.table, (node, *node_key), &nodes.table, (&id, below))?;
            Some(Nodes { table: nodes.table, id, parent, key })
        }
    };
    let membership = Membership { active_when, ..membership.clone() };
    Ok(Junction { membership, table: members.table, keys, user, role, tree })
}

fn key(target: &Target, name: &str) -> Result<(Column, Key), Error> {
    let column = target.column(name)?.clone();
    let key = Key::of(column.type_oid).ok_or_else(|| MembershipError::NotAKeyColumn {
        relation: target.table.qualified(),
        column: column.name.clone(),
        found: type_name(column.type_oid),
    })?;
    Ok((column, key))
}

/// What two columns are compared as; 42804 where they cannot be.
fn comparable(
    one_table: &Table,
    (one, one_key): (&Column, Key),
    other_table: &Table,
    (other, other_key): (&Column, Key),
) -> Result<Key, MembershipError> {
    one_key.common(other_key).ok_or_else(|| MembershipError::KeysDiffer {
        one: format!("{}.{}", one_table.qualified(), quote::ident(&one.name)),
        one_type: type_name(one.type_oid),
        other: format!("{}.{}", other_table.qualified(), quote::ident(&other.name)),
        other_type: type_name(other.type_oid),
    })
}

/// A column of roles: text, varchar or an enum.
fn role_column(members: &Target, name: &str) -> Result<Column, Error> {
    let column = members.column(name)?;
    // SAFETY: look-ups of a type id.
    let fits = unsafe {
        let base = pg_sys::getBaseType(column.type_oid);
        matches!(base, pg_sys::TEXTOID | pg_sys::VARCHAROID) || pg_sys::type_is_enum(base)
    };
    if !fits {
        return Err(MembershipError::NotARoleColumn {
            relation: members.table.qualified(),
            column: column.name.clone(),
            found: type_name(column.type_oid),
        }
        .into());
    }
    Ok(column.clone())
}

/// Where a policy asks for memberships.
pub enum Source {
    /// `rls.memberships()`.
    Native,
    /// A generated function, by its name.
    Function(String),
}

impl Junction {
    /// What is returned of a junction column.
    pub fn returned(&self, key: Key) -> Key {
        self.tree.as_ref().map_or(key, |tree| tree.key)
    }

    /// Refuses a role that the column cannot hold: misspelt, it would admit nobody and say nothing.
    pub fn check_roles(
        &self,
        roles: Option<&[String]>,
        argument: &'static str,
    ) -> Result<(), Error> {
        let Some(roles) = roles else { return Ok(()) };
        if roles.is_empty() {
            return Err(Error::EmptyList(argument));
        }
        let Some(column) = &self.role else {
            return Err(MembershipError::RolesWithoutColumn.into());
        };
        // SAFETY: look-ups of a type id.
        let base = unsafe { pg_sys::getBaseType(column.type_oid) };
        // SAFETY: as above.
        if !unsafe { pg_sys::type_is_enum(base) } {
            return Ok(());
        }
        let labels: Vec<String> = select(
            "SELECT e.enumlabel::pg_catalog.text FROM pg_catalog.pg_enum e
              WHERE e.enumtypid OPERATOR(pg_catalog.=) $1",
            &[DatumWithOid::from(base)],
            |row| row.required(1),
        )?;
        match roles.iter().find(|role| !labels.contains(role)) {
            Some(role) => Err(MembershipError::UnknownMemberRole {
                role: role.clone(),
                found: type_name(column.type_oid),
            }
            .into()),
            None => Ok(()),
        }
    }

    /// The columns by which rows are found, with their tables.
    pub fn lookups(&self) -> Vec<(&Table, &Column)> {
        let tree = self.tree.as_ref().map(|tree| (&tree.table, &tree.parent));
        [Some((&self.table, &self.user)), tree].into_iter().flatten().collect()
    }

    /// Whether columns of the protected table can be compared with those of the junction.
    pub fn fits(&self, target: &Target, columns: &[&Column]) -> Result<(), Error> {
        if columns.len() != self.keys.len() {
            return Err(MembershipError::KeyLengths {
                columns: columns.len(),
                members: self.keys.len(),
            }
            .into());
        }
        for (column, (member, member_key)) in columns.iter().zip(&self.keys) {
            let (_, own) = key(target, &column.name)?;
            comparable(&target.table, (column, own), &self.table, (member, *member_key))?;
        }
        Ok(())
    }

    /// The condition on rows of the protected table, by its columns.
    pub fn condition(&self, own: &[String], roles: Option<&[String]>, source: &Source) -> String {
        let names: Vec<String> =
            self.keys.iter().map(|(column, _)| quote::ident(&column.name)).collect();
        let source = match source {
            Source::Native => {
                let columns: Vec<String> = self
                    .keys
                    .iter()
                    .zip(&names)
                    .map(|((_, key), name)| format!("{name} {}", self.returned(*key).sql()))
                    .collect();
                format!(
                    "rls.memberships({}) AS m({})",
                    self.membership.arguments(roles),
                    columns.join(", ")
                )
            }
            Source::Function(function) => {
                let roles = match (&self.role, roles) {
                    (None, _) => String::new(),
                    (Some(_), None) => "NULL".to_owned(),
                    (Some(_), Some(roles)) => quote::array(roles),
                };
                format!("{function}({roles}) AS m")
            }
        };
        let own: Vec<String> = own.iter().map(|name| quote::ident(name)).collect();
        // Each column by itself, so that an index serves; where there are several, the pairs that
        // this lets through and that are none are then left out.
        let mut terms: Vec<String> = own
            .iter()
            .zip(&names)
            .map(|(own, name)| format!("{own} = ANY (ARRAY(SELECT m.{name} FROM {source}))"))
            .collect();
        if own.len() > 1 {
            let names: Vec<String> = names.iter().map(|name| format!("m.{name}")).collect();
            terms.push(format!(
                "({}) IN (SELECT {} FROM {source})",
                own.join(", "),
                names.join(", ")
            ));
        }
        terms.join("\n    AND ")
    }

    /// What the rows are, for people.
    pub fn rows(&self, own: &[String], roles: Option<&[String]>) -> String {
        let columns: Vec<String> = own.iter().map(|name| quote::ident(name)).collect();
        let columns = columns.join(", ");
        let columns = if own.len() > 1 { format!("({columns})") } else { columns };
        let mut text = format!("{columns} is the caller's in {}", self.membership.describe());
        if let Some(roles) = roles {
            text.push_str(&format!(" as {}", roles.join(" or ")));
        }
        text
    }
}
