//! What the server keeps unique, `pg_index` and `pg_constraint`; and what fills a column by itself.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A primary key, unique constraint, unique index or exclusion constraint.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The table it is on.
    pub table: Oid,
    /// Unquoted name of its index.
    pub name: String,
    /// It is the primary key.
    pub primary: bool,
    /// It was made for a partition from the index of the partitioned table.
    pub of_parent: bool,
    /// The key columns, in order; 0 for an expression.
    pub keys: Vec<i16>,
    /// The expressions among the keys, as the text of a node tree.
    pub expressions: Option<String>,
    /// Names of the operators of an exclusion constraint, one per key.
    pub operators: Option<Vec<String>>,
}

/// Those of these tables, by table and name.
pub fn of_tables(tables: &[Oid]) -> Result<Vec<Unique>, Error> {
    select(
        "SELECT i.indrelid, c.relname::pg_catalog.text, i.indisprimary, c.relispartition,
                ARRAY(SELECT i.indkey[s.at]
                        FROM pg_catalog.generate_series(
                             0, i.indnkeyatts OPERATOR(pg_catalog.-) 1) s(at)
                       ORDER BY s.at),
                i.indexprs::pg_catalog.text,
                (SELECT pg_catalog.array_agg(o.oprname::pg_catalog.text ORDER BY u.at)
                   FROM pg_catalog.pg_constraint k,
                        pg_catalog.unnest(k.conexclop) WITH ORDINALITY u(operator, at)
                   JOIN pg_catalog.pg_operator o ON o.oid OPERATOR(pg_catalog.=) u.operator
                  WHERE k.conindid OPERATOR(pg_catalog.=) i.indexrelid
                    AND k.conrelid OPERATOR(pg_catalog.=) i.indrelid
                    AND k.contype OPERATOR(pg_catalog.=) 'x'::pg_catalog.\"char\")
           FROM pg_catalog.pg_index i
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
          WHERE i.indrelid OPERATOR(pg_catalog.=) ANY ($1)
            AND i.indislive
            AND (i.indisunique OR i.indisexclusion)
          ORDER BY i.indrelid, c.relname",
        &[DatumWithOid::from(tables.to_vec())],
        |row| {
            Ok(Unique {
                table: row.required(1)?,
                name: row.required(2)?,
                primary: row.required(3)?,
                of_parent: row.required(4)?,
                keys: row.required(5)?,
                expressions: row.optional(6)?,
                operators: row.optional(7)?,
            })
        },
    )
}

/// How a column is filled where INSERT leaves it out.
#[derive(Debug, Clone)]
pub struct Filled {
    /// The table.
    pub table: Oid,
    /// `pg_attribute.attnum`.
    pub column: i16,
    /// GENERATED ... AS IDENTITY.
    pub identity: bool,
    /// Its default, as the text of a node tree.
    pub default: Option<String>,
}

/// The columns of these tables that are filled by themselves.
pub fn filled(tables: &[Oid]) -> Result<Vec<Filled>, Error> {
    select(
        "SELECT a.attrelid, a.attnum, a.attidentity OPERATOR(pg_catalog.<>) ''::pg_catalog.\"char\",
                d.adbin::pg_catalog.text
           FROM pg_catalog.pg_attribute a
           LEFT JOIN pg_catalog.pg_attrdef d
             ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
            AND d.adnum OPERATOR(pg_catalog.=) a.attnum
          WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1)
            AND a.attnum OPERATOR(pg_catalog.>) 0
            AND NOT a.attisdropped
            AND a.attgenerated OPERATOR(pg_catalog.=) ''::pg_catalog.\"char\"
            AND (d.adbin IS NOT NULL
                 OR a.attidentity OPERATOR(pg_catalog.<>) ''::pg_catalog.\"char\")
          ORDER BY a.attrelid, a.attnum",
        &[DatumWithOid::from(tables.to_vec())],
        |row| {
            Ok(Filled {
                table: row.required(1)?,
                column: row.required(2)?,
                identity: row.required(3)?,
                default: row.optional(4)?,
            })
        },
    )
}
