//! The registered ledgers: a private table of ours, `atomic.ledger_registry`.

use pgrx::{FromDatum, IntoDatum, JsonB, pg_sys};
use serde_json::Value;

use super::watch;
use crate::catalog::table::{named, owner_of};
use crate::error::{Error, LedgerError};
use crate::operation::failure::Failure;
use crate::operation::private_table::primary_key;
use crate::operation::statement::{Statement, lock_table};
use crate::run_as::{PRIVATE_PATH, RunAs};

/// One registered ledger.
pub struct Registration {
    pub ledger: String,
    pub accounts: pg_sys::Oid,
    pub transfers: pg_sys::Oid,
    /// The role whose members may act on any account.
    pub operator: pg_sys::Oid,
    /// Tables of entries and holds, where `atomic.create_ledger` made the tables.
    pub created: Option<(pg_sys::Oid, pg_sys::Oid)>,
    /// Another one for every registration: tells a ledger from a namesake attached later.
    pub generation: [u8; 16],
    /// The number of changes to the registered ledgers that it was read after.
    pub seen: u64,
    row: Row,
}

impl Registration {
    /// The ledger of that name, or, for `None`, the only one there is. Needs an open connection,
    /// whose memory it uses.
    pub fn find(ledger: Option<&str>) -> Result<Self, Error> {
        watch::registry(table_oid()?);
        let seen = watch::registrations();
        let (first, more) = Row::scan(ledger)?;
        match (first, more, ledger) {
            (Some(row), false, _) => Ok(Self {
                ledger: row.get(1)?,
                accounts: row.get(2)?,
                transfers: row.get(3)?,
                operator: row.get(4)?,
                generation: *row.get::<pgrx::Uuid>(7)?.as_bytes(),
                created: row.find(8).zip(row.find(9)),
                seen,
                row,
            }),
            (Some(_), true, _) => Err(LedgerError::SeveralLedgers.into()),
            (None, _, Some(name)) => Err(LedgerError::Missing(name.to_owned()).into()),
            (None, _, None) => Err(LedgerError::NoLedger.into()),
        }
    }

    /// Whether a ledger of that name is registered.
    pub fn exists(ledger: &str) -> Result<bool, Error> {
        Ok(Row::scan(Some(ledger))?.0.is_some())
    }

    /// All its tables.
    pub fn tables(&self) -> impl Iterator<Item = pg_sys::Oid> + use<> {
        let more = self.created.map(|(entries, holds)| [entries, holds]);
        [self.accounts, self.transfers].into_iter().chain(more.into_iter().flatten())
    }

    /// The mapping as it was given; read only when statements are prepared.
    pub fn mapping(&self) -> Result<Value, Error> {
        Ok(self.row.get::<JsonB>(5)?.0)
    }

    /// The trigger path as it was given.
    pub fn trigger_path(&self) -> Result<String, Error> {
        self.row.get(6)
    }
}

/// A row of `atomic.ledger_registry`, in the order of its columns; all but the last two are NOT NULL.
struct Row {
    values: [Option<pg_sys::Datum>; Row::COLUMNS],
}

impl Row {
    const COLUMNS: usize = 9;
    const NOT_NULL: usize = 7;

    /// The first row, of that name if one is given, and whether there is another.
    ///
    /// Read the way the server reads its catalogs: every operation asks this first, and a statement
    /// of its own would cost a tenth of a transfer. The snapshot is the latest, whatever the
    /// isolation level: a ledger is looked up as a table would be.
    fn scan(ledger: Option<&str>) -> Result<(Option<Self>, bool), Error> {
        let oid = table_oid()?;
        let name = ledger.and_then(IntoDatum::into_datum);
        // SAFETY: table, scan and snapshot are closed below, or by the abort that follows an error;
        // the row is copied before the scan moves on.
        unsafe {
            let table = pg_sys::table_open(oid, pg_sys::AccessShareLock.cast_signed());
            let index = primary_key(table);
            let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot());
            let mut key = pg_sys::ScanKeyData::default();
            pg_sys::ScanKeyInit(
                &raw mut key,
                1,
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                pg_sys::Oid::from(pg_sys::F_TEXTEQ),
                name.unwrap_or(pg_sys::Datum::null()),
            );
            let keys = i32::from(name.is_some());
            let scan = pg_sys::systable_beginscan(
                table,
                index,
                name.is_some(),
                snapshot,
                keys,
                &raw mut key,
            );
            let first = pg_sys::systable_getnext(scan);
            let row = if first.is_null() {
                Ok(None)
            } else {
                Self::copy(first, (*table).rd_att).map(Some)
            };
            let more = !first.is_null() && !pg_sys::systable_getnext(scan).is_null();
            pg_sys::systable_endscan(scan);
            pg_sys::UnregisterSnapshot(snapshot);
            pg_sys::table_close(table, pg_sys::AccessShareLock.cast_signed());
            Ok((row?, more))
        }
    }

    /// # Safety
    /// `tuple` must be a row of the table that `columns` describes.
    unsafe fn copy(tuple: pg_sys::HeapTuple, columns: pg_sys::TupleDesc) -> Result<Self, Error> {
        let mut values = [pg_sys::Datum::null(); Self::COLUMNS];
        let mut nulls = [true; Self::COLUMNS];
        // SAFETY: the arrays are as long as the table has columns, which is checked first.
        unsafe {
            if usize::try_from((*columns).natts) != Ok(Self::COLUMNS) {
                return Err(Error::Unexpected("atomic.ledger_registry has other columns"));
            }
            let copy = pg_sys::heap_copytuple(tuple);
            pg_sys::heap_deform_tuple(copy, columns, values.as_mut_ptr(), nulls.as_mut_ptr());
        }
        if nulls.iter().take(Self::NOT_NULL).any(|null| *null) {
            return Err(Error::Unexpected("atomic.ledger_registry holds a null"));
        }
        let mut row = [None; Self::COLUMNS];
        for (place, (value, null)) in row.iter_mut().zip(values.into_iter().zip(nulls)) {
            *place = (!null).then_some(value);
        }
        Ok(Self { values: row })
    }

    /// Column `number`, from 1, where NULL is not possible.
    fn get<T: FromDatum>(&self, number: usize) -> Result<T, Error> {
        self.find(number).ok_or(Error::Unexpected("a value is missing"))
    }

    /// Column `number`, from 1.
    fn find<T: FromDatum>(&self, number: usize) -> Option<T> {
        // SAFETY: callers name the type that bootstrap.sql gives the column.
        self.values
            .get(number - 1)
            .copied()
            .flatten()
            .and_then(|value| unsafe { T::from_datum(value, false) })
    }
}

/// Makes those who create ledgers take turns until their transactions end. Nobody else waits for this
/// lock, and it for nobody else: attaching, detaching and operations go on.
pub fn take_turns() -> Result<(), Failure> {
    Ok(lock_table(table_oid()?, pg_sys::ShareUpdateExclusiveLock)?)
}

/// A ledger whose accounts are in that table, if there is one. Needs an open connection.
pub fn ledger_of(accounts: pg_sys::Oid) -> Result<Option<String>, Failure> {
    let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
    let found = Statement::prepare(
        "SELECT r.ledger FROM atomic.ledger_registry AS r \
          WHERE r.accounts OPERATOR(pg_catalog.=) $1 ORDER BY r.ledger LIMIT 1",
        &[pg_sys::OIDOID],
    )?
    .run([accounts.into_datum()])?;
    Ok(if found.len() == 0 { None } else { Some(found.need(0, 1)?) })
}

/// Registers a ledger: 42710 when the name is taken. Needs an open connection.
pub fn insert(
    ledger: &str,
    accounts: pg_sys::Oid,
    transfers: pg_sys::Oid,
    operator: pg_sys::Oid,
    mapping: Value,
    trigger_path: &str,
    created: Option<(pg_sys::Oid, pg_sys::Oid)>,
) -> Result<(), Failure> {
    let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
    let written = Statement::prepare(
        "INSERT INTO atomic.ledger_registry \
         (ledger, accounts, transfers, operator, mapping, trigger_path, entries, holds) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (ledger) DO NOTHING",
        &[
            pg_sys::TEXTOID,
            pg_sys::REGCLASSOID,
            pg_sys::REGCLASSOID,
            pg_sys::REGROLEOID,
            pg_sys::JSONBOID,
            pg_sys::TEXTOID,
            pg_sys::REGCLASSOID,
            pg_sys::REGCLASSOID,
        ],
    )?
    .run([
        ledger.into_datum(),
        accounts.into_datum(),
        transfers.into_datum(),
        operator.into_datum(),
        JsonB(mapping).into_datum(),
        trigger_path.into_datum(),
        created.and_then(|(entries, _)| entries.into_datum()),
        created.and_then(|(_, holds)| holds.into_datum()),
    ])?;
    if written.len() != 1 {
        return Err(LedgerError::Exists(ledger.to_owned()).into());
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
        return Err(LedgerError::Missing(ledger.to_owned()).into());
    }
    Ok(())
}

/// The owner of our private tables: the role that created the extension.
pub fn private_owner() -> Result<pg_sys::Oid, Error> {
    owner_of(table_oid()?).ok_or(MISSING)
}

const MISSING: Error = Error::Unexpected("atomic.ledger_registry is missing");

fn table_oid() -> Result<pg_sys::Oid, Error> {
    named(c"atomic", c"ledger_registry").ok_or(MISSING)
}
