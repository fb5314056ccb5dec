//! Which ledgers are read and written row by row, without statements, and how.
//!
//! Only tables where nothing of their owner's can change a row on its way in, or skip it: what is
//! written is what was meant, and nothing has to be compared. All other tables, and every operation
//! that is not about accounts, transfers and entries, go by statements. Decided whenever a ledger is
//! prepared, which every change to its tables and to roles brings about.

use std::ptr;

use pgrx::pg_sys;
use uuid::Uuid;

use super::columns::Columns;
use super::expressions;
use super::index::{Predicate, predicate};
use super::operation_keys::Noted;
use super::tables::{Column, Table};
use crate::error::Error;
use crate::operation::direct::executor::KeptExecutor;
use crate::operation::direct::find::{Condition, Identified, Locks};
use crate::operation::direct::target::{self, Default, Fit, Target};
use crate::operation::direct::write::{Group, Replaced, Row, write};
use crate::operation::failure::Failure;
use crate::operation::memory::Memory;

/// A ledger's tables as rows are found in them and written to them.
pub struct Direct {
    accounts: Identified,
    /// What `Account::read` reads, in its order.
    read: Vec<Option<Read>>,
    owner: i16,
    /// Accounts, transfers, entries.
    shapes: Vec<Shape>,
    targets: Vec<Target>,
    guard: pg_sys::Oid,
    /// Where transfers are found by their ids; `None` where the index is gone.
    transfer: Option<TransferIndex>,
    /// Where all that the server holds for us lies.
    _memory: Memory,
}

/// Where transfers are found by their ids.
pub struct TransferIndex {
    pub table: pg_sys::Oid,
    pub index: pg_sys::Oid,
}

/// A target's table as it was when it was found to be plain.
struct Shape {
    /// What is done to its rows, as triggers have it.
    event: u32,
    file: pg_sys::Oid,
}

/// A column to be read.
struct Read {
    /// Its place in a row, from 0.
    place: usize,
    /// The type of its values, and the one that they are read as.
    cast: (pg_sys::Oid, pg_sys::Oid),
}

/// A row of the accounts table, as `Account::read` reads it.
pub struct AccountRow([Option<pg_sys::Datum>; AccountRow::COLUMNS]);

impl AccountRow {
    const COLUMNS: usize = 9;

    /// Column `number` (from 1) of `Account::read`.
    pub fn datum(&self, number: i32) -> Option<pg_sys::Datum> {
        self.0.get(usize::try_from(number - 1).ok()?).copied().flatten()
    }
}

/// The tables of a ledger, open.
pub struct Tables<'a> {
    pub accounts: &'a Table,
    pub transfers: &'a Table,
    pub entries: Option<&'a Table>,
    /// The trigger function of created ledgers, which lets operations on them pass.
    pub guard: pg_sys::Oid,
}

impl Direct {
    /// How to do without statements; `None` where the tables do not allow it.
    pub fn of(
        tables: &Tables<'_>,
        columns: &Columns,
        owner: pg_sys::Oid,
    ) -> Result<Option<Self>, Failure> {
        let (accounts, transfers) = (tables.accounts, tables.transfers);
        let created = tables.entries.is_some();
        let guard = if created { tables.guard } else { pg_sys::InvalidOid };
        let [read, update, insert] = [pg_sys::ACL_SELECT, pg_sys::ACL_UPDATE, pg_sys::ACL_INSERT];
        let updates = pg_sys::TRIGGER_TYPE_UPDATE;
        let inserts = pg_sys::TRIGGER_TYPE_INSERT;
        if !(accounts.is_plain(updates, guard)? && accounts.grants(owner, &[read, update])) {
            return Ok(None);
        }
        for table in [Some(transfers), tables.entries].into_iter().flatten() {
            if !(table.is_plain(inserts, guard)? && table.grants(owner, &[read, insert])) {
                return Ok(None);
            }
        }
        let Some((index, method)) = accounts.uuid_index(columns.account_id()) else {
            return Ok(None);
        };
        let memory = Memory::new();
        let (mut shapes, mut targets) = (Vec::new(), Vec::new());
        for (table, which) in [Some(accounts), Some(transfers), tables.entries].iter().zip(0..) {
            let Some(table) = table else { continue };
            let written = columns.written(which, created, table)?;
            let Some(target) = target(table, &written, which > 0, guard, &memory)? else {
                return Ok(None);
            };
            targets.push(target);
            let event = if which == 0 { updates } else { inserts };
            shapes.push(Shape { event, file: table.file()? });
        }
        let read = columns
            .read(accounts, created)?
            .iter()
            .map(|column| {
                let (column, wanted) = column.as_ref()?;
                Some(Read { place: column.place(), cast: (column.base_type, *wanted) })
            })
            .collect();
        let transfer = columns.transfer_id.as_ref().and_then(|id| {
            let index = transfers.uuid_tree(id)?;
            Some(TransferIndex { table: transfers.oid(), index })
        });
        Ok(Some(Self {
            accounts: Identified {
                table: accounts.oid(),
                index,
                column: columns.account_id().number,
                method,
            },
            read,
            owner: columns.owner().number,
            shapes,
            targets,
            guard,
            transfer,
            _memory: memory,
        }))
    }

    /// Whether the tables are what they were: locked rows, and values that were made, fit no others.
    pub fn is_current(&self) -> Result<bool, Error> {
        for (shape, target) in self.shapes.iter().zip(&self.targets) {
            let Some(table) = Table::open(target.table)? else { return Ok(false) };
            // SAFETY: an open table, and a copy that lives as long as we do.
            let same = unsafe { pg_sys::equalTupleDescs(target.description, table.description()) };
            if !same || table.file()? != shape.file || !table.is_plain(shape.event, self.guard)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Where transfers are found by their ids.
    pub fn transfer(&self) -> Option<&TransferIndex> {
        self.transfer.as_ref()
    }

    /// Whether nothing of the owner's runs when rows are written.
    pub fn is_quiet(&self) -> bool {
        self.targets.iter().all(|target| target.is_quiet)
    }

    /// Locks accounts in this order, which is that of their ids, and reads them; those that do not
    /// exist are missing. With an owner, nothing is locked unless the first of the pair is his.
    pub fn lock(
        &self,
        ids: &[Uuid],
        owned: Option<(&Uuid, &Uuid)>,
        locks: Locks,
    ) -> Result<Vec<(pg_sys::HeapTuple, AccountRow)>, Failure> {
        let condition = owned.map(|(id, value)| Condition { id, column: self.owner, value });
        let rows = self.accounts.lock(ids, condition, locks)?;
        let accounts = self.targets.first().ok_or(Error::Unexpected("a table is missing"))?;
        let columns = accounts.description;
        // SAFETY: a description that lives as long as we do.
        let count = usize::try_from(unsafe { (*columns).natts }).unwrap_or_default();
        let mut values = vec![pg_sys::Datum::null(); count];
        let mut nulls = vec![true; count];
        let mut found = Vec::with_capacity(rows.len());
        for row in rows.into_iter().filter(|row| !row.is_null()) {
            // SAFETY: a copied row of the table that the columns describe; there is room for all of them.
            unsafe {
                pg_sys::heap_deform_tuple(row, columns, values.as_mut_ptr(), nulls.as_mut_ptr());
            }
            let mut read = [None; AccountRow::COLUMNS];
            for (column, read) in self.read.iter().zip(&mut read) {
                if let Some(column) = column
                    && let (Some(value), Some(false)) =
                        (values.get(column.place), nulls.get(column.place))
                {
                    *read = cast(*value, column.cast);
                }
            }
            found.push((row, AccountRow(read)));
        }
        Ok(found)
    }

    /// Writes balances, transfers and entries, and a key; answers whether it did. Rows that are replaced
    /// become the new ones. `is_stale`: the tables are current, but were changed.
    pub fn post(
        &self,
        rows: &[Vec<Row>; 3],
        replaced: Replaced<'_>,
        noted: Option<&Noted>,
        is_stale: bool,
    ) -> Result<bool, Failure> {
        let mut groups = Vec::with_capacity(self.targets.len() + 1);
        let mut replaced = Some(replaced);
        for (target, rows) in self.targets.iter().zip(rows) {
            let replaced = replaced.take();
            groups.push(Group { target, rows, replaced });
        }
        groups.extend(noted.map(Noted::group));
        write(&mut groups, is_stale)
    }
}

/// As a statement casts it.
fn cast(value: pg_sys::Datum, types: (pg_sys::Oid, pg_sys::Oid)) -> Option<pg_sys::Datum> {
    use pg_sys::{BPCHAROID, INT4OID, INT8OID, NUMERICOID, TEXTOID};
    // SAFETY: each function takes a value of the type that it is called for.
    unsafe {
        match types {
            (INT4OID, NUMERICOID) => {
                pgrx::direct_function_call_as_datum(pg_sys::int4_numeric, &[Some(value)])
            }
            (INT8OID, NUMERICOID) => {
                pgrx::direct_function_call_as_datum(pg_sys::int8_numeric, &[Some(value)])
            }
            (BPCHAROID, TEXTOID) => {
                pgrx::direct_function_call_as_datum(pg_sys::rtrim1, &[Some(value)])
            }
            _ => Some(value),
        }
    }
}

/// `None` where values would have to be made of a type, or by a function, that is not the server's.
fn target(
    table: &Table,
    columns: &[Option<(Column, pg_sys::Oid)>],
    is_new: bool,
    guard: pg_sys::Oid,
    memory: &Memory,
) -> Result<Option<Target>, Error> {
    let checks = expressions::checks(table, memory);
    let event = if is_new { pg_sys::TRIGGER_TYPE_INSERT } else { pg_sys::TRIGGER_TYPE_UPDATE };
    // SAFETY: an open table; the copy lies in memory that lives as long as what refers to it.
    let description =
        unsafe { memory.within(|| pg_sys::CreateTupleDescCopyConstr(table.description())) };
    let mut target = Target {
        table: table.oid(),
        description,
        columns: vec![],
        defaults: vec![],
        updated: ptr::null_mut(),
        is_quiet: checks.is_some()
            && !table.has_triggers_but(event, guard)
            && expressions::indexes_are_built_in(table, memory),
        checks: checks.unwrap_or_default(),
        // The id of a transfer, the account of an entry.
        indexed_uuid: Some(0),
        partial: vec![],
        kept: KeptExecutor::new(),
    };
    for column in columns {
        let Some((column, given)) = column else {
            target.columns.push(None);
            continue;
        };
        let Some(fit) = fit(column, *given) else { return Ok(None) };
        target.columns.push(Some(target::Column { place: column.place(), fit }));
        let number = i32::from(column.number) - pg_sys::FirstLowInvalidHeapAttributeNumber;
        // SAFETY: a set in memory that lives as long as the target.
        target.updated =
            unsafe { memory.within(|| pg_sys::bms_add_member(target.updated, number)) };
    }
    if is_new {
        target.partial = partial(table, columns);
        let given: Vec<_> = columns.iter().flatten().map(|(column, _)| column.number).collect();
        for other in table.columns_but(&given) {
            let place = other.place();
            match expressions::default(table, &other, memory) {
                Some(Some(value)) => {
                    target.is_quiet &= expressions::is_closed(value);
                    target.defaults.push(Default { place, value });
                }
                Some(None) => {}
                None => return Ok(None),
            }
        }
    }
    Ok(Some(target))
}

/// The partial indexes that leave rows out for one of these values alone.
fn partial(table: &Table, columns: &[Option<(Column, pg_sys::Oid)>]) -> Vec<target::Partial> {
    let of = |index: pgrx::PgRelation| {
        let Predicate::IsNotNull(number) = predicate(&index) else { return None };
        let value = columns
            .iter()
            .position(|column| column.as_ref().is_some_and(|(one, _)| one.number == number))?;
        Some(target::Partial { index: index.oid(), value })
    };
    table.indexes().filter_map(of).collect()
}

/// What a statement would do to a value of the given type; `None` for domains, and for text of
/// limited length.
fn fit(column: &Column, given: pg_sys::Oid) -> Option<Fit> {
    match column.base_type {
        _ if column.is_domain => None,
        pg_sys::INT4OID => Some(Fit::Int4),
        pg_sys::INT8OID if given == pg_sys::NUMERICOID => Some(Fit::Int8),
        pg_sys::NUMERICOID if column.typmod >= 0 => Some(Fit::Numeric(column.typmod)),
        _ => (column.typmod < 0).then_some(Fit::AsIs),
    }
}
