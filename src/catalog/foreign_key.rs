//! Foreign keys, `pg_constraint`.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A foreign key of a table.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The table that refers.
    pub table: Oid,
    /// Unquoted name of the constraint.
    pub name: String,
    /// Its columns, in the order of the constraint.
    pub columns: Vec<i16>,
    /// For each column the equality between two of the referring table's values.
    pub equalities: Vec<Oid>,
    /// The table referred to.
    pub referenced: Oid,
    /// Schema and name of the table referred to, unquoted.
    pub references: (String, String),
}

/// The foreign keys of these tables, by table and name. Those that a partition has from its parent
/// are left out.
pub fn of_tables(tables: &[Oid]) -> Result<Vec<ForeignKey>, Error> {
    select(
        "SELECT k.conrelid, k.conname::pg_catalog.text, k.conkey, k.conffeqop,
                n.nspname::pg_catalog.text, c.relname::pg_catalog.text, k.confrelid
           FROM pg_catalog.pg_constraint k
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.confrelid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE k.conrelid OPERATOR(pg_catalog.=) ANY ($1)
            AND k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog.\"char\"
            AND k.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
          ORDER BY k.conrelid, k.conname",
        &[DatumWithOid::from(tables.to_vec())],
        |row| {
            Ok(ForeignKey {
                table: row.required(1)?,
                name: row.required(2)?,
                columns: row.required(3)?,
                equalities: row.required(4)?,
                references: (row.required(5)?, row.required(6)?),
                referenced: row.required(7)?,
            })
        },
    )
}
