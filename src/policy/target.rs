//! The table that policies are written for, checked before anything is planned.

use pgrx::pg_sys::{self, Oid};

use crate::catalog::{Column, Kind, Table, table};
use crate::error::Error;

/// A table that may have policies and that the caller owns.
pub struct Target {
    /// The table.
    pub table: Table,
}

impl Target {
    /// Reads and checks the table: 42P01 when there is none, 42809 when it is no table or a
    /// temporary one, 42501 when it is a system catalog or the caller does not own it.
    pub fn read(relation: Oid) -> Result<Self, Error> {
        let table = table::by_oid(relation)?.ok_or(Error::UnknownRelation(relation))?;
        if !matches!(table.kind, Kind::Table | Kind::Partitioned) {
            return Err(Error::NotATable(table.qualified()));
        }
        if table.temporary {
            return Err(Error::TemporaryTable(table.name));
        }
        // The server's own test: initdb gives catalogs the ids below this one.
        if relation.to_u32() < pg_sys::FirstNormalObjectId {
            return Err(Error::SystemCatalog(table.qualified()));
        }
        // SAFETY: a catalog look-up of two role ids.
        if !unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), table.owner) } {
            return Err(Error::NotOwner(table.qualified()));
        }
        Ok(Self { table })
    }

    /// The column of this name; 42703 when there is none.
    pub fn column(&self, name: &str) -> Result<&Column, Error> {
        self.table.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            Error::UnknownColumn { relation: self.table.qualified(), column: name.to_owned() }
        })
    }
}
