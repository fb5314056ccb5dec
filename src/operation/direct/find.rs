//! Rows found by their uuid, and locked as `SELECT ... FOR NO KEY UPDATE` would.

use pgrx::pg_sys;
use uuid::Uuid;

use super::fetch::fetch;
use super::server;
use crate::error::{AtomicError, Error};
use crate::operation::caught::catch;
use crate::operation::failure::Failure;

/// A table whose rows have a uuid, by a unique index on that column alone.
pub struct Identified {
    pub table: pg_sys::Oid,
    pub index: pg_sys::Oid,
    /// The number of the column.
    pub column: i16,
    pub method: Method,
}

/// Which of several rows are locked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Locks {
    All,
    /// Who writes the last one has to see whether it is what it was.
    AllButLast,
}

/// What kind of index finds a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Method {
    BTree,
    /// Finds rows of other ids besides, which have the same hash.
    Hash,
}

/// A row of this id holds this uuid in this column.
#[derive(Clone, Copy)]
pub struct Condition<'a> {
    pub id: &'a Uuid,
    pub column: i16,
    pub value: &'a Uuid,
}

/// How a search ends that is no error of the server's.
#[derive(Clone, Copy)]
enum Ending {
    Done,
    /// Above READ COMMITTED: somebody changed a row since the snapshot was taken.
    ChangedMeanwhile,
    Unexpected,
}

impl Identified {
    /// The rows of these ids, seen by one new snapshot, locked in this order, but for the last one if
    /// so wanted, and copied into the current memory context; null for ids that have none. Nothing is
    /// locked, and nothing found, unless the condition holds in that snapshot.
    pub fn lock(
        &self,
        ids: &[Uuid],
        condition: Option<Condition<'_>>,
        locks: Locks,
    ) -> Result<Vec<pg_sys::HeapTuple>, Failure> {
        let mut rows = vec![std::ptr::null_mut(); ids.len()];
        let places = rows.as_mut_slice();
        // SAFETY: `search` calls the server directly, cannot panic, and owns nothing.
        match unsafe { catch(|| self.search(ids, condition, locks, places))? } {
            Ending::Done => Ok(rows),
            Ending::ChangedMeanwhile => Err(AtomicError::ConcurrentUpdate.into()),
            Ending::Unexpected => Err(Error::Unexpected("a row cannot be locked").into()),
        }
    }

    /// # Safety
    /// For `catch` alone.
    unsafe fn search(
        &self,
        ids: &[Uuid],
        condition: Option<Condition<'_>>,
        locks: Locks,
        places: &mut [pg_sys::HeapTuple],
    ) -> Ending {
        // SAFETY: the ledger's lock on the table and this call's on the index keep both as they are;
        // what is opened is closed below, or by the abort that follows an error.
        unsafe {
            server::PreventCommandIfParallelMode(c"SELECT FOR NO KEY UPDATE".as_ptr());
            server::CommandCounterIncrement();
            server::PushActiveSnapshot(server::GetTransactionSnapshot());
            let table = server::table_open(self.table, NO_LOCK);
            // Kept to the end of the transaction, as a statement would, in the mode of writers.
            let index = server::index_open(self.index, pg_sys::RowExclusiveLock.cast_signed());
            let mut search = Search {
                table,
                scan: server::begin_scan(table, index, 1),
                key: pg_sys::ScanKeyData::default(),
                seen: server::table_slot_create(table, std::ptr::null_mut()),
                locked: server::table_slot_create(table, std::ptr::null_mut()),
                column: self.column,
            };
            server::ScanKeyInit(
                &raw mut search.key,
                1,
                match self.method {
                    Method::BTree => pg_sys::BTEqualStrategyNumber,
                    Method::Hash => pg_sys::HTEqualStrategyNumber,
                } as pg_sys::StrategyNumber,
                pg_sys::Oid::from(pg_sys::F_UUID_EQ),
                pg_sys::Datum::null(),
            );
            let mut ending = Ending::Done;
            if condition.is_none_or(|wanted| {
                search.find(wanted.id) && holds(search.seen, wanted.column, wanted.value)
            }) {
                for (at, (id, place)) in ids.iter().zip(places).enumerate() {
                    server::check_for_interrupts();
                    if search.find(id) {
                        let is_last = at + 1 == ids.len();
                        ending = if is_last && locks == Locks::AllButLast {
                            take(search.seen, place)
                        } else {
                            search.lock(id, place)
                        };
                    }
                    if !matches!(ending, Ending::Done) {
                        break;
                    }
                }
            }
            server::ExecDropSingleTupleTableSlot(search.locked);
            server::ExecDropSingleTupleTableSlot(search.seen);
            server::index_endscan(search.scan);
            server::index_close(index, NO_LOCK);
            server::table_close(table, NO_LOCK);
            server::PopActiveSnapshot();
            ending
        }
    }
}

/// The lock is there already, or stays to the end of the transaction.
pub const NO_LOCK: pg_sys::LOCKMODE = pg_sys::NoLock.cast_signed();

struct Search {
    table: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    key: pg_sys::ScanKeyData,
    seen: *mut pg_sys::TupleTableSlot,
    locked: *mut pg_sys::TupleTableSlot,
    column: i16,
}

impl Search {
    /// Whether there is a row of this id; it is in `seen` then.
    ///
    /// # Safety
    /// For `catch` alone.
    unsafe fn find(&mut self, id: &Uuid) -> bool {
        self.key.sk_argument = pg_sys::Datum::from(id.as_bytes().as_ptr());
        // SAFETY: an open scan; the server copies the key, and the id outlives the search.
        unsafe {
            server::index_rescan(self.scan, &raw mut self.key, 1, std::ptr::null_mut(), 0);
            loop {
                let forward = pg_sys::ScanDirection::ForwardScanDirection;
                let place = server::index_getnext_tid(self.scan, forward);
                if place.is_null() {
                    return false;
                }
                let (found, is_dead) = fetch(self.table, *place, self.seen);
                if found && holds(self.seen, self.column, id) {
                    return true;
                }
                (*self.scan).kill_prior_tuple = is_dead;
            }
        }
    }

    /// Locks the row in `seen` and copies what it is then; it stays missing where it is gone.
    ///
    /// # Safety
    /// For `catch` alone, after `find`.
    unsafe fn lock(&mut self, id: &Uuid, place: &mut pg_sys::HeapTuple) -> Ending {
        // SAFETY: a row of this open table. Results are read as the executor reads them when it
        // locks rows for a SELECT.
        unsafe {
            let one_snapshot = pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ.cast_signed();
            let mut flags = pg_sys::TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;
            if !one_snapshot {
                flags |= pg_sys::TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
            }
            let Some(lock) = (*(*self.table).rd_tableam).tuple_lock else {
                return Ending::Unexpected;
            };
            let mut tid = (*self.seen).tts_tid;
            let mut found = pg_sys::TM_FailureData::default();
            match lock(
                self.table,
                &raw mut tid,
                server::GetActiveSnapshot(),
                self.locked,
                server::GetCurrentCommandId(true),
                pg_sys::LockTupleMode::LockTupleNoKeyExclusive,
                pg_sys::LockWaitPolicy::LockWaitBlock,
                flags as u8,
                &raw mut found,
            ) {
                pg_sys::TM_Result::TM_Ok => {
                    // Another version than the one that was found may be another account's.
                    if !found.traversed || holds(self.locked, self.column, id) {
                        return take(self.locked, place);
                    }
                    Ending::Done
                }
                pg_sys::TM_Result::TM_SelfModified => Ending::Done,
                pg_sys::TM_Result::TM_Deleted if !one_snapshot => Ending::Done,
                pg_sys::TM_Result::TM_Updated | pg_sys::TM_Result::TM_Deleted if one_snapshot => {
                    Ending::ChangedMeanwhile
                }
                _ => Ending::Unexpected,
            }
        }
    }
}

/// Copies the row in a slot, and empties it: a page that is looked at cannot be tidied.
///
/// # Safety
/// For `catch` alone; the slot must hold a row.
unsafe fn take(slot: *mut pg_sys::TupleTableSlot, place: &mut pg_sys::HeapTuple) -> Ending {
    // SAFETY: as promised.
    unsafe {
        let Some(copy) = (*(*slot).tts_ops).copy_heap_tuple else { return Ending::Unexpected };
        *place = copy(slot);
        server::clear(slot);
        Ending::Done
    }
}

/// Whether a column of the row in the slot, of type uuid, holds this value.
///
/// # Safety
/// For `catch` alone; the slot must hold a row that has the column.
unsafe fn holds(slot: *mut pg_sys::TupleTableSlot, column: i16, value: &Uuid) -> bool {
    let column = usize::from(column.unsigned_abs());
    // SAFETY: the server fills that many values; a uuid is sixteen bytes in memory.
    unsafe {
        if usize::from((*slot).tts_nvalid.unsigned_abs()) < column {
            server::slot_getsomeattrs_int(slot, column as core::ffi::c_int);
        }
        !*(*slot).tts_isnull.add(column - 1)
            && *(*slot).tts_values.add(column - 1).cast_const().read().cast_mut_ptr::<[u8; 16]>()
                == *value.as_bytes()
    }
}
