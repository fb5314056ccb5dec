//! The server's functions as they are, for use inside the guard of a trial.

use core::ffi::{c_char, c_int};

use pgrx::pg_sys;

unsafe extern "C-unwind" {
    pub fn raw_parser(text: *const c_char, mode: pg_sys::RawParseMode::Type) -> *mut pg_sys::List;
    pub fn pg_analyze_and_rewrite_fixedparams(
        statement: *mut pg_sys::RawStmt,
        text: *const c_char,
        types: *const pg_sys::Oid,
        count: c_int,
        environment: *mut pg_sys::QueryEnvironment,
    ) -> *mut pg_sys::List;
    pub fn pg_plan_query(
        query: *mut pg_sys::Query,
        text: *const c_char,
        options: c_int,
        parameters: pg_sys::ParamListInfo,
    ) -> *mut pg_sys::PlannedStmt;
    pub fn GetActiveSnapshot() -> pg_sys::Snapshot;
    pub fn CreateQueryDesc(
        plan: *mut pg_sys::PlannedStmt,
        text: *const c_char,
        snapshot: pg_sys::Snapshot,
        crosscheck: pg_sys::Snapshot,
        receiver: *mut pg_sys::DestReceiver,
        parameters: pg_sys::ParamListInfo,
        environment: *mut pg_sys::QueryEnvironment,
        instrument: c_int,
    ) -> *mut pg_sys::QueryDesc;
    #[cfg(feature = "pg15")]
    pub fn ExecCheckRTPerms(entries: *mut pg_sys::List, raise: bool) -> bool;
    #[cfg(not(feature = "pg15"))]
    pub fn ExecCheckPermissions(
        entries: *mut pg_sys::List,
        privileges: *mut pg_sys::List,
        raise: bool,
    ) -> bool;
    pub fn ExecutorStart(query: *mut pg_sys::QueryDesc, flags: c_int);
    #[cfg(not(feature = "pg18"))]
    pub fn ExecutorRun(
        query: *mut pg_sys::QueryDesc,
        direction: pg_sys::ScanDirection::Type,
        count: u64,
        once: bool,
    );
    #[cfg(feature = "pg18")]
    pub fn ExecutorRun(
        query: *mut pg_sys::QueryDesc,
        direction: pg_sys::ScanDirection::Type,
        count: u64,
    );
    pub fn ExecutorFinish(query: *mut pg_sys::QueryDesc);
    pub fn ExecutorEnd(query: *mut pg_sys::QueryDesc);
    pub fn FreeQueryDesc(query: *mut pg_sys::QueryDesc);
    pub fn palloc0(size: usize) -> *mut core::ffi::c_void;
    pub fn list_make1_impl(tag: pg_sys::NodeTag, cell: pg_sys::ListCell) -> *mut pg_sys::List;
    pub fn lappend(list: *mut pg_sys::List, item: *mut core::ffi::c_void) -> *mut pg_sys::List;
    pub fn makeVar(
        relation: c_int,
        attribute: pg_sys::AttrNumber,
        type_oid: pg_sys::Oid,
        modifier: i32,
        collation: pg_sys::Oid,
        level: pg_sys::Index,
    ) -> *mut pg_sys::Var;
    pub fn makeConst(
        type_oid: pg_sys::Oid,
        modifier: i32,
        collation: pg_sys::Oid,
        length: c_int,
        value: pg_sys::Datum,
        null: bool,
        by_value: bool,
    ) -> *mut pg_sys::Const;
    pub fn makeBoolExpr(
        kind: pg_sys::BoolExprType::Type,
        arguments: *mut pg_sys::List,
        location: c_int,
    ) -> *mut pg_sys::Expr;
    pub fn stringToNode(text: *const c_char) -> *mut core::ffi::c_void;
    pub fn table_open(relation: pg_sys::Oid, lock: pg_sys::LOCKMODE) -> pg_sys::Relation;
    pub fn table_close(relation: pg_sys::Relation, lock: pg_sys::LOCKMODE);
    pub fn make_parsestate(parent: *mut pg_sys::ParseState) -> *mut pg_sys::ParseState;
    pub fn addRangeTableEntryForRelation(
        state: *mut pg_sys::ParseState,
        relation: pg_sys::Relation,
        lock: c_int,
        alias: *mut pg_sys::Alias,
        children: bool,
        in_from: bool,
    ) -> *mut pg_sys::ParseNamespaceItem;
    pub fn makeFromExpr(
        sources: *mut pg_sys::List,
        quals: *mut pg_sys::Node,
    ) -> *mut pg_sys::FromExpr;
    pub fn AcquireRewriteLocks(
        query: *mut pg_sys::Query,
        for_execute: bool,
        for_update_pushed_down: bool,
    );
    pub fn QueryRewrite(query: *mut pg_sys::Query) -> *mut pg_sys::List;
    pub fn build_column_default(relation: pg_sys::Relation, number: c_int) -> *mut pg_sys::Node;
    pub fn makeNullConst(
        type_oid: pg_sys::Oid,
        modifier: i32,
        collation: pg_sys::Oid,
    ) -> *mut pg_sys::Const;
    pub fn bms_add_member(set: *mut pg_sys::Bitmapset, member: c_int) -> *mut pg_sys::Bitmapset;
    pub fn cstring_to_text(text: *const c_char) -> *mut pg_sys::text;
    #[cfg(not(feature = "pg18"))]
    pub fn ReplaceVarsFromTargetList(
        node: *mut pg_sys::Node,
        source: c_int,
        level: c_int,
        entry: *mut pg_sys::RangeTblEntry,
        targets: *mut pg_sys::List,
        unmatched: pg_sys::ReplaceVarsNoMatchOption::Type,
        other: c_int,
        sub_links: *mut bool,
    ) -> *mut pg_sys::Node;
    #[cfg(feature = "pg18")]
    pub fn ReplaceVarsFromTargetList(
        node: *mut pg_sys::Node,
        source: c_int,
        level: c_int,
        entry: *mut pg_sys::RangeTblEntry,
        targets: *mut pg_sys::List,
        result: c_int,
        unmatched: pg_sys::ReplaceVarsNoMatchOption::Type,
        other: c_int,
        sub_links: *mut bool,
    ) -> *mut pg_sys::Node;
}
