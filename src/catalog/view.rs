//! What views are beyond relations: whose rights they read with, and what may be written to them.

use std::collections::{HashMap, HashSet};

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A view or materialized view.
#[derive(Debug, Clone)]
pub struct View {
    /// `pg_class.oid`.
    pub oid: Oid,
    /// `security_invoker` is on: what is below is read with the caller's rights.
    pub security_invoker: bool,
}

/// Which writing statements work on a view, by itself or by a rule; what a trigger does in its place
/// is not counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Writable {
    /// INSERT.
    pub insert: bool,
    /// UPDATE.
    pub update: bool,
    /// DELETE.
    pub delete: bool,
}

/// Bits of `pg_relation_is_updatable()`: `1 << CmdType`.
const UPDATE: i32 = 1 << 2;
const INSERT: i32 = 1 << 3;
const DELETE: i32 = 1 << 4;

/// What may be written to these views. The server takes an AccessShareLock on each and on what is
/// below, so this is asked only where it matters.
pub fn writable(views: &[Oid]) -> Result<HashMap<Oid, Writable>, Error> {
    let found = select(
        "SELECT v.oid, pg_catalog.pg_relation_is_updatable(v.oid, false)
           FROM pg_catalog.unnest($1::pg_catalog.oid[]) v(oid)",
        &[DatumWithOid::from(views.to_vec())],
        |row| {
            let events: i32 = row.required(2)?;
            let writable = Writable {
                insert: events & INSERT != 0,
                update: events & UPDATE != 0,
                delete: events & DELETE != 0,
            };
            Ok((row.required::<Oid>(1)?, writable))
        },
    )?;
    Ok(found.into_iter().collect())
}

/// The views and materialized views of every schema but the server's own.
pub fn of_users() -> Result<Vec<View>, Error> {
    select(
        "SELECT c.oid, c.reloptions
           FROM pg_catalog.pg_class c
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog.\"char\"[])
            AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
            AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
          ORDER BY c.oid",
        &[],
        |row| {
            let options: Vec<String> = row.optional(2)?.unwrap_or_default();
            Ok(View {
                oid: row.required(1)?,
                security_invoker: options
                    .iter()
                    .filter_map(|option| option.strip_prefix("security_invoker="))
                    .any(is_true),
            })
        },
    )
}

/// The relations that policies of any schema read, as far as the server knows: by themselves or
/// through views.
pub fn read_by_policies() -> Result<HashSet<Oid>, Error> {
    let found = select(
        "WITH RECURSIVE read (oid) AS (
           SELECT d.refobjid
             FROM pg_catalog.pg_depend d
            WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass
              AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            UNION
           SELECT d.refobjid
             FROM read
             JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) read.oid
             JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) r.oid
            WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
              AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass)
         SELECT read.oid FROM read",
        &[],
        |row| row.required::<Oid>(1),
    )?;
    Ok(found.into_iter().collect())
}

/// As the server reads a boolean: `true`, `yes`, `on`, `1`, or the beginning of a word that can be
/// no other.
fn is_true(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    value == "1"
        || value == "on"
        || (!value.is_empty() && ("true".starts_with(&value) || "yes".starts_with(&value)))
}

#[cfg(test)]
mod tests {
    use super::is_true;

    #[test]
    fn booleans_are_read_as_the_server_does() {
        for value in ["true", "TRUE", "t", "on", "On", "1", "yes", "y", " true "] {
            assert!(is_true(value), "{value}");
        }
        for value in ["false", "f", "off", "0", "no", "n", "", "o", "2", "truest"] {
            assert!(!is_true(value), "{value}");
        }
    }
}
