//! `atomic.attach_ledger`: makes a ledger of tables that exist.

use pgrx::prelude::*;
use pgrx::{JsonB, pg_sys};

use super::ledger::Ledger;
use super::registry::{self, Registration};
use super::tables::Table;
use crate::catalog::table::owner_of;
use crate::error::{Error, LedgerError};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::{Connection, Statement, lock_table};
use crate::read_only;
use crate::run_as::{PRIVATE_PATH, RunAs};

sql_function!(rowguard_atomic_attach_ledger, pg_finfo_rowguard_atomic_attach_ledger, attach);

extension_sql!(
    r#"
CREATE FUNCTION atomic.attach_ledger(ledger text, accounts regclass, transfers regclass, mapping jsonb DEFAULT '{}', trigger_path text DEFAULT '')
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_attach_ledger';
COMMENT ON FUNCTION atomic.attach_ledger(text, regclass, regclass, jsonb, text) IS 'Makes a ledger of tables that exist; only for members of their owner';
"#,
    name = "atomic_attach_ledger",
    requires = ["bootstrap"]
);

/// Registers two tables as a ledger, once everything about them has been checked.
///
/// `ledger`: its name. `accounts`, `transfers`: lasting tables of one owner. `mapping`: an object of
/// column names; keys account_id, balance, owner, transfer_from, transfer_to, transfer_amount,
/// transfer_id, idempotency_key, with the defaults id, balance, owner_id, from_id, to_id, amount,
/// none, none. `trigger_path`: the schemas where triggers of the tables find unqualified names.
/// NULL: 22004 for any argument.
///
/// Who: members of the tables' owner (42501). The caller becomes the ledger's operator.
///
/// Errors: 25006 in a read-only transaction, 42710 name taken, 22023 bad name or mapping, 42P01 no such
/// table, 42809 no lasting table, 0A000 table with rules or feature not built, 55000 two owners or ids
/// that may repeat, 42703 no such column, 42804 wrong type, 428C9 generated column, 42602 bad trigger
/// path, 3F000 no such schema, 42501 schema where others may create.
fn attach(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let ledger: String = call.need(0, "ledger")?;
    let accounts: pg_sys::Oid = call.need(1, "accounts")?;
    let transfers: pg_sys::Oid = call.need(2, "transfers")?;
    let JsonB(mapping) = call.need(3, "mapping")?;
    let trigger_path: String = call.need(4, "trigger_path")?;
    if ledger.is_empty() {
        return Err(LedgerError::Name.into());
    }
    if accounts == transfers {
        return Err(LedgerError::OneTable.into());
    }
    read_only::refuse(c"atomic.attach_ledger()");
    // SAFETY: a plain look-up.
    let caller = unsafe { pg_sys::GetUserId() };
    for table in [accounts, transfers] {
        // Before and after the lock: strangers must not hold one, and the owner may change while
        // we wait for it.
        need_owner(table, caller)?;
        lock_table(table, pg_sys::AccessShareLock)?;
        need_owner(table, caller)?;
    }
    let connection = Connection::open()?;
    registry::insert(&ledger, accounts, transfers, caller, mapping, &trigger_path, None)?;
    // Preparing is the check: what passes it now is what the operations need later.
    Ledger::prepare(&Registration::find(Some(&ledger))?)?;
    warn_of_deferred_triggers(&ledger, accounts, transfers)?;
    connection.close()?;
    Ok(pg_sys::Datum::null())
}

fn need_owner(table: pg_sys::Oid, caller: pg_sys::Oid) -> Result<(), Error> {
    let owner = owner_of(table).ok_or(Error::UnknownRelation(table))?;
    // SAFETY: a plain look-up.
    if unsafe { pg_sys::has_privs_of_role(caller, owner) } {
        return Ok(());
    }
    Err(match Table::open(table)? {
        Some(table) => Error::NotOwner(table.name()),
        None => Error::UnknownRelation(table),
    })
}

/// Before PostgreSQL 18 a deferred trigger runs as whoever commits, not as the tables' owner.
fn warn_of_deferred_triggers(
    ledger: &str,
    accounts: pg_sys::Oid,
    transfers: pg_sys::Oid,
) -> Result<(), Failure> {
    if cfg!(feature = "pg18") {
        return Ok(());
    }
    let _owner = RunAs::begin(registry::private_owner()?, PRIVATE_PATH);
    let found = Statement::prepare(
        "SELECT pg_catalog.string_agg(pg_catalog.format('%I on %s', t.tgname, \
                t.tgrelid::pg_catalog.regclass), ', ' ORDER BY t.tgrelid, t.tgname) \
         FROM pg_catalog.pg_trigger AS t \
         WHERE t.tgrelid OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2]) \
         AND t.tginitdeferred AND NOT t.tgisinternal",
        &[pg_sys::OIDOID, pg_sys::OIDOID],
    )?
    .run([Some(accounts.into()), Some(transfers.into())])?;
    if let Some(names) = found.get::<String>(0, 1)? {
        ereport!(
            WARNING,
            PgSqlErrorCode::ERRCODE_WARNING,
            format!("ledger \"{ledger}\" has initially deferred triggers: {names}"),
            "Before PostgreSQL 18 they run with the rights of whoever commits, not of the tables' owner."
        );
    }
    Ok(())
}
