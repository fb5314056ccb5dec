//! Indexes, `pg_index`.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// An index of a table.
#[derive(Debug, Clone)]
pub struct Index {
    /// `pg_index.indexrelid`.
    pub oid: Oid,
    /// The table it is on.
    pub table: Oid,
    /// Unquoted name.
    pub name: String,
    /// Queries may use it: valid, ready and live.
    pub usable: bool,
    /// The key columns, in order; included columns are left out.
    pub keys: Vec<IndexKey>,
    /// The predicate of a partial index, as the text of a node tree.
    pub predicate: Option<String>,
    /// The expressions of the keys without a column, in key order, as the text of a node tree.
    pub expressions: Option<String>,
}

/// One key of an index.
#[derive(Debug, Clone, Copy)]
pub struct IndexKey {
    /// Attribute number of the column; 0 for an expression.
    pub column: i16,
    /// The operator family of its operator class.
    pub family: Oid,
    /// The collation it is kept in; 0 where the type has none.
    pub collation: Oid,
}

/// The indexes of these tables.
pub fn of_tables(tables: &[Oid]) -> Result<Vec<Index>, Error> {
    select(
        "SELECT i.indrelid, c.relname::pg_catalog.text, i.indisvalid AND i.indisready AND i.indislive,
                k.columns, k.families, k.collations,
                i.indpred::pg_catalog.text, i.indexprs::pg_catalog.text, i.indexrelid
           FROM pg_catalog.pg_index i
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
           JOIN LATERAL (
                SELECT pg_catalog.array_agg(i.indkey[s.at] ORDER BY s.at) AS columns,
                       pg_catalog.array_agg(o.opcfamily ORDER BY s.at) AS families,
                       pg_catalog.array_agg(i.indcollation[s.at] ORDER BY s.at) AS collations
                  FROM pg_catalog.generate_series(0, i.indnkeyatts OPERATOR(pg_catalog.-) 1) s(at)
                  JOIN pg_catalog.pg_opclass o ON o.oid OPERATOR(pg_catalog.=) i.indclass[s.at]
                ) k ON true
          WHERE i.indrelid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY i.indrelid, i.indexrelid",
        &[DatumWithOid::from(tables.to_vec())],
        |row| {
            let columns: Vec<i16> = row.required(4)?;
            let families: Vec<Oid> = row.required(5)?;
            let collations: Vec<Oid> = row.required(6)?;
            let keys = columns
                .into_iter()
                .zip(families)
                .zip(collations)
                .map(|((column, family), collation)| IndexKey { column, family, collation })
                .collect();
            Ok(Index {
                oid: row.required(9)?,
                table: row.required(1)?,
                name: row.required(2)?,
                usable: row.required(3)?,
                keys,
                predicate: row.optional(7)?,
                expressions: row.optional(8)?,
            })
        },
    )
}
