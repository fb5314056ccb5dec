//! Which privileges a role holds.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};

use crate::catalog::{Table, select};
use crate::error::Error;

/// The role may use the schema. False, too, where the schema is gone.
pub fn uses_schema(schema: Oid, role: Oid) -> Result<bool, Error> {
    let found = select(
        "SELECT pg_catalog.has_schema_privilege($1, $2, 'USAGE')",
        &[DatumWithOid::from(role), DatumWithOid::from(schema)],
        |row| row.optional(1),
    )?;
    Ok(found.into_iter().flatten().next() == Some(true))
}

/// The role holds the privilege on the whole relation.
pub fn on_relation(relation: Oid, role: Oid, privilege: u32) -> bool {
    // SAFETY: a look-up of two ids; of a relation that is gone it would raise, so it is asked
    // whether it is there.
    unsafe {
        let mut missing = false;
        let result = pg_sys::pg_class_aclcheck_ext(
            relation,
            role,
            privilege as pg_sys::AclMode,
            &raw mut missing,
        );
        !missing && result == pg_sys::AclResult::ACLCHECK_OK
    }
}

/// The role holds the privilege on the column, or on the whole relation.
pub fn on_column(relation: Oid, number: i16, role: Oid, privilege: u32) -> bool {
    on_relation(relation, role, privilege)
        // SAFETY: a look-up of ids; a column that is gone counts as none.
        || unsafe {
            let mut missing = false;
            let result = pg_sys::pg_attribute_aclcheck_ext(
                relation,
                number,
                role,
                privilege as pg_sys::AclMode,
                &raw mut missing,
            );
            !missing && result == pg_sys::AclResult::ACLCHECK_OK
        }
}

/// The role holds the privilege on the relation or on any column.
pub fn on_any_column(table: &Table, role: Oid, privilege: u32) -> bool {
    on_relation(table.oid, role, privilege)
        || table.columns.iter().any(|column| on_column(table.oid, column.number, role, privilege))
}

/// The columns on which the role does not hold the privilege.
pub fn columns_without(table: &Table, role: Oid, privilege: u32) -> Vec<&str> {
    table
        .columns
        .iter()
        .filter(|column| !on_column(table.oid, column.number, role, privilege))
        .map(|column| column.name.as_str())
        .collect()
}

/// The first column that the role may change; where there is none, the first there is, and the
/// server will say no.
pub fn updatable(table: &Table, role: Oid) -> Option<&str> {
    let columns = || table.columns.iter().filter(|column| !column.generated);
    columns()
        .find(|column| on_column(table.oid, column.number, role, pg_sys::ACL_UPDATE))
        .or_else(|| columns().next())
        .map(|column| column.name.as_str())
}
