//! Rows updated and inserted, all as one command.

use pgrx::pg_sys;

use super::insert::insert;
use super::server;
use super::target::Target;
use super::update::update;
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
