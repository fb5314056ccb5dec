//! Triggers, `pg_trigger`.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A trigger.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// The table it is on.
    pub table: Oid,
    /// Unquoted name.
    pub name: String,
    /// What it runs.
    pub function: Oid,
    /// The partitioned table whose trigger it was made from.
    pub parent_table: Option<Oid>,
}

/// The triggers of these tables that act in ordinary sessions, by table and name. Those that the
/// server keeps for constraints are left out.
pub fn of_tables(tables: &[Oid]) -> Result<Vec<Trigger>, Error> {
    select(
        "SELECT t.tgrelid, t.tgname::pg_catalog.text, t.tgfoid,
                p.tgrelid
           FROM pg_catalog.pg_trigger t
           LEFT JOIN pg_catalog.pg_trigger p ON p.oid OPERATOR(pg_catalog.=) t.tgparentid
          WHERE t.tgrelid OPERATOR(pg_catalog.=) ANY ($1)
            AND NOT t.tgisinternal
            AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog.\"char\"[])
          ORDER BY t.tgrelid, t.tgname",
        &[DatumWithOid::from(tables.to_vec())],
        |row| {
            Ok(Trigger {
                table: row.required(1)?,
                name: row.required(2)?,
                function: row.required(3)?,
                parent_table: row.optional(4)?,
            })
        },
    )
}

/// What a trigger does, whole.
#[derive(Debug, Clone)]
pub struct Definition {
    /// `pg_trigger.oid`.
    pub oid: Oid,
    /// The table it is on.
    pub table: Oid,
    /// The function that it runs.
    pub function: Oid,
    /// When it fires and for what, `pg_trigger.tgtype`.
    pub kind: i16,
    /// The columns of UPDATE OF, unquoted, in attribute order; all where there are none.
    pub columns: Vec<String>,
    /// WHEN as the text of a node tree.
    pub when: Option<String>,
}

/// What the triggers of these ids do.
pub fn definitions(triggers: &[Oid]) -> Result<Vec<Definition>, Error> {
    select(
        "SELECT t.oid, t.tgrelid, t.tgfoid, t.tgtype, t.tgqual::pg_catalog.text,
                ARRAY(SELECT a.attname::pg_catalog.text
                        FROM pg_catalog.pg_attribute a
                       WHERE a.attrelid OPERATOR(pg_catalog.=) t.tgrelid
                         AND a.attnum OPERATOR(pg_catalog.=) ANY (t.tgattr::pg_catalog.int2[])
                       ORDER BY a.attnum)
           FROM pg_catalog.pg_trigger t
          WHERE t.oid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY t.oid",
        &[DatumWithOid::from(triggers.to_vec())],
        |row| {
            Ok(Definition {
                oid: row.required(1)?,
                table: row.required(2)?,
                function: row.required(3)?,
                kind: row.required(4)?,
                when: row.optional(5)?,
                columns: row.required(6)?,
            })
        },
    )
}
