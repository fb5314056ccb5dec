//! Types, `pg_type`.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// What kind of type it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    /// Of single values.
    Scalar,
    /// Of lists of values of another type.
    Array,
    /// Of listed words.
    Enum,
    /// Of ranges, or sets of them.
    Range,
    /// Of rows.
    Composite,
    /// Another type with conditions.
    Domain,
}

/// A type.
#[derive(Debug, Clone)]
pub struct DataType {
    /// `pg_type.oid`.
    pub oid: Oid,
    /// As a person writes it; those outside `pg_catalog` are qualified.
    pub name: String,
    /// What it is.
    pub kind: TypeKind,
}

/// The types of these ids.
pub fn by_oids(types: &[Oid]) -> Result<Vec<DataType>, Error> {
    if types.is_empty() {
        return Ok(Vec::new());
    }
    select(
        "SELECT t.oid, pg_catalog.format_type(t.oid, NULL),
                CASE WHEN t.typcategory OPERATOR(pg_catalog.=) 'A'::pg_catalog.\"char\" THEN 'A'
                     ELSE t.typtype::pg_catalog.text END
           FROM pg_catalog.pg_type t
          WHERE t.oid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY t.oid",
        &[DatumWithOid::from(types.to_vec())],
        |row| {
            Ok(DataType {
                oid: row.required(1)?,
                name: row.required(2)?,
                kind: match row.required::<String>(3)?.as_str() {
                    "A" => TypeKind::Array,
                    "e" => TypeKind::Enum,
                    "r" | "m" => TypeKind::Range,
                    "c" => TypeKind::Composite,
                    "d" => TypeKind::Domain,
                    _ => TypeKind::Scalar,
                },
            })
        },
    )
}
