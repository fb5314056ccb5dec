//! What may be read for whom: our private table `rls.membership_registry`. A junction stands in it
//! by its owner's word alone, with the columns that were meant.

use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Oid};

use super::membership::{Membership, Tree};
use crate::arguments::texts;
use crate::error::Error;
use crate::operation::failure::Failure;
use crate::operation::private_table::{PrivateTable, Row};
use crate::operation::statement::Statement;
use crate::run_as::{PRIVATE_PATH, RunAs};

const TABLE: PrivateTable = PrivateTable {
    schema: c"rls",
    name: c"membership_registry",
    columns: 14,
    defect: "rls.membership_registry is missing or has other columns",
};

/// One registration.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The table whose policies ask.
    pub tbl: Oid,
    /// The name of their set.
    pub name: String,
    /// The generator that made the set.
    pub template: String,
    /// Whose the junction was; it is read as him, and only while it is his.
    pub owner: Oid,
    /// What is read.
    pub membership: Membership,
    number: i32,
}

impl Registration {
    /// A new one.
    pub fn new(tbl: Oid, name: String, template: String, owner: Oid, what: Membership) -> Self {
        Self { tbl, name, template, owner, membership: what, number: 0 }
    }

    /// Whether both permit the same to the same set.
    pub fn same(&self, other: &Self) -> bool {
        self.tbl == other.tbl
            && self.name == other.name
            && self.template == other.template
            && self.owner == other.owner
            && self.membership == other.membership
    }

    fn read(row: &Row) -> Result<Self, Error> {
        let tree = match row.get(11) {
            None => None,
            Some(table) => Some(Tree {
                table,
                id: row.need(12)?,
                parent: row.need(13)?,
                max_depth: row.need(14)?,
            }),
        };
        Ok(Self {
            tbl: row.need(2)?,
            name: row.need(3)?,
            number: row.need(4)?,
            template: row.need(5)?,
            owner: row.need(6)?,
            membership: Membership {
                members: row.need(1)?,
                columns: texts(row.get(7), "member_columns")?,
                user: row.need(8)?,
                role: row.get(9),
                active_when: row.get(10),
                tree,
            },
        })
    }
}

/// The registrations of a junction.
pub fn of_members(members: Oid) -> Result<Vec<Registration>, Error> {
    TABLE.rows(Some(members))?.iter().map(Registration::read).collect()
}

/// All registrations, by table, set and the order in which they were made.
pub fn all() -> Result<Vec<Registration>, Error> {
    let mut all: Vec<Registration> =
        TABLE.rows(None)?.iter().map(Registration::read).collect::<Result<_, _>>()?;
    all.sort_by(|one, other| {
        (one.tbl.to_u32(), &one.name, one.number).cmp(&(
            other.tbl.to_u32(),
            &other.name,
            other.number,
        ))
    });
    Ok(all)
}

/// Registers; whoever calls has checked everything. Needs an open connection.
pub fn insert(new: &Registration) -> Result<(), Failure> {
    let what = &new.membership;
    let tree = what.tree.as_ref();
    let _owner = RunAs::begin(TABLE.owner()?, PRIVATE_PATH);
    Statement::prepare(
        "INSERT INTO rls.membership_registry \
         (members, tbl, name, number, template, owner, member_columns, user_column, role_column, \
          active_when, tree, tree_id_column, tree_parent_column, max_depth) \
         SELECT $1, $2, $3, coalesce(pg_catalog.max(r.number), 0) OPERATOR(pg_catalog.+) 1, \
                $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 \
         FROM rls.membership_registry AS r \
         WHERE r.tbl OPERATOR(pg_catalog.=) $2 AND r.name OPERATOR(pg_catalog.=) $3",
        &[
            pg_sys::REGCLASSOID,
            pg_sys::REGCLASSOID,
            pg_sys::TEXTOID,
            pg_sys::TEXTOID,
            pg_sys::REGROLEOID,
            pg_sys::TEXTARRAYOID,
            pg_sys::TEXTOID,
            pg_sys::TEXTOID,
            pg_sys::TEXTOID,
            pg_sys::REGCLASSOID,
            pg_sys::TEXTOID,
            pg_sys::TEXTOID,
            pg_sys::INT4OID,
        ],
    )?
    .run([
        what.members.into_datum(),
        new.tbl.into_datum(),
        new.name.as_str().into_datum(),
        new.template.as_str().into_datum(),
        new.owner.into_datum(),
        what.columns.clone().into_datum(),
        what.user.as_str().into_datum(),
        what.role.as_deref().into_datum(),
        what.active_when.as_deref().into_datum(),
        tree.and_then(|tree| tree.table.into_datum()),
        tree.and_then(|tree| tree.id.as_str().into_datum()),
        tree.and_then(|tree| tree.parent.as_str().into_datum()),
        tree.and_then(|tree| tree.max_depth.into_datum()),
    ])?;
    Ok(())
}

/// Forgets the registrations of a set, and those of tables that are gone. Needs an open connection.
pub fn delete(tbl: Oid, name: &str) -> Result<(), Failure> {
    let _owner = RunAs::begin(TABLE.owner()?, PRIVATE_PATH);
    Statement::prepare(
        "DELETE FROM rls.membership_registry AS r \
         WHERE (r.tbl OPERATOR(pg_catalog.=) $1 AND r.name OPERATOR(pg_catalog.=) $2) \
         OR NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) r.tbl) \
         OR NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) r.members)",
        &[pg_sys::REGCLASSOID, pg_sys::TEXTOID],
    )?
    .run([tbl.into_datum(), name.into_datum()])?;
    Ok(())
}
