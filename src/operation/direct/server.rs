//! The server's functions as they are, for use inside `catch`; see `operation::caught::raw`.

use core::ffi::{c_char, c_int, c_void};

use pgrx::pg_sys;

unsafe extern "C-unwind" {
    pub fn ProcessInterrupts();
    pub fn palloc0(size: usize) -> *mut c_void;
    pub fn MemoryContextReset(context: pg_sys::MemoryContext);
    pub fn lappend(list: *mut pg_sys::List, datum: *mut c_void) -> *mut pg_sys::List;

    pub fn PreventCommandIfParallelMode(name: *const c_char);
    pub fn CommandCounterIncrement();
    pub fn GetCurrentCommandId(used: bool) -> pg_sys::CommandId;
    pub fn GetTransactionSnapshot() -> pg_sys::Snapshot;
    pub fn GetActiveSnapshot() -> pg_sys::Snapshot;
    pub fn PushActiveSnapshot(snapshot: pg_sys::Snapshot);
    pub fn ActiveSnapshotSet() -> bool;
    pub fn PopActiveSnapshot();

    pub fn table_open(table: pg_sys::Oid, mode: pg_sys::LOCKMODE) -> pg_sys::Relation;
    pub fn table_close(table: pg_sys::Relation, mode: pg_sys::LOCKMODE);
    pub fn index_open(index: pg_sys::Oid, mode: pg_sys::LOCKMODE) -> pg_sys::Relation;
    pub fn index_close(index: pg_sys::Relation, mode: pg_sys::LOCKMODE);
    #[cfg(not(feature = "pg18"))]
    fn index_beginscan(
        table: pg_sys::Relation,
        index: pg_sys::Relation,
        snapshot: pg_sys::Snapshot,
        keys: c_int,
        orders: c_int,
    ) -> pg_sys::IndexScanDesc;
    #[cfg(feature = "pg18")]
    fn index_beginscan(
        table: pg_sys::Relation,
        index: pg_sys::Relation,
        snapshot: pg_sys::Snapshot,
        instrument: *mut pg_sys::IndexScanInstrumentation,
        keys: c_int,
        orders: c_int,
    ) -> pg_sys::IndexScanDesc;
    pub fn index_rescan(
        scan: pg_sys::IndexScanDesc,
        keys: pg_sys::ScanKey,
        key_count: c_int,
        orders: pg_sys::ScanKey,
        order_count: c_int,
    );
    pub fn index_getnext_tid(
        scan: pg_sys::IndexScanDesc,
        direction: pg_sys::ScanDirection::Type,
    ) -> pg_sys::ItemPointer;
    pub fn index_getnext_slot(
        scan: pg_sys::IndexScanDesc,
        direction: pg_sys::ScanDirection::Type,
        slot: *mut pg_sys::TupleTableSlot,
    ) -> bool;
    pub fn index_endscan(scan: pg_sys::IndexScanDesc);
    pub fn ScanKeyInit(
        entry: pg_sys::ScanKey,
        column: pg_sys::AttrNumber,
        strategy: pg_sys::StrategyNumber,
        function: pg_sys::RegProcedure,
        argument: pg_sys::Datum,
    );

    pub fn ScanKeyEntryInitialize(
        entry: pg_sys::ScanKey,
        flags: c_int,
        column: pg_sys::AttrNumber,
        strategy: pg_sys::StrategyNumber,
        subtype: pg_sys::Oid,
        collation: pg_sys::Oid,
        function: pg_sys::RegProcedure,
        argument: pg_sys::Datum,
    );

    pub fn RelationGetNumberOfBlocksInFork(
        table: pg_sys::Relation,
        fork: pg_sys::ForkNumber::Type,
    ) -> pg_sys::BlockNumber;
    pub fn ReadBuffer(table: pg_sys::Relation, block: pg_sys::BlockNumber) -> pg_sys::Buffer;
    pub fn LockBuffer(buffer: pg_sys::Buffer, mode: c_int);
    pub fn ReleaseBuffer(buffer: pg_sys::Buffer);
    pub fn PageGetHeapFreeSpace(page: pg_sys::Page) -> usize;
    pub fn heap_page_prune_opt(table: pg_sys::Relation, buffer: pg_sys::Buffer);
    pub fn heap_hot_search_buffer(
        place: pg_sys::ItemPointer,
        table: pg_sys::Relation,
        buffer: pg_sys::Buffer,
        snapshot: pg_sys::Snapshot,
        found: pg_sys::HeapTuple,
        is_dead: *mut bool,
        first: bool,
    ) -> bool;
    pub fn ExecStoreBufferHeapTuple(
        tuple: pg_sys::HeapTuple,
        slot: *mut pg_sys::TupleTableSlot,
        buffer: pg_sys::Buffer,
    ) -> *mut pg_sys::TupleTableSlot;

    pub fn table_slot_create(
        table: pg_sys::Relation,
        slots: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::TupleTableSlot;
    pub fn slot_getsomeattrs_int(slot: *mut pg_sys::TupleTableSlot, columns: c_int);
    pub fn ExecDropSingleTupleTableSlot(slot: *mut pg_sys::TupleTableSlot);
    pub fn MakeTupleTableSlot(
        columns: pg_sys::TupleDesc,
        kind: *const pg_sys::TupleTableSlotOps,
    ) -> *mut pg_sys::TupleTableSlot;
    pub fn ExecStoreHeapTuple(
        tuple: pg_sys::HeapTuple,
        slot: *mut pg_sys::TupleTableSlot,
        free: bool,
    ) -> *mut pg_sys::TupleTableSlot;
    pub fn ExecStoreVirtualTuple(slot: *mut pg_sys::TupleTableSlot) -> *mut pg_sys::TupleTableSlot;
    pub fn heap_deform_tuple(
        tuple: pg_sys::HeapTuple,
        columns: pg_sys::TupleDesc,
        values: *mut pg_sys::Datum,
        nulls: *mut bool,
    );

    pub fn CreateExecutorState() -> *mut pg_sys::EState;
    pub fn MakePerTupleExprContext(estate: *mut pg_sys::EState) -> *mut pg_sys::ExprContext;
    #[cfg(feature = "pg15")]
    pub fn ExecInitRangeTable(estate: *mut pg_sys::EState, tables: *mut pg_sys::List);
    #[cfg(any(feature = "pg16", feature = "pg17"))]
    pub fn ExecInitRangeTable(
        estate: *mut pg_sys::EState,
        tables: *mut pg_sys::List,
        permissions: *mut pg_sys::List,
    );
    #[cfg(feature = "pg18")]
    pub fn ExecInitRangeTable(
        estate: *mut pg_sys::EState,
        tables: *mut pg_sys::List,
        permissions: *mut pg_sys::List,
        unpruned: *mut pg_sys::Bitmapset,
    );
    #[cfg(not(feature = "pg15"))]
    pub fn addRTEPermissionInfo(
        permissions: *mut *mut pg_sys::List,
        table: *mut pg_sys::RangeTblEntry,
    ) -> *mut pg_sys::RTEPermissionInfo;
    #[cfg(feature = "pg18")]
    pub fn bms_add_member(set: *mut pg_sys::Bitmapset, member: c_int) -> *mut pg_sys::Bitmapset;
    pub fn InitResultRelInfo(
        relation: *mut pg_sys::ResultRelInfo,
        table: pg_sys::Relation,
        number: pg_sys::Index,
        root: *mut pg_sys::ResultRelInfo,
        instrument: c_int,
    );
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    pub fn index_insert_cleanup(index: pg_sys::Relation, description: *mut pg_sys::IndexInfo);
    pub fn ExecOpenIndices(relation: *mut pg_sys::ResultRelInfo, speculative: bool);
    pub fn ExecResetTupleTable(slots: *mut pg_sys::List, free: bool);
    pub fn ExecCloseResultRelations(estate: *mut pg_sys::EState);
    pub fn RelationGetIndexList(table: pg_sys::Relation) -> *mut pg_sys::List;
    pub fn BuildIndexInfo(index: pg_sys::Relation) -> *mut pg_sys::IndexInfo;
    pub fn CheckCmdReplicaIdentity(table: pg_sys::Relation, command: pg_sys::CmdType::Type);
    pub fn ExecConstraints(
        relation: *mut pg_sys::ResultRelInfo,
        slot: *mut pg_sys::TupleTableSlot,
        estate: *mut pg_sys::EState,
    );
    pub fn simple_table_tuple_update(
        table: pg_sys::Relation,
        old: pg_sys::ItemPointer,
        new: *mut pg_sys::TupleTableSlot,
        snapshot: pg_sys::Snapshot,
        indexes: *mut UpdateIndexes,
    );
    pub fn heap_multi_insert(
        table: pg_sys::Relation,
        slots: *mut *mut pg_sys::TupleTableSlot,
        count: c_int,
        command: pg_sys::CommandId,
        options: c_int,
        bulk: pg_sys::BulkInsertState,
    );
    fn ExecInsertIndexTuples(
        relation: *mut pg_sys::ResultRelInfo,
        slot: *mut pg_sys::TupleTableSlot,
        estate: *mut pg_sys::EState,
        update: bool,
        no_error: bool,
        conflict: *mut bool,
        arbiters: *mut pg_sys::List,
        #[cfg(not(feature = "pg15"))] only_summarizing: bool,
    ) -> *mut pg_sys::List;
    pub fn ExecARInsertTriggers(
        estate: *mut pg_sys::EState,
        relation: *mut pg_sys::ResultRelInfo,
        slot: *mut pg_sys::TupleTableSlot,
        recheck: *mut pg_sys::List,
        capture: *mut pg_sys::TransitionCaptureState,
    );
    pub fn ExecARUpdateTriggers(
        estate: *mut pg_sys::EState,
        relation: *mut pg_sys::ResultRelInfo,
        source_part: *mut pg_sys::ResultRelInfo,
        target_part: *mut pg_sys::ResultRelInfo,
        old: pg_sys::ItemPointer,
        foreign: pg_sys::HeapTuple,
        new: *mut pg_sys::TupleTableSlot,
        recheck: *mut pg_sys::List,
        capture: *mut pg_sys::TransitionCaptureState,
        moved: bool,
    );
    pub fn ExecInitExpr(
        expression: *mut pg_sys::Expr,
        parent: *mut pg_sys::PlanState,
    ) -> *mut pg_sys::ExprState;
    pub fn AfterTriggerBeginQuery();
    pub fn AfterTriggerEndQuery(estate: *mut pg_sys::EState);

    pub fn DirectFunctionCall1Coll(
        function: Function,
        collation: pg_sys::Oid,
        first: pg_sys::Datum,
    ) -> pg_sys::Datum;
    pub fn DirectFunctionCall2Coll(
        function: Function,
        collation: pg_sys::Oid,
        first: pg_sys::Datum,
        second: pg_sys::Datum,
    ) -> pg_sys::Datum;
    pub fn numeric(call: pg_sys::FunctionCallInfo) -> pg_sys::Datum;
    pub fn numeric_int4(call: pg_sys::FunctionCallInfo) -> pg_sys::Datum;
    pub fn numeric_int8(call: pg_sys::FunctionCallInfo) -> pg_sys::Datum;
}

/// Begins a scan of an index for so many values, seen by the active snapshot.
///
/// # Safety
/// For `catch` alone; table and index must be open.
pub unsafe fn begin_scan(
    table: pg_sys::Relation,
    index: pg_sys::Relation,
    keys: usize,
) -> pg_sys::IndexScanDesc {
    let keys = keys as c_int;
    // SAFETY: as promised.
    unsafe {
        let snapshot = GetActiveSnapshot();
        #[cfg(not(feature = "pg18"))]
        return index_beginscan(table, index, snapshot, keys, 0);
        #[cfg(feature = "pg18")]
        return index_beginscan(table, index, snapshot, std::ptr::null_mut(), keys, 0);
    }
}

/// Empties a slot.
///
/// # Safety
/// For `catch` alone; the slot must be one of the server's.
pub unsafe fn clear(slot: *mut pg_sys::TupleTableSlot) {
    // SAFETY: as promised.
    unsafe {
        if let Some(clear) = (*(*slot).tts_ops).clear {
            clear(slot);
        }
    }
}

/// Which indexes have to hear of a new version of a row; none by default.
#[cfg(feature = "pg15")]
pub type UpdateIndexes = bool;
/// Which indexes have to hear of a new version of a row; none by default.
#[cfg(not(feature = "pg15"))]
pub type UpdateIndexes = pg_sys::TU_UpdateIndexes::Type;

/// Tells the indexes that are open of a row that was inserted, or, if any has to hear of it, updated;
/// answers those whose constraints are deferred and may be broken.
///
/// # Safety
/// For `catch` alone; the row must be stored.
pub unsafe fn insert_index_tuples(
    relation: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
    updated: UpdateIndexes,
) -> *mut pg_sys::List {
    let none = std::ptr::null_mut();
    let update = updated != UpdateIndexes::default();
    // SAFETY: as promised.
    unsafe {
        ExecInsertIndexTuples(
            relation,
            slot,
            estate,
            update,
            false,
            std::ptr::null_mut(),
            none,
            #[cfg(not(feature = "pg15"))]
            (updated == pg_sys::TU_UpdateIndexes::TU_Summarizing),
        )
    }
}

type Function = unsafe extern "C-unwind" fn(pg_sys::FunctionCallInfo) -> pg_sys::Datum;

/// Obeys a cancelled query or a shutdown, as the executor does between rows.
///
/// # Safety
/// For `catch` alone.
pub unsafe fn check_for_interrupts() {
    // SAFETY: a flag that signal handlers set, and the server's answer to it.
    unsafe {
        if std::ptr::read_volatile(&raw const pg_sys::InterruptPending) != 0 {
            ProcessInterrupts();
        }
    }
}
