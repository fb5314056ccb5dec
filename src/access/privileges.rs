//! What a role may do with a relation, policies aside.

use pgrx::pg_sys::{self, Oid};

use super::identity::Identity;
use super::matrix::{Command, usable_schemas};
use crate::catalog::Table;
use crate::error::Error;

/// One role and one relation.
#[derive(Clone, Copy)]
pub struct Privileges<'a> {
    pub relation: &'a Table,
    pub role: Oid,
}

impl<'a> Privileges<'a> {
    /// On the relation or a column of it.
    pub fn may(self, command: Command) -> bool {
        let privilege = match command {
            Command::Select | Command::Execute => pg_sys::ACL_SELECT,
            Command::Insert => pg_sys::ACL_INSERT,
            Command::Update => pg_sys::ACL_UPDATE,
            Command::Delete => pg_sys::ACL_DELETE,
            Command::Truncate => pg_sys::ACL_TRUNCATE,
        };
        self.holds(privilege)
            || self.relation.columns.iter().any(|column| self.column(column.number, privilege))
    }

    /// The first column that the role may change; where there is none, the first there is, and the
    /// server will say no.
    pub fn updatable(self) -> String {
        let columns = || self.relation.columns.iter().filter(|column| !column.generated);
        columns()
            .find(|column| self.column(column.number, pg_sys::ACL_UPDATE))
            .or_else(|| columns().next())
            .map_or_else(String::new, |column| column.name.clone())
    }

    /// The columns that it may not read.
    pub fn unreadable(self) -> Vec<&'a str> {
        self.without(pg_sys::ACL_SELECT)
    }

    /// The columns that it does not have the privilege on.
    pub fn without(self, privilege: u32) -> Vec<&'a str> {
        self.relation
            .columns
            .iter()
            .filter(move |column| !self.column(column.number, privilege))
            .map(|column| column.name.as_str())
            .collect()
    }

    /// On the whole relation.
    pub fn holds(self, privilege: u32) -> bool {
        // SAFETY: a look-up of two ids; of a relation that is gone it would raise, so it is asked
        // whether it is there.
        unsafe {
            let mut missing = false;
            let result = pg_sys::pg_class_aclcheck_ext(
                self.relation.oid,
                self.role,
                privilege as pg_sys::AclMode,
                &raw mut missing,
            );
            !missing && result == pg_sys::AclResult::ACLCHECK_OK
        }
    }

    /// On the column, or on the whole relation.
    pub fn column(self, number: i16, privilege: u32) -> bool {
        self.holds(privilege)
            // SAFETY: a look-up of ids; a column that is gone counts as none.
            || unsafe {
                let mut missing = false;
                let result = pg_sys::pg_attribute_aclcheck_ext(
                    self.relation.oid,
                    number,
                    self.role,
                    privilege as pg_sys::AclMode,
                    &raw mut missing,
                );
                !missing && result == pg_sys::AclResult::ACLCHECK_OK
            }
    }
}

/// Whether the identity's role has no privilege at all to run the command on a relation.
pub fn lacks(
    identity: &Identity,
    role: Oid,
    relation: &Table,
    command: Command,
) -> Result<bool, Error> {
    Ok(!uses_schema(identity, relation)? || !Privileges { relation, role }.may(command))
}

/// Whether the identity's role may look into the relation's schema.
pub fn uses_schema(identity: &Identity, relation: &Table) -> Result<bool, Error> {
    let usable = usable_schemas(std::slice::from_ref(identity), std::slice::from_ref(relation))?;
    Ok(!usable.is_empty())
}
