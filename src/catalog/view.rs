//! What views are beyond relations: whose rights they read with, and what may be written to them.

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
    /// INSERT works on it, by itself or by a rule; what a trigger does in its place is not counted.
    pub insertable: bool,
    /// UPDATE works on it.
    pub updatable: bool,
    /// DELETE works on it.
    pub deletable: bool,
}

/// Bits of `pg_relation_is_updatable()`: `1 << CmdType`.
const UPDATE: i32 = 1 << 2;
const INSERT: i32 = 1 << 3;
const DELETE: i32 = 1 << 4;

/// The views and materialized views of every schema but the server's own.
pub fn of_users() -> Result<Vec<View>, Error> {
    select(
        "SELECT c.oid, c.reloptions,
                CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'v'::pg_catalog.\"char\"
                     THEN pg_catalog.pg_relation_is_updatable(c.oid, false) END
           FROM pg_catalog.pg_class c
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog.\"char\"[])
            AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
            AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
          ORDER BY c.oid",
        &[],
        |row| {
            let options: Vec<String> = row.optional(2)?.unwrap_or_default();
            let events: i32 = row.optional(3)?.unwrap_or(0);
            Ok(View {
                oid: row.required(1)?,
                security_invoker: options
                    .iter()
                    .filter_map(|option| option.strip_prefix("security_invoker="))
                    .any(is_true),
                insertable: events & INSERT != 0,
                updatable: events & UPDATE != 0,
                deletable: events & DELETE != 0,
            })
        },
    )
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
