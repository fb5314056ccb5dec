//! Rows updated and inserted, all as one command.

use core::ffi::c_int;

use pgrx::pg_sys;

use super::server;
use super::target::{Fit, Target};
use crate::operation::caught::catch;
use crate::operation::failure::Failure;

/// A row of values, in the order of the target's columns; `None` is NULL.
pub type Row = Vec<Option<pg_sys::Datum>>;

/// Rows of one table.
pub struct Group<'a> {
    pub target: &'a Target,
    pub rows: &'a [Row],
    /// For each row the one that it replaces, as it was locked, in whose place it then stands; `None`
    /// where rows are new.
    pub replaced: Option<&'a mut [pg_sys::HeapTuple]>,
}

/// Writes the groups in this order, and then runs what their tables do after each row.
pub fn write(groups: &mut [Group<'_>]) -> Result<(), Failure> {
    // SAFETY: `run` calls the server directly, cannot panic, and owns nothing.
    unsafe { catch(|| run(groups))? };
    Ok(())
}

/// # Safety
/// For `catch` alone.
unsafe fn run(groups: &mut [Group<'_>]) {
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
        for (group, number) in groups.iter_mut().zip(1..) {
            if !group.rows.is_empty() {
                write_group(estate, group, number, before);
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
) {
    // SAFETY: an executor state with this table at that place; slots have the table's columns.
    unsafe {
        let relation: *mut pg_sys::ResultRelInfo =
            server::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast();
        (*relation).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        server::ExecInitResultRelation(estate, relation, number);
        server::ExecOpenIndices(relation, false);
        take_checks(relation, group.target);
        let columns = (*(*relation).ri_RelationDesc).rd_att;
        let new = server::ExecInitExtraTupleSlot(estate, columns, &raw const pg_sys::TTSOpsVirtual);
        let old = server::ExecInitExtraTupleSlot(estate, columns, &raw const pg_sys::TTSOpsVirtual);
        let mut context = (*estate).es_per_tuple_exprcontext;
        if context.is_null() {
            context = server::MakePerTupleExprContext(estate);
        }
        let defaults = server::palloc0(
            size_of::<*mut pg_sys::ExprState>() * group.target.defaults.len().max(1),
        )
        .cast::<*mut pg_sys::ExprState>();
        if group.replaced.is_none() {
            for (at, default) in group.target.defaults.iter().enumerate() {
                *defaults.add(at) = server::ExecInitExpr(default.value, std::ptr::null_mut());
            }
        }
        let mut replaced = group.replaced.as_deref_mut().unwrap_or_default().iter_mut();
        for row in group.rows {
            server::check_for_interrupts();
            server::MemoryContextReset((*context).ecxt_per_tuple_memory);
            let query = pg_sys::CurrentMemoryContext;
            pg_sys::CurrentMemoryContext = (*context).ecxt_per_tuple_memory;
            if let Some(clear) = (*(*new).tts_ops).clear {
                clear(new);
            }
            let previous = replaced.next();
            match &previous {
                Some(previous) => server::heap_deform_tuple(
                    **previous,
                    columns,
                    (*new).tts_values,
                    (*new).tts_isnull,
                ),
                None => fill(group.target, defaults, context, new),
            }
            for (column, value) in group.target.columns.iter().zip(row) {
                let Some(column) = column else { continue };
                *(*new).tts_isnull.add(column.place) = value.is_none();
                if let Some(value) = value {
                    *(*new).tts_values.add(column.place) = fitted(*value, column.fit);
                }
            }
            server::ExecStoreVirtualTuple(new);
            // Constraints may ask for it.
            (*new).tts_tableOid = group.target.table;
            pg_sys::CurrentMemoryContext = query;
            match previous {
                Some(previous) => {
                    (*old).tts_tid = (**previous).t_self;
                    // No trigger runs before a row here, so that nothing is checked again.
                    let recheck = std::ptr::null_mut();
                    server::ExecSimpleRelationUpdate(relation, estate, recheck, old, new);
                    pg_sys::CurrentMemoryContext = outside;
                    if let Some(copy) = (*(*new).tts_ops).copy_heap_tuple {
                        *previous = copy(new);
                        (**previous).t_self = (*new).tts_tid;
                    }
                    pg_sys::CurrentMemoryContext = query;
                }
                None => server::ExecSimpleRelationInsert(relation, estate, new),
            }
        }
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
