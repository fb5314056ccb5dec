//! A query over one table, made as a tree, with nothing of the table's own policies in the way.

use pgrx::pg_sys::{self, Oid};

use super::node::{list, node, only};
use super::server;

/// A query over one table, without columns. `reader`: whose rights it is read with; none is whoever
/// runs it. A superuser's are bound by no policy.
///
/// # Safety
/// Inside a trial's guard.
pub unsafe fn scan(table: Oid, reader: Option<Oid>) -> *mut pg_sys::Query {
    // SAFETY: as promised; the lock is kept until the trial ends.
    unsafe {
        let state = server::make_parsestate(std::ptr::null_mut());
        let lock = pg_sys::AccessShareLock.cast_signed();
        let relation = server::table_open(table, lock);
        server::addRangeTableEntryForRelation(
            state,
            relation,
            lock,
            std::ptr::null_mut(),
            true,
            true,
        );
        server::table_close(relation, pg_sys::NoLock.cast_signed());
        let query = node::<pg_sys::Query>(pg_sys::NodeTag::T_Query);
        (*query).commandType = pg_sys::CmdType::CMD_SELECT;
        (*query).canSetTag = true;
        // Looked for where there is none, at no cost.
        (*query).hasSubLinks = true;
        (*query).rtable = (*state).p_rtable;
        #[cfg(not(feature = "pg15"))]
        {
            (*query).rteperminfos = (*state).p_rteperminfos;
        }
        let reference = node::<pg_sys::RangeTblRef>(pg_sys::NodeTag::T_RangeTblRef);
        (*reference).rtindex = 1;
        (*query).jointree = server::makeFromExpr(list(reference.cast()), std::ptr::null_mut());
        if let Some(reader) = reader {
            (*privileges(query)).checkAsUser = reader;
        }
        query
    }
}

/// Where a query of [`scan`] says which privileges it needs.
///
/// # Safety
/// A query of [`scan`].
#[cfg(feature = "pg15")]
pub unsafe fn privileges(query: *mut pg_sys::Query) -> *mut pg_sys::RangeTblEntry {
    // SAFETY: as promised: a list of one RangeTblEntry.
    unsafe { (*(*(*query).rtable).elements).ptr_value.cast() }
}

/// Where a query of [`scan`] says which privileges it needs.
///
/// # Safety
/// A query of [`scan`].
#[cfg(not(feature = "pg15"))]
pub unsafe fn privileges(query: *mut pg_sys::Query) -> *mut pg_sys::RTEPermissionInfo {
    // SAFETY: as promised: a list of one RTEPermissionInfo.
    unsafe { (*(*(*query).rteperminfos).elements).ptr_value.cast() }
}

/// The query as the server rewrites it: policies of what it reads, in sub-queries too.
///
/// # Safety
/// Inside a trial's guard; a SELECT.
pub unsafe fn rewritten(query: *mut pg_sys::Query) -> *mut pg_sys::Query {
    // SAFETY: as promised; a SELECT from a table becomes one query.
    unsafe {
        server::AcquireRewriteLocks(query, true, false);
        only(server::QueryRewrite(query)).unwrap_or(query)
    }
}
