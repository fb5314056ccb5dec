//! `atomic.verify_ledger`: proves that the rows of a created ledger agree with each other.

use pgrx::prelude::*;

use super::answer::connected;
use super::caller::need_operator;
use super::ledger::{CreatedTables, Ledger, Opened, Purpose};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::row_set::RowSet;
use crate::operation::statement::{Rows, Statement};
use crate::run_as::{PRIVATE_PATH, RunAs};

sql_function!(rowguard_atomic_verify_ledger, pg_finfo_rowguard_atomic_verify_ledger, verify_ledger);

extension_sql!(
    r#"
CREATE FUNCTION atomic.verify_ledger(ledger text DEFAULT NULL)
RETURNS TABLE (check_name text, ok boolean, detail jsonb)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_verify_ledger';
COMMENT ON FUNCTION atomic.verify_ledger(text) IS 'Checks that the rows of a ledger agree with each other; for operators of the ledger';
"#,
    name = "atomic_verify_ledger",
    requires = ["bootstrap"]
);

/// One statement, so that all checks see one state. It runs under a path of `pg_catalog` alone, where
/// unqualified names and operators mean the server's.
const CHECKS: &str = include_str!("verify_ledger.sql");

/// Checks that the rows of a created ledger agree with each other: a row for each check, with how
/// many rows broke it and the first ten of them. Reads all tables whole, and locks nothing.
///
/// `ledger`: NULL is the only one there is.
///
/// Who: members of the ledger's operator (42501).
///
/// Errors: 42704 no such ledger, 0A000 attached tables.
fn verify_ledger(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let ledger: Option<String> = call.get(0);
    let set = RowSet::begin(call)?;
    connected(|| {
        let Opened { ledger, operator } = Ledger::open(ledger.as_deref(), Purpose::Read)?;
        let tables = ledger.created_tables("atomic.verify_ledger()")?;
        need_operator(operator)?;
        let rows = checks(ledger.owner, tables)?;
        for row in 0..rows.len() {
            set.push([rows.datum(row, 1)?, rows.datum(row, 2)?, rows.datum(row, 3)?])?;
        }
        Ok(())
    })?;
    Ok(pg_sys::Datum::null())
}

/// A row for each check: its name, whether it holds, and what broke it. Runs as `owner`, the owner of
/// the tables. Needs an open connection, whose memory it uses.
pub fn checks(owner: pg_sys::Oid, tables: &CreatedTables) -> Result<Rows, Failure> {
    let _owner = RunAs::begin(owner, PRIVATE_PATH);
    let sql = CHECKS
        .replace("ONLY @accounts@", &tables.accounts)
        .replace("@transfers@", &tables.transfers)
        .replace("@entries@", &tables.entries)
        .replace("@holds@", &tables.holds);
    Statement::prepare(&sql, &[])?.run([])
}
