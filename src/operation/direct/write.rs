//! Rows updated and inserted, all as one command.

use core::ffi::c_int;

use pgrx::pg_sys;

use super::target::{Fit, Target};
use super::{indexes, server};
use crate::operation::caught::catch;
use crate::operation::failure::Failure;

/// A row of values, in the order of the target's columns; `None` is NULL.
pub type Row = Vec<Option<pg_sys::Datum>>;

/// Rows of one table.
pub struct Group<'a> {
    pub target: &'a Target,
    pub rows: &'a [Row],
    /// For each row the one that it replaces, in whose place it then stands; `None` where rows are new.
    pub replaced: Option<Replaced<'a>>,
}

/// Rows to be replaced, as they were read.
pub struct Replaced<'a> {
    pub rows: &'a mut [pg_sys::HeapTuple],
    /// One of them that is not locked: it is the first to be written.
    pub unlocked: Option<usize>,
}

/// Writes the groups in this order, and then runs what their tables do after each row. Answers whether
/// it did: nothing is written where somebody else has changed the row that is not locked, which must
/// be in the first group.
pub fn write(groups: &mut [Group<'_>]) -> Result<bool, Failure> {
    // SAFETY: `run` calls the server directly, cannot panic, and owns nothing.
    Ok(unsafe { catch(|| run(groups))? })
}

/// # Safety
/// For `catch` alone.
unsafe fn run(groups: &mut [Group<'_>]) -> bool {
    // SAFETY: the tables are locked, and their targets describe them as they are. The state of the
    // executor is made and ended as for a statement; after an error the abort ends it.
    unsafe {
        let before = pg_sys::CurrentMemoryContext;
        server::CommandCounterIncrement();
        // Code of the owner's sees what is committed by now, as in a statement; nothing else looks.
        let needs_snapshot =
            !server::ActiveSnapshotSet() || !groups.iter().all(|group| group.target.is_quiet);
        if needs_snapshot {
            server::PushActiveSnapshot(server::GetTransactionSnapshot());
        }
        let estate = server::CreateExecutorState();
        pg_sys::CurrentMemoryContext = (*estate).es_query_cxt;
        range_table(estate, groups);
        (*estate).es_snapshot = server::GetActiveSnapshot();
        (*estate).es_output_cid = server::GetCurrentCommandId(true);
        server::AfterTriggerBeginQuery();
        let mut is_written = true;
        for (group, number) in groups.iter_mut().zip(1..) {
            if is_written && !group.rows.is_empty() {
                is_written = write_group(estate, group, number, before);
            }
        }
        server::AfterTriggerEndQuery(estate);
        server::ExecResetTupleTable((*estate).es_tupleTable, false);
        server::ExecCloseResultRelations(estate);
        server::ExecCloseRangeTableRelations(estate);
        server::FreeExecutorState(estate);
        pg_sys::CurrentMemoryContext = before;
        if needs_snapshot {
            server::PopActiveSnapshot();
        }
        server::CommandCounterIncrement();
        is_written
    }
}

/// # Safety
/// For `catch` alone.
unsafe fn range_table(estate: *mut pg_sys::EState, groups: &[Group<'_>]) {
    // SAFETY: nodes are zeroed memory with their tag, as the server makes them.
    unsafe {
        let mut tables: *mut pg_sys::List = std::ptr::null_mut();
        #[cfg(not(feature = "pg15"))]
        let mut permissions: *mut pg_sys::List = std::ptr::null_mut();
        #[cfg(feature = "pg18")]
        let mut unpruned: *mut pg_sys::Bitmapset = std::ptr::null_mut();
        for (group, _number) in groups.iter().zip(1..) {
            let table: *mut pg_sys::RangeTblEntry =
                server::palloc0(size_of::<pg_sys::RangeTblEntry>()).cast();
            (*table).type_ = pg_sys::NodeTag::T_RangeTblEntry;
            (*table).rtekind = pg_sys::RTEKind::RTE_RELATION;
            (*table).relid = group.target.table;
            (*table).relkind = pg_sys::RELKIND_RELATION as core::ffi::c_char;
            (*table).rellockmode = pg_sys::RowExclusiveLock.cast_signed();
            let updated =
                if group.replaced.is_some() { group.target.written } else { std::ptr::null_mut() };
            #[cfg(feature = "pg15")]
            {
                (*table).updatedCols = updated;
            }
            #[cfg(not(feature = "pg15"))]
            {
                let permission = server::addRTEPermissionInfo(&raw mut permissions, table);
                (*permission).updatedCols = updated;
            }
            #[cfg(feature = "pg18")]
            {
                unpruned = server::bms_add_member(unpruned, _number);
            }
            tables = server::lappend(tables, table.cast());
        }
        #[cfg(feature = "pg15")]
        server::ExecInitRangeTable(estate, tables);
        #[cfg(any(feature = "pg16", feature = "pg17"))]
        server::ExecInitRangeTable(estate, tables, permissions);
        #[cfg(feature = "pg18")]
        server::ExecInitRangeTable(estate, tables, permissions, unpruned);
    }
}

/// # Safety
/// For `catch` alone.
unsafe fn write_group(
    estate: *mut pg_sys::EState,
    group: &mut Group<'_>,
    number: pg_sys::Index,
    outside: pg_sys::MemoryContext,
) -> bool {
    // SAFETY: an executor state with this table at that place.
    unsafe {
        let relation: *mut pg_sys::ResultRelInfo =
            server::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast();
        (*relation).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        server::ExecInitResultRelation(estate, relation, number);
        take_checks(relation, group.target);
        if (*estate).es_per_tuple_exprcontext.is_null() {
            server::MakePerTupleExprContext(estate);
        }
        match &mut group.replaced {
            Some(replaced) => update(estate, relation, group.target, group.rows, replaced, outside),
            None => {
                insert(estate, relation, group.target, group.rows);
                true
            }
        }
    }
}

/// Puts new versions in the place of rows, as the server's replication worker does; answers whether it
/// did. No trigger runs before a row here, so that nothing is checked again.
///
/// # Safety
/// For `catch` alone; there must be a replaced row for each row.
unsafe fn update(
    estate: *mut pg_sys::EState,
    relation: *mut pg_sys::ResultRelInfo,
    target: &Target,
    rows: &[Row],
    replaced: &mut Replaced<'_>,
    outside: pg_sys::MemoryContext,
) -> bool {
    // SAFETY: slots have the table's columns.
    unsafe {
        let table = (*relation).ri_RelationDesc;
        let columns = (*table).rd_att;
        server::CheckCmdReplicaIdentity(table, pg_sys::CmdType::CMD_UPDATE);
        let new = server::ExecInitExtraTupleSlot(estate, columns, &raw const pg_sys::TTSOpsVirtual);
        let unlocked = replaced.unlocked;
        let others = (0..rows.len()).filter(|at| Some(*at) != unlocked);
        for at in unlocked.into_iter().chain(others) {
            let (Some(row), Some(previous)) = (rows.get(at), replaced.rows.get_mut(at)) else {
                continue;
            };
            server::check_for_interrupts();
            let query = begin_rows(estate);
            server::clear(new);
            server::heap_deform_tuple(*previous, columns, (*new).tts_values, (*new).tts_isnull);
            store(target, row, new);
            pg_sys::CurrentMemoryContext = query;
            if !(*columns).constr.is_null() {
                server::ExecConstraints(relation, new, estate);
            }
            let mut tid = (**previous).t_self;
            let mut indexes = server::UpdateIndexes::default();
            if !replace(estate, table, &raw mut tid, new, &mut indexes, Some(at) != unlocked) {
                return false;
            }
            // Most new versions stay on the page, and no index hears of them.
            let mut recheck = std::ptr::null_mut();
            if indexes != server::UpdateIndexes::default() {
                if (*relation).ri_IndexRelationDescs.is_null() {
                    server::ExecOpenIndices(relation, false);
                }
                recheck = server::insert_index_tuples(relation, new, estate, indexes);
            }
            server::ExecARUpdateTriggers(
                estate,
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
            pg_sys::CurrentMemoryContext = outside;
            if let Some(copy) = (*(*new).tts_ops).copy_heap_tuple {
                *previous = copy(new);
                (**previous).t_self = (*new).tts_tid;
            }
            pg_sys::CurrentMemoryContext = query;
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
    estate: *mut pg_sys::EState,
    table: pg_sys::Relation,
    tid: pg_sys::ItemPointer,
    new: *mut pg_sys::TupleTableSlot,
    indexes: &mut server::UpdateIndexes,
    is_locked: bool,
) -> bool {
    // SAFETY: an open table and its slot.
    unsafe {
        let snapshot = (*estate).es_snapshot;
        let update = (*(*table).rd_tableam).tuple_update.filter(|_| !is_locked);
        let Some(update) = update else {
            server::simple_table_tuple_update(table, tid, new, snapshot, indexes);
            return true;
        };
        let mut failure = pg_sys::TM_FailureData::default();
        let mut mode = pg_sys::LockTupleMode::LockTupleNoKeyExclusive;
        let command = (*estate).es_output_cid;
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

/// How many rows are inserted at once.
const AT_ONCE: usize = 500;

/// Inserts rows, many at once as COPY does.
///
/// # Safety
/// For `catch` alone.
unsafe fn insert(
    estate: *mut pg_sys::EState,
    relation: *mut pg_sys::ResultRelInfo,
    target: &Target,
    rows: &[Row],
) {
    // SAFETY: slots have the table's columns; there is one for each row of a chunk.
    unsafe {
        let table = (*relation).ri_RelationDesc;
        let columns = (*table).rd_att;
        indexes::open(relation, target, rows);
        let context = (*estate).es_per_tuple_exprcontext;
        let defaults = server::palloc0(size_of::<*mut pg_sys::ExprState>() * target.defaults.len())
            .cast::<*mut pg_sys::ExprState>();
        for (at, default) in target.defaults.iter().enumerate() {
            *defaults.add(at) = server::ExecInitExpr(default.value, std::ptr::null_mut());
        }
        let slots =
            server::palloc0(size_of::<*mut pg_sys::TupleTableSlot>() * rows.len().min(AT_ONCE))
                .cast::<*mut pg_sys::TupleTableSlot>();
        for rows in rows.chunks(AT_ONCE) {
            server::check_for_interrupts();
            let query = begin_rows(estate);
            for (at, row) in rows.iter().enumerate() {
                if (*slots.add(at)).is_null() {
                    pg_sys::CurrentMemoryContext = query;
                    *slots.add(at) = server::ExecInitExtraTupleSlot(
                        estate,
                        columns,
                        &raw const pg_sys::TTSOpsVirtual,
                    );
                    pg_sys::CurrentMemoryContext = (*context).ecxt_per_tuple_memory;
                }
                let new = *slots.add(at);
                server::clear(new);
                fill(target, defaults, context, new);
                store(target, row, new);
            }
            pg_sys::CurrentMemoryContext = query;
            let count = rows.len();
            for at in 0..count {
                if !(*columns).constr.is_null() {
                    server::ExecConstraints(relation, *slots.add(at), estate);
                }
            }
            let command = (*estate).es_output_cid;
            server::heap_multi_insert(
                table,
                slots,
                count as c_int,
                command,
                0,
                std::ptr::null_mut(),
            );
            for at in 0..count {
                let new = *slots.add(at);
                let mut recheck = std::ptr::null_mut();
                if (*relation).ri_NumIndices > 0 {
                    recheck = server::insert_index_tuples(
                        relation,
                        new,
                        estate,
                        server::UpdateIndexes::default(),
                    );
                }
                server::ExecARInsertTriggers(estate, relation, new, recheck, std::ptr::null_mut());
            }
        }
    }
}

/// Forgets the values of rows that were written, and makes room for those of others; answers the
/// memory to go back to.
///
/// # Safety
/// For `catch` alone; the state must have a context for rows.
unsafe fn begin_rows(estate: *mut pg_sys::EState) -> pg_sys::MemoryContext {
    // SAFETY: as promised.
    unsafe {
        let memory = (*(*estate).es_per_tuple_exprcontext).ecxt_per_tuple_memory;
        server::MemoryContextReset(memory);
        std::mem::replace(&mut *&raw mut pg_sys::CurrentMemoryContext, memory)
    }
}

/// Stores the values of a row over what is in the slot.
///
/// # Safety
/// For `catch` alone; the slot must have the table's columns, all of them set.
unsafe fn store(target: &Target, row: &Row, slot: *mut pg_sys::TupleTableSlot) {
    // SAFETY: as promised.
    unsafe {
        for (column, value) in target.columns.iter().zip(row) {
            let Some(column) = column else { continue };
            *(*slot).tts_isnull.add(column.place) = value.is_none();
            if let Some(value) = value {
                *(*slot).tts_values.add(column.place) = fitted(*value, column.fit);
            }
        }
        server::ExecStoreVirtualTuple(slot);
        // Constraints may ask for it.
        (*slot).tts_tableOid = target.table;
    }
}

/// Gives the constraints to the executor, which would read and plan their text otherwise, as for each
/// statement.
///
/// # Safety
/// For `catch` alone.
unsafe fn take_checks(relation: *mut pg_sys::ResultRelInfo, target: &Target) {
    if target.checks.is_empty() {
        return;
    }
    // SAFETY: one state for each constraint of the table, where the executor looks for them.
    unsafe {
        let states = server::palloc0(size_of::<*mut pg_sys::ExprState>() * target.checks.len())
            .cast::<*mut pg_sys::ExprState>();
        for (at, check) in target.checks.iter().enumerate() {
            *states.add(at) = server::ExecInitExpr(*check, std::ptr::null_mut());
        }
        #[cfg(not(feature = "pg18"))]
        {
            (*relation).ri_ConstraintExprs = states;
        }
        #[cfg(feature = "pg18")]
        {
            (*relation).ri_CheckConstraintExprs = states;
        }
    }
}

/// A new row: defaults, and NULL where there is none.
///
/// # Safety
/// For `catch` alone.
unsafe fn fill(
    target: &Target,
    defaults: *mut *mut pg_sys::ExprState,
    context: *mut pg_sys::ExprContext,
    slot: *mut pg_sys::TupleTableSlot,
) {
    // SAFETY: the slot has as many values as the table has columns, and there is a state for each
    // default.
    unsafe {
        let count = (*(*slot).tts_tupleDescriptor).natts;
        for place in 0..usize::try_from(count).unwrap_or_default() {
            *(*slot).tts_isnull.add(place) = true;
        }
        for (at, default) in target.defaults.iter().enumerate() {
            let state = *defaults.add(at);
            if let Some(evaluate) = (*state).evalfunc {
                let null = (*slot).tts_isnull.add(default.place);
                *(*slot).tts_values.add(default.place) = evaluate(state, context, null);
            }
        }
    }
}

/// # Safety
/// For `catch` alone; the value must be a numeric where the fit is about numerics.
unsafe fn fitted(value: pg_sys::Datum, fit: Fit) -> pg_sys::Datum {
    let none = pg_sys::InvalidOid;
    // SAFETY: as promised.
    unsafe {
        match fit {
            Fit::AsIs => value,
            Fit::Numeric(modifier) => server::DirectFunctionCall2Coll(
                server::numeric,
                none,
                value,
                pg_sys::Datum::from(modifier as c_int),
            ),
            Fit::Int4 => server::DirectFunctionCall1Coll(server::numeric_int4, none, value),
            Fit::Int8 => server::DirectFunctionCall1Coll(server::numeric_int8, none, value),
        }
    }
}
