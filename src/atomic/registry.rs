//! The registered ledgers: a private table of ours, `atomic.ledger_registry`.

use std::cell::OnceCell;

use pgrx::{IntoDatum, JsonB, pg_sys};
use serde_json::Value;

use super::failure::Failure;
use super::run_as::{PRIVATE_PATH, RunAs};
use super::statement::{Rows, Statement};
use crate::error::Error;

/// One registered ledger.
pub struct Registration {
    pub ledger: String,
    pub accounts: pg_sys::Oid,
    pub transfers: pg_sys::Oid,
    /// The role whose members may act on any account.
    pub operator: pg_sys::Oid,
    /// Another one for every registration: tells a ledger from a namesake attached later.
    pub generation: [u8; 16],
    rows: Rows,
}

impl Registration {
    /// The ledger of that name, or, for `None`, the only one there is. Needs an open connection.
    pub fn find(ledger: Option<&str>) -> Result<Self, Failure> {
        thread_local! {
            static BY_NAME: OnceCell<Statement> = const { OnceCell::new() };
            static FIRST_TWO: OnceCell<Statement> = const { OnceCell::new() };
        }
        const COLUMNS: &str = "SELECT r.ledger, r.accounts::pg_catalog.oid, \
                               r.transfers::pg_catalog.oid, r.operator::pg_catalog.oid, \
                               r.generation, r.mapping, r.trigger_path \
                               FROM atomic.ledger_registry AS r ";
        let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
        let rows = match ledger {
            Some(name) => kept(
                &BY_NAME,
                || {
                    let sql = format!("{COLUMNS} WHERE r.ledger OPERATOR(pg_catalog.=) $1");
                    Statement::prepare(&sql, &[pg_sys::TEXTOID])
                },
                |statement| statement.run([name.into_datum()]),
            )?,
            None => kept(
                &FIRST_TWO,
                || Statement::prepare(&format!("{COLUMNS} LIMIT 2"), &[]),
                |statement| statement.run([]),
            )?,
        };
        match (rows.len(), ledger) {
            (1, _) => Ok(Self {
                ledger: rows.need(0, 1)?,
                accounts: rows.need(0, 2)?,
                transfers: rows.need(0, 3)?,
                operator: rows.need(0, 4)?,
                generation: *rows.need::<pgrx::Uuid>(0, 5)?.as_bytes(),
                rows,
            }),
            (0, Some(name)) => Err(Error::LedgerMissing(name.to_owned()).into()),
            (0, None) => Err(Error::NoLedger.into()),
            _ => Err(Error::SeveralLedgers.into()),
        }
    }

    /// The mapping as it was given; read only when statements are prepared.
    pub fn mapping(&self) -> Result<Value, Error> {
        Ok(self.rows.need::<JsonB>(0, 6)?.0)
    }

    /// The trigger path as it was given.
    pub fn trigger_path(&self) -> Result<String, Error> {
        self.rows.need(0, 7)
    }
}

/// Registers a ledger: 42710 when the name is taken. Needs an open connection.
pub fn insert(
    ledger: &str,
    accounts: pg_sys::Oid,
    transfers: pg_sys::Oid,
    operator: pg_sys::Oid,
    mapping: Value,
    trigger_path: &str,
) -> Result<(), Failure> {
    let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
    let written = Statement::prepare(
        "INSERT INTO atomic.ledger_registry \
         (ledger, accounts, transfers, operator, mapping, trigger_path) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ledger) DO NOTHING",
        &[
            pg_sys::TEXTOID,
            pg_sys::REGCLASSOID,
            pg_sys::REGCLASSOID,
            pg_sys::REGROLEOID,
            pg_sys::JSONBOID,
            pg_sys::TEXTOID,
        ],
    )?
    .run([
        ledger.into_datum(),
        accounts.into_datum(),
        transfers.into_datum(),
        operator.into_datum(),
        JsonB(mapping).into_datum(),
        trigger_path.into_datum(),
    ])?;
    if written.len() != 1 {
        return Err(Error::LedgerExists(ledger.to_owned()).into());
    }
    Ok(())
}

/// Forgets a ledger: 42704 when it is gone already. Needs an open connection.
pub fn delete(ledger: &str) -> Result<(), Failure> {
    let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
    let gone = Statement::prepare(
        "DELETE FROM atomic.ledger_registry AS r WHERE r.ledger OPERATOR(pg_catalog.=) $1",
        &[pg_sys::TEXTOID],
    )?
    .run([ledger.into_datum()])?;
    if gone.len() != 1 {
        return Err(Error::LedgerMissing(ledger.to_owned()).into());
    }
    Ok(())
}

/// The owner of our private tables: the role that created the extension.
pub fn private_owner() -> Result<pg_sys::Oid, Error> {
    // SAFETY: look-ups by terminated names.
    let table = unsafe {
        let schema = pg_sys::get_namespace_oid(c"atomic".as_ptr(), true);
        pg_sys::get_relname_relid(c"ledger_registry".as_ptr(), schema)
    };
    super::tables::owner_of(table).ok_or(Error::Unexpected("atomic.ledger_registry is missing"))
}

/// Runs a statement that is prepared at its first use in this backend.
pub fn kept(
    slot: &'static std::thread::LocalKey<OnceCell<Statement>>,
    prepare: impl FnOnce() -> Result<Statement, Failure>,
    run: impl FnOnce(&Statement) -> Result<Rows, Failure>,
) -> Result<Rows, Failure> {
    slot.with(|cell| {
        if let Some(statement) = cell.get() {
            return run(statement);
        }
        // Nobody can have filled the cell meanwhile: there is one thread, and preparing a
        // statement on our own tables runs no users' code.
        let statement = prepare()?;
        run(cell.get_or_init(|| statement))
    })
}
