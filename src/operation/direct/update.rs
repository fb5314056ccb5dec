//! Rows updated.

use pgrx::pg_sys;

use super::executor::Executor;
use super::server;
use super::target::Target;
use super::values::{begin_rows, store};
use super::write::{Replaced, Row};

/// Puts new versions in the place of rows, as the server's replication worker does; answers whether it
/// did. No trigger runs before a row here, so that nothing is checked again.
///
/// # Safety
/// For `catch` alone; there must be a replaced row for each row.
pub unsafe fn update(
    executor: &Executor,
    target: &Target,
    rows: &[Row],
    replaced: &mut Replaced<'_>,
) -> bool {
    let Executor { state, relation, values: new, stored, .. } = *executor;
    // SAFETY: slots have the table's columns.
    unsafe {
        let table = (*relation).ri_RelationDesc;
        let columns = (*table).rd_att;
        server::CheckCmdReplicaIdentity(table, pg_sys::CmdType::CMD_UPDATE);
        let unlocked = replaced.unlocked;
        let others = (0..rows.len()).filter(|at| Some(*at) != unlocked);
        for at in unlocked.into_iter().chain(others) {
            let (Some(row), Some(previous)) = (rows.get(at), replaced.rows.get_mut(at)) else {
                continue;
            };
            server::check_for_interrupts();
            let current = begin_rows(state);
            server::clear(new);
            server::heap_deform_tuple(*previous, columns, (*new).tts_values, (*new).tts_isnull);
            store(target, row, new);
            pg_sys::CurrentMemoryContext = current;
            if !(*columns).constr.is_null() {
                server::ExecConstraints(relation, new, state);
            }
            let mut tid = (**previous).t_self;
            if let Some(form) = (*(*new).tts_ops).copy_heap_tuple {
                *previous = form(new);
            }
            server::ExecStoreHeapTuple(*previous, stored, false);
            let mut indexes = server::UpdateIndexes::default();
            if !replace(state, table, &raw mut tid, stored, &mut indexes, Some(at) != unlocked) {
                return false;
            }
            (*new).tts_tid = (*stored).tts_tid;
            // Most new versions stay on the page, and no index hears of them.
            let mut recheck = std::ptr::null_mut();
            if indexes != server::UpdateIndexes::default() {
                if (*relation).ri_IndexRelationDescs.is_null() {
                    server::ExecOpenIndices(relation, false);
                }
                recheck = server::insert_index_tuples(relation, new, state, indexes);
            }
            server::ExecARUpdateTriggers(
                state,
                relation,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                &raw mut tid,
                std::ptr::null_mut(),
                new,
                recheck,
                std::ptr::null_mut(),
                false,
            );
        }
        true
    }
}

/// Puts a new version in the place of one; answers whether it did, which it does if that is locked, and
/// if it is the last one still, whatever becomes of who is about to change it.
///
/// # Safety
/// For `catch` alone.
unsafe fn replace(
    state: *mut pg_sys::EState,
    table: pg_sys::Relation,
    tid: pg_sys::ItemPointer,
    new: *mut pg_sys::TupleTableSlot,
    indexes: &mut server::UpdateIndexes,
    is_locked: bool,
) -> bool {
    // SAFETY: an open table and its slot.
    unsafe {
        let snapshot = (*state).es_snapshot;
        let update = (*(*table).rd_tableam).tuple_update.filter(|_| !is_locked);
        let Some(update) = update else {
            server::simple_table_tuple_update(table, tid, new, snapshot, indexes);
            return true;
        };
        let mut failure = pg_sys::TM_FailureData::default();
        let mut mode = pg_sys::LockTupleMode::LockTupleNoKeyExclusive;
        let command = (*state).es_output_cid;
        let none = std::ptr::null_mut();
        let wait = true;
        update(
            table,
            tid,
            new,
            command,
            snapshot,
            none,
            wait,
            &raw mut failure,
            &raw mut mode,
            indexes,
        ) == pg_sys::TM_Result::TM_Ok
    }
}
