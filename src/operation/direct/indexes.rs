//! The indexes of a table that rows are inserted into.

use pgrx::pg_sys;

use super::find::NO_LOCK;
use super::server;
use super::target::Target;
use super::write::Row;

/// The indexes of a table, described once for all rows that an executor inserts. Plain data in memory of the
/// server's.
pub struct Indexes {
    context: pg_sys::MemoryContext,
    all: *mut Index,
    count: usize,
    /// Room for those that are open, as the executor wants them.
    opened: *mut pg_sys::Relation,
    described: *mut *mut pg_sys::IndexInfo,
}

struct Index {
    oid: pg_sys::Oid,
    description: *mut pg_sys::IndexInfo,
    predicate: *mut pg_sys::List,
}

impl Indexes {
    /// To be described in the current memory context, at the first row.
    ///
    /// # Safety
    /// For `catch` alone.
    pub unsafe fn new() -> *mut Self {
        // SAFETY: zeroed memory of that size; no index as yet.
        unsafe {
            let this = server::palloc0(size_of::<Self>()).cast::<Self>();
            (*this).context = pg_sys::CurrentMemoryContext;
            this
        }
    }

    /// All or nothing: to open an index may fail, as where somebody has it locked.
    ///
    /// # Safety
    /// For `catch` alone; the table must be open, and the one of these indexes.
    unsafe fn describe(&mut self, table: pg_sys::Relation) {
        // SAFETY: lists and arrays are as long as the server says.
        unsafe {
            let current = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = self.context;
            let list = server::RelationGetIndexList(table);
            if let Some(list) = list.as_ref() {
                let count = list.length.unsigned_abs() as usize;
                let all = server::palloc0(size_of::<Index>() * count).cast::<Index>();
                for at in 0..count {
                    let oid = (*list.elements.add(at)).oid_value;
                    let open = server::index_open(oid, pg_sys::RowExclusiveLock.cast_signed());
                    let description = server::BuildIndexInfo(open);
                    let predicate = (*description).ii_Predicate;
                    all.add(at).write(Index { oid, description, predicate });
                    server::index_close(open, NO_LOCK);
                }
                let room = size_of::<*mut core::ffi::c_void>() * count;
                let (opened, described) = (server::palloc0(room), server::palloc0(room));
                *self = Self {
                    context: self.context,
                    all,
                    count,
                    opened: opened.cast(),
                    described: described.cast(),
                };
            }
            pg_sys::CurrentMemoryContext = current;
        }
    }
}

/// Opens the indexes that will hear of the rows, for the executor: partial ones that leave out every
/// row are not touched, and what all rows fulfil is not asked of each. To be closed.
///
/// # Safety
/// For `catch` alone; they must be the table's.
pub unsafe fn open(
    indexes: *mut Indexes,
    relation: *mut pg_sys::ResultRelInfo,
    target: &Target,
    rows: &[Row],
) {
    // SAFETY: an open table; the arrays have room for all of its indexes.
    unsafe {
        let indexes = &mut *indexes;
        if indexes.all.is_null() {
            indexes.describe((*relation).ri_RelationDesc);
        }
        let mut count = 0;
        for at in 0..indexes.count {
            let Index { oid, description, predicate } = *indexes.all.add(at);
            let partial = target.partial.iter().find(|partial| partial.index == oid);
            let has = |row: &Row| {
                partial.is_none_or(|partial| row.get(partial.value).is_some_and(Option::is_some))
            };
            if !rows.iter().any(has) {
                continue;
            }
            let index = server::index_open(oid, pg_sys::RowExclusiveLock.cast_signed());
            let all_have = partial.is_some() && rows.iter().all(has);
            refresh(description, index, if all_have { std::ptr::null_mut() } else { predicate });
            *indexes.opened.add(count) = index;
            *indexes.described.add(count) = description;
            count += 1;
        }
        (*relation).ri_NumIndices = count as core::ffi::c_int;
        (*relation).ri_IndexRelationDescs = indexes.opened;
        (*relation).ri_IndexRelationInfo = indexes.described;
    }
}

/// Makes a description good for one more command: nothing in it may be left of the last, whose memory is
/// gone, and an index that is being built may have become ready meanwhile.
///
/// # Safety
/// For `catch` alone; the description must be of this index.
unsafe fn refresh(
    description: *mut pg_sys::IndexInfo,
    index: pg_sys::Relation,
    predicate: *mut pg_sys::List,
) {
    // SAFETY: as promised; an open index has its catalog row.
    unsafe {
        (*description).ii_ReadyForInserts = (*(*index).rd_index).indisready;
        (*description).ii_Predicate = predicate;
        (*description).ii_PredicateState = std::ptr::null_mut();
        (*description).ii_ExpressionsState = std::ptr::null_mut();
        (*description).ii_AmCache = std::ptr::null_mut();
        (*description).ii_Context = pg_sys::CurrentMemoryContext;
    }
}

/// Closes the indexes that are open; the locks stay.
///
/// # Safety
/// For `catch` alone.
pub unsafe fn close(relation: *mut pg_sys::ResultRelInfo) {
    // SAFETY: arrays as long as they are said to be.
    unsafe {
        for at in 0..usize::try_from((*relation).ri_NumIndices).unwrap_or_default() {
            let index = *(*relation).ri_IndexRelationDescs.add(at);
            if index.is_null() {
                continue;
            }
            #[cfg(any(feature = "pg17", feature = "pg18"))]
            server::index_insert_cleanup(index, *(*relation).ri_IndexRelationInfo.add(at));
            server::index_close(index, NO_LOCK);
        }
    }
}
