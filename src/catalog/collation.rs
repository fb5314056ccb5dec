//! Collations, `pg_collation`.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A collation.
#[derive(Debug, Clone)]
pub struct Collation {
    /// `pg_collation.oid`.
    pub oid: Oid,
    /// Its schema, unquoted.
    pub schema: String,
    /// Unquoted name.
    pub name: String,
    /// Texts are equal only when their bytes are.
    pub deterministic: bool,
}

/// The collations of these ids.
pub fn by_oids(collations: &[Oid]) -> Result<Vec<Collation>, Error> {
    select(
        "SELECT c.oid, n.nspname::pg_catalog.text, c.collname::pg_catalog.text,
                c.collisdeterministic
           FROM pg_catalog.pg_collation c
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.collnamespace
          WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY c.oid",
        &[DatumWithOid::from(collations.to_vec())],
        |row| {
            Ok(Collation {
                oid: row.required(1)?,
                schema: row.required(2)?,
                name: row.required(3)?,
                deterministic: row.required(4)?,
            })
        },
    )
}
