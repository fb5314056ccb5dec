//! `atomic.create_ledger`: makes the tables of a ledger, and the ledger.

use std::ffi::{CStr, CString};

use pgrx::pg_sys;
use pgrx::prelude::*;

use super::answer::connected;
use super::ledger::Ledger;
use super::registry::{self, Registration};
use crate::error::{Error, LedgerError};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::Statement;
use crate::policy::{LedgerTables, ledger_access};
use crate::quote;
use crate::read_only;
use crate::run_as::{PRIVATE_PATH, RunAs};

sql_function!(rowguard_atomic_create_ledger, pg_finfo_rowguard_atomic_create_ledger, create_ledger);

extension_sql!(
    r#"
CREATE FUNCTION atomic.create_ledger(ledger text, schema_name name DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_create_ledger';
COMMENT ON FUNCTION atomic.create_ledger(text, name) IS 'Makes tables for accounts, transfers, entries and holds, owned by the caller, and a ledger of them';
"#,
    name = "atomic_create_ledger",
    requires = ["bootstrap"]
);

/// The tables, by statements with the qualified names of schema and guard to be filled in. Columns
/// are what operations write. No CHECKs on the tables that every payment writes: the server reads
/// their text anew for each statement; operations hold the rules,
/// guards keep everybody else away, and `atomic.verify_ledger` proves both. No foreign keys:
/// operations lock the accounts that they write about, accounts are never deleted, and a key would
/// look each of them up once more. The key of an entry is its account and its number there: an index
/// of ids would be one more to keep up, and nothing looks for an entry by its id.
const STATEMENTS: &str = include_str!("create_ledger.sql");

const TABLE_NAMES: [&CStr; 4] = [c"accounts", c"transfers", c"entries", c"holds"];

/// Makes the tables of a ledger, with row security that lets an owner read his own rows, and
/// registers the ledger. The tables belong to the caller: DROP EXTENSION does not take them, and
/// pg_dump carries them. Where all four tables are in the schema already, left by a ledger that was
/// detached, they are taken as they are.
///
/// `ledger`: its name. `schema_name`: where the tables go, made where it is missing; NULL is a schema
/// of the ledger's name. NULL for the ledger: 22004.
///
/// Who: members of nothing in particular; the caller needs CREATE on the database for a new schema,
/// or on the schema (42501), and becomes the ledger's operator.
///
/// Errors: 42710 name taken, 22023 empty name, 42602 a name too long for a schema, 42P07 a table of
/// that name exists, or all are of a ledger that is registered, 42703 and 42804 columns of such tables that are others, 42501.
fn create_ledger(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let ledger: String = call.need(0, "ledger")?;
    let schema = match call.get::<&CStr>(1) {
        Some(name) => name.to_string_lossy().into_owned(),
        None => ledger.clone(),
    };
    if ledger.is_empty() {
        return Err(LedgerError::Name.into());
    }
    if schema.is_empty() || schema.len() >= pg_sys::NAMEDATALEN as usize {
        return Err(LedgerError::SchemaName(schema).into());
    }
    // A standby refuses the lock that is taken next by another SQLSTATE.
    read_only::refuse(c"atomic.create_ledger()");
    // SAFETY: a plain look-up.
    let caller = unsafe { pg_sys::GetUserId() };
    connected(|| {
        // Of two that make the same schema at once, the server would tell the second of an index of its
        // own.
        registry::take_turns()?;
        if Registration::exists(&ledger)? {
            return Err(LedgerError::Exists(ledger.clone()).into());
        }
        if let Ok(accounts) = table_oid(&schema, c"accounts")
            && let Some(ledger) = registry::ledger_of(accounts)?
        {
            return Err(LedgerError::TablesOfLedger { schema: schema.clone(), ledger }.into());
        }
        let made = RunAs::begin(caller, PRIVATE_PATH);
        make_tables(&schema)?;
        let table = |name| table_oid(&schema, name);
        let tables = LedgerTables {
            accounts: table(c"accounts")?,
            transfers: table(c"transfers")?,
            entries: table(c"entries")?,
            holds: table(c"holds")?,
        };
        ledger_access(&tables)?;
        drop(made);
        registry::insert(
            &ledger,
            tables.accounts,
            tables.transfers,
            caller,
            serde_json::json!({"transfer_id": "id", "currency": "currency",
                               "idempotency_key": "idempotency_key"}),
            "",
            Some((tables.entries, tables.holds)),
        )?;
        Ledger::prepare(&Registration::find(Some(&ledger))?)?;
        Ok(())
    })?;
    Ok(pg_sys::Datum::null())
}

/// Makes the schema, the tables and their guards, as far as they are missing. Tables that are all
/// there, left by a ledger that was detached or by an extension that was dropped, stay as they are.
fn make_tables(schema: &str) -> Result<(), Failure> {
    let found = TABLE_NAMES.iter().filter(|name| table_oid(schema, name).is_ok()).count();
    if found == 0 && schema_oid(schema)? == pg_sys::InvalidOid {
        run(&format!("CREATE SCHEMA {}", quote::ident(schema)))?;
    }
    let there = found == TABLE_NAMES.len();
    let quoted = quote::ident(schema);
    STATEMENTS
        .split("\n\n")
        .filter(|statement| !there || statement.starts_with("CREATE OR REPLACE TRIGGER"))
        .try_for_each(|statement| run(&statement.replace("@schema@", &quoted)))
}

fn run(sql: &str) -> Result<(), Failure> {
    Statement::prepare(sql, &[])?.run([]).map(|_| ())
}

fn schema_oid(schema: &str) -> Result<pg_sys::Oid, Error> {
    let schema = CString::new(schema).map_err(|_| Error::NullByte)?;
    // SAFETY: a look-up by a terminated name.
    Ok(unsafe { pg_sys::get_namespace_oid(schema.as_ptr(), true) })
}

fn table_oid(schema: &str, table: &CStr) -> Result<pg_sys::Oid, Error> {
    // SAFETY: a look-up by a terminated name.
    let oid = unsafe { pg_sys::get_relname_relid(table.as_ptr(), schema_oid(schema)?) };
    if oid == pg_sys::InvalidOid {
        return Err(Error::Unexpected("a table that was made is missing"));
    }
    Ok(oid)
}
