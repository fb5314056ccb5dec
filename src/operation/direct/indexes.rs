//! The indexes of a table that rows are inserted into.

use pgrx::pg_sys;

use super::find::NO_LOCK;
use super::server;
use super::target::Target;
use super::write::Row;

/// Opens the indexes that will hear of the rows, for the executor: partial ones that leave out every
/// row are not touched, and what all rows fulfil is not asked of each. To be closed.
///
/// # Safety
/// For `catch` alone.
pub unsafe fn open(relation: *mut pg_sys::ResultRelInfo, target: &Target, rows: &[Row]) {
    // SAFETY: an open table; the arrays have room for all of its indexes.
    unsafe {
        let all = server::RelationGetIndexList((*relation).ri_RelationDesc);
        if all.is_null() {
            return;
        }
        let room = size_of::<*mut core::ffi::c_void>() * (*all).length.unsigned_abs() as usize;
        let opened = server::palloc0(room).cast::<pg_sys::Relation>();
        let described = server::palloc0(room).cast::<*mut pg_sys::IndexInfo>();
        let mut count = 0;
        for at in 0..(*all).length {
            let oid = (*(*all).elements.add(at.unsigned_abs() as usize)).oid_value;
            let partial = target.partial.iter().find(|partial| partial.index == oid);
            let has = |row: &Row| {
                partial.is_none_or(|partial| row.get(partial.value).is_some_and(Option::is_some))
            };
            if !rows.iter().any(has) {
                continue;
            }
            let index = server::index_open(oid, pg_sys::RowExclusiveLock.cast_signed());
            let description = server::BuildIndexInfo(index);
            if partial.is_some() && rows.iter().all(has) {
                (*description).ii_Predicate = std::ptr::null_mut();
            }
            *opened.add(count) = index;
            *described.add(count) = description;
            count += 1;
        }
        (*relation).ri_NumIndices = count as core::ffi::c_int;
        (*relation).ri_IndexRelationDescs = opened;
        (*relation).ri_IndexRelationInfo = described;
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
