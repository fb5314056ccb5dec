//! Rows looked up by several columns, and not locked.

use pgrx::pg_sys;

use super::find::NO_LOCK;
use super::server;
use crate::operation::caught::catch;
use crate::operation::failure::Failure;

/// A value that a column of an index has to hold.
pub struct Wanted {
    /// The function that tells whether two are equal, as the index has it.
    equal: pg_sys::Oid,
    collation: pg_sys::Oid,
    value: pg_sys::Datum,
}

impl Wanted {
    /// A uuid.
    pub fn uuid(value: pg_sys::Datum) -> Self {
        let collation = pg_sys::InvalidOid;
        Self { equal: pg_sys::F_UUID_EQ.into(), collation, value }
    }

    /// A text of collation "C".
    pub fn text(value: pg_sys::Datum) -> Self {
        let collation = pg_sys::C_COLLATION_OID;
        Self { equal: pg_sys::F_TEXTEQ.into(), collation, value }
    }
}

/// A row that was looked up: all its values, in the current memory context.
#[derive(Clone, Copy)]
pub struct Found {
    values: *const pg_sys::Datum,
    nulls: *const bool,
    count: usize,
}

impl Found {
    /// A column by its number; `None` is NULL, and a column that is not there.
    pub fn datum(&self, column: i16) -> Option<pg_sys::Datum> {
        let place = usize::try_from(column).ok()?.checked_sub(1).filter(|at| *at < self.count)?;
        // SAFETY: arrays as long as the row has columns.
        unsafe { (!*self.nulls.add(place)).then(|| *self.values.add(place)) }
    }
}

/// The row of a table whose columns in a unique index of it hold these values, seen by a new snapshot; `None`
/// where there is none. The table is locked as writers lock it.
pub fn find(
    table: pg_sys::Oid,
    index: pg_sys::Oid,
    wanted: &[Wanted],
) -> Result<Option<Found>, Failure> {
    // SAFETY: `look_up` calls the server directly, cannot panic, and owns nothing.
    Ok(unsafe { catch(|| look_up(table, index, wanted))? })
}

/// Whether a table, which is locked, may have rows: an ordinary one has none while its file is empty.
pub fn may_have_rows(table: pg_sys::Oid) -> Result<bool, Failure> {
    // SAFETY: the closure calls the server directly, cannot panic, and owns nothing; an ordinary table has
    // storage of its own.
    let may = unsafe {
        catch(|| {
            let table = server::table_open(table, NO_LOCK);
            let is_ordinary =
                (*(*table).rd_rel).relkind.cast_unsigned() == pg_sys::RELKIND_RELATION;
            let main = pg_sys::ForkNumber::MAIN_FORKNUM;
            let may = !is_ordinary || server::RelationGetNumberOfBlocksInFork(table, main) > 0;
            server::table_close(table, NO_LOCK);
            may
        })?
    };
    Ok(may)
}

/// # Safety
/// For `catch` alone.
unsafe fn look_up(table: pg_sys::Oid, index: pg_sys::Oid, wanted: &[Wanted]) -> Option<Found> {
    // SAFETY: a table and its index by their numbers; the arrays are as long as they are said to be. What
    // is opened is closed below, or by the abort that follows an error.
    unsafe {
        server::CommandCounterIncrement();
        server::PushActiveSnapshot(server::GetTransactionSnapshot());
        let count = wanted.len();
        let keys =
            server::palloc0(size_of::<pg_sys::ScanKeyData>() * count).cast::<pg_sys::ScanKeyData>();
        for (at, wanted) in wanted.iter().enumerate() {
            server::ScanKeyEntryInitialize(
                keys.add(at),
                0,
                at as pg_sys::AttrNumber + 1,
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                pg_sys::InvalidOid,
                wanted.collation,
                wanted.equal,
                wanted.value,
            );
        }
        // Whoever looks for a row here is about to insert it: the lock on the index is a writer's, and stays.
        let lock = pg_sys::RowExclusiveLock.cast_signed();
        let table = server::table_open(table, lock);
        let index = server::index_open(index, lock);
        let columns = (*table).rd_att;
        let slot = server::table_slot_create(table, std::ptr::null_mut());
        let scan = server::begin_scan(table, index, count);
        let none = std::ptr::null_mut();
        server::index_rescan(scan, keys, count as core::ffi::c_int, none, 0);
        let forward = pg_sys::ScanDirection::ForwardScanDirection;
        let mut found = None;
        if server::index_getnext_slot(scan, forward, slot)
            && let Some(copy) = (*(*slot).tts_ops).copy_heap_tuple
        {
            let count = (*columns).natts as usize;
            let values = server::palloc0(size_of::<pg_sys::Datum>() * count).cast();
            let nulls = server::palloc0(count).cast();
            server::heap_deform_tuple(copy(slot), columns, values, nulls);
            found = Some(Found { values, nulls, count });
        }
        server::index_endscan(scan);
        server::ExecDropSingleTupleTableSlot(slot);
        server::index_close(index, NO_LOCK);
        server::table_close(table, NO_LOCK);
        server::PopActiveSnapshot();
        found
    }
}
