//! What the executor asks for when rows of a table are written. Where no code but the server's own runs
//! then, it is made once and kept: a transfer would spend as much on making it as on writing a row.

use std::cell::Cell;

use pgrx::pg_sys;

use super::find::NO_LOCK;
use super::indexes::Indexes;
use super::target::Target;
use super::{indexes, server};
use crate::operation::memory::Memory;

/// Plain data in memory of the server's, which is freed as a whole.
#[derive(Clone, Copy)]
pub struct Executor {
    pub state: *mut pg_sys::EState,
    pub relation: *mut pg_sys::ResultRelInfo,
    /// A row as values, and as the table stores it.
    pub values: *mut pg_sys::TupleTableSlot,
    pub stored: *mut pg_sys::TupleTableSlot,
    /// The target's defaults, in its order.
    pub defaults: *mut *mut pg_sys::ExprState,
    /// Those that rows are inserted into.
    pub indexes: *mut Indexes,
}

/// Where a target's executor is kept.
pub struct KeptExecutor {
    memory: Memory,
    executor: Cell<Option<Executor>>,
}

impl KeptExecutor {
    /// Nothing as yet.
    pub fn new() -> Self {
        Self { memory: Memory::new(), executor: Cell::new(None) }
    }
}

impl Executor {
    /// Opens the target's table; what is made while rows are written lies in the current memory context,
    /// as does an executor that is not kept: where other code runs meanwhile, it may come here again. To
    /// be ended, unless an error ends the transaction.
    ///
    /// # Safety
    /// For `catch` alone, with an active snapshot. The table must be locked, and be as the target says.
    pub unsafe fn begin(target: &Target, is_kept: bool) -> Self {
        // SAFETY: as promised; what is kept is used by one at a time.
        unsafe {
            let table = server::table_open(target.table, NO_LOCK);
            let current = pg_sys::CurrentMemoryContext;
            let this = match target.kept.executor.get() {
                Some(kept) if is_kept => kept,
                _ if is_kept => {
                    pg_sys::CurrentMemoryContext = target.kept.memory.context();
                    let made = make(target, table);
                    target.kept.executor.set(Some(made));
                    pg_sys::CurrentMemoryContext = current;
                    made
                }
                _ => make(target, table),
            };
            (*this.relation).ri_RelationDesc = table;
            (*this.relation).ri_NumIndices = 0;
            (*this.relation).ri_IndexRelationDescs = std::ptr::null_mut();
            (*this.state).es_query_cxt = current;
            (*this.state).es_tupleTable = std::ptr::null_mut();
            (*this.state).es_trig_target_relations = std::ptr::null_mut();
            (*this.state).es_snapshot = server::GetActiveSnapshot();
            (*this.state).es_output_cid = server::GetCurrentCommandId(true);
            this
        }
    }

    /// Closes what is open. The locks stay, as those of any writer.
    ///
    /// # Safety
    /// For `catch` alone, once.
    pub unsafe fn end(&self) {
        // SAFETY: as promised.
        unsafe {
            server::clear(self.values);
            server::clear(self.stored);
            let context = (*self.state).es_per_tuple_exprcontext;
            server::MemoryContextReset((*context).ecxt_per_tuple_memory);
            indexes::close(self.relation);
            server::table_close((*self.relation).ri_RelationDesc, NO_LOCK);
            self.forget();
        }
    }

    /// Runs what the tables do after each of the rows that were written since
    /// `AfterTriggerBeginQuery`; this is the executor of any of them, ended.
    ///
    /// # Safety
    /// For `catch` alone, with an active snapshot.
    pub unsafe fn run_triggers(&self) {
        // SAFETY: as promised; triggers open the tables that they need by themselves.
        unsafe {
            server::AfterTriggerEndQuery(self.state);
            server::ExecCloseResultRelations(self.state);
            self.forget();
        }
    }

    /// Lets go of rows that triggers were given.
    ///
    /// # Safety
    /// For `catch` alone.
    unsafe fn forget(&self) {
        // SAFETY: as promised.
        unsafe {
            server::ExecResetTupleTable((*self.state).es_tupleTable, false);
            (*self.state).es_tupleTable = std::ptr::null_mut();
        }
    }
}

/// # Safety
/// For `catch` alone; the table must be open, and the target's.
unsafe fn make(target: &Target, table: pg_sys::Relation) -> Executor {
    // SAFETY: nodes are zeroed memory with their tag, as the server makes them; there is a state for each
    // default.
    unsafe {
        let current = pg_sys::CurrentMemoryContext;
        let state = server::CreateExecutorState();
        pg_sys::CurrentMemoryContext = (*state).es_query_cxt;
        range_table(state, target);
        let relation: *mut pg_sys::ResultRelInfo =
            server::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast();
        (*relation).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        server::InitResultRelInfo(relation, table, 1, std::ptr::null_mut(), 0);
        take_checks(relation, target);
        server::MakePerTupleExprContext(state);
        let defaults = server::palloc0(size_of::<*mut pg_sys::ExprState>() * target.defaults.len())
            .cast::<*mut pg_sys::ExprState>();
        for (at, default) in target.defaults.iter().enumerate() {
            *defaults.add(at) = server::ExecInitExpr(default.value, std::ptr::null_mut());
        }
        let slot = |kind| server::MakeTupleTableSlot(target.description, kind);
        let made = Executor {
            state,
            relation,
            values: slot(&raw const pg_sys::TTSOpsVirtual),
            stored: slot(&raw const pg_sys::TTSOpsHeapTuple),
            defaults,
            indexes: Indexes::new(),
        };
        pg_sys::CurrentMemoryContext = current;
        made
    }
}

/// Tells which columns are written, as triggers and indexes may ask.
///
/// # Safety
/// For `catch` alone.
unsafe fn range_table(state: *mut pg_sys::EState, target: &Target) {
    // SAFETY: as above.
    unsafe {
        let table: *mut pg_sys::RangeTblEntry =
            server::palloc0(size_of::<pg_sys::RangeTblEntry>()).cast();
        (*table).type_ = pg_sys::NodeTag::T_RangeTblEntry;
        (*table).rtekind = pg_sys::RTEKind::RTE_RELATION;
        (*table).relid = target.table;
        (*table).relkind = pg_sys::RELKIND_RELATION as core::ffi::c_char;
        (*table).rellockmode = pg_sys::RowExclusiveLock.cast_signed();
        #[cfg(feature = "pg15")]
        {
            (*table).updatedCols = target.updated;
        }
        let tables = server::lappend(std::ptr::null_mut(), table.cast());
        #[cfg(feature = "pg15")]
        server::ExecInitRangeTable(state, tables);
        #[cfg(not(feature = "pg15"))]
        {
            let mut permissions: *mut pg_sys::List = std::ptr::null_mut();
            let permission = server::addRTEPermissionInfo(&raw mut permissions, table);
            (*permission).updatedCols = target.updated;
            #[cfg(not(feature = "pg18"))]
            server::ExecInitRangeTable(state, tables, permissions);
            #[cfg(feature = "pg18")]
            {
                let unpruned = server::bms_add_member(std::ptr::null_mut(), 1);
                server::ExecInitRangeTable(state, tables, permissions, unpruned);
            }
        }
    }
}

/// Gives the constraints to the executor, which would read and plan their text otherwise.
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
