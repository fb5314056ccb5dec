//! One question to the server: how many rows would this statement reach, for whoever runs it?
//!
//! The statement is analysed and rewritten by the server as the role that is tried, so it carries
//! every policy, view and permission check that the statement itself would carry. Then the query
//! tree is turned into one that counts, planned and run: nothing is written, and no trigger,
//! default or RETURNING is evaluated.

use std::ffi::{CStr, c_char, c_int};

use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Oid};

use super::answer::{Number, Place, Places, Texts};
use super::condition::{self, Condition};
use super::identity::Identity;
use super::sample::Sample;
use super::trial::{self, Mode, Raised};
use crate::error::Error;

/// How a statement's query becomes one that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// A query that counts already.
    Select,
    /// UPDATE or DELETE of a whole table: the rows that it would touch.
    Touched,
    /// INSERT: the rows there are that could be inserted.
    Insertable,
    /// UPDATE: rows out of the statement's reach that pass its check all the same, so that a row
    /// within reach can be made to look like them.
    Reachable,
}

/// The server's functions as they are, for use inside the guard of a trial.
mod server {
    use core::ffi::{c_char, c_int};

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub fn raw_parser(
            text: *const c_char,
            mode: pg_sys::RawParseMode::Type,
        ) -> *mut pg_sys::List;
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
    }
}

/// What came of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// So many rows.
    Rows(i64),
    /// A rule, or a view that is no plain one, makes another statement of it.
    Rewritten,
}

/// What is wanted of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// How many there are, in the one row of the answer.
    Count,
    /// Where each lies.
    Places,
}

/// Rows to look at, as the guarded part needs them: arrays of the server's, by relation.
struct Chosen {
    relation: Oid,
    rows: pg_sys::Datum,
}

/// Asks the question as `identity`, whose role is `role`.
pub fn count(
    identity: &Identity,
    role: Oid,
    statement: &CStr,
    turn: Turn,
    sample: Option<&Sample>,
) -> Result<Result<Counted, Raised>, Error> {
    let chosen = chosen(sample);
    let chosen = chosen.as_deref();
    let text = statement.as_ptr();
    let mut answer = Number::new();
    let receiver = answer.receiver();
    // SAFETY: the closure calls the server directly, touches plain data alone, and cannot panic.
    let asked = unsafe {
        trial::run(identity, role, Mode::ReadOnly, || {
            ask(text, std::ptr::null(), turn, Told::Count, chosen, receiver)
        })?
    };
    Ok(asked.map(|asked| if asked { Counted::Rows(answer.value()) } else { Counted::Rewritten }))
}

/// Asks the same, and for the places of the rows of `sample` instead of their number; none where a
/// rule makes another statement of it.
pub fn places(
    identity: &Identity,
    role: Oid,
    statement: &CStr,
    turn: Turn,
    sample: &Sample,
) -> Result<Result<Option<Vec<Place>>, Raised>, Error> {
    let chosen = chosen(Some(sample));
    let chosen = chosen.as_deref();
    let text = statement.as_ptr();
    let mut answer = Places::new(usize::try_from(sample.rows).unwrap_or_default());
    let receiver = answer.receiver();
    // SAFETY: as above; the answer has its room before the trial begins.
    let asked = unsafe {
        trial::run(identity, role, Mode::ReadOnly, || {
            ask(text, std::ptr::null(), turn, Told::Places, chosen, receiver)
        })?
    };
    Ok(asked.map(|asked| asked.then(|| answer.into_rows())))
}

/// The rows of a sample that is not the whole table.
fn chosen(sample: Option<&Sample>) -> Option<Vec<Chosen>> {
    let chosen = sample?.chosen.as_ref()?.iter().filter_map(|(relation, rows)| {
        Some(Chosen { relation: *relation, rows: rows.clone().into_datum()? })
    });
    Some(chosen.collect())
}

/// Runs a query that counts, as `identity`, over the rows that satisfy `condition`.
pub fn count_where(
    identity: &Identity,
    role: Oid,
    query: &CStr,
    condition: Option<&Condition>,
) -> Result<Result<i64, Raised>, Error> {
    let mut answer = Number::new();
    let asked = select(identity, role, query, condition, answer.receiver())?;
    Ok(asked.map(|()| answer.value()))
}

/// Runs a query of one text, as `identity`, over the rows that satisfy `condition`: the texts of
/// the first few.
pub fn texts_where(
    identity: &Identity,
    role: Oid,
    query: &CStr,
    condition: Option<&Condition>,
) -> Result<Result<Vec<String>, Raised>, Error> {
    let mut answer = Texts::new();
    let asked = select(identity, role, query, condition, answer.receiver())?;
    Ok(asked.map(|()| answer.into_strings()))
}

fn select(
    identity: &Identity,
    role: Oid,
    query: &CStr,
    condition: Option<&Condition>,
    receiver: *mut pg_sys::DestReceiver,
) -> Result<Result<(), Raised>, Error> {
    let text = query.as_ptr();
    let condition = condition.map_or(std::ptr::null(), Condition::as_ptr);
    // SAFETY: as above; the strings and the receiver outlive the trial.
    unsafe {
        trial::run(identity, role, Mode::ReadOnly, || {
            ask(text, condition, Turn::Select, Told::Count, None, receiver);
        })
    }
}

/// Asks, and hands the rows of the answer to `receiver`; false where the statement is no longer
/// about one relation.
///
/// # Safety
/// Inside a trial's guard; `text` ends with a null byte, and so does `condition` where it is not
/// null, which is for a SELECT without a WHERE of its own.
unsafe fn ask(
    text: *const c_char,
    condition: *const c_char,
    turn: Turn,
    told: Told,
    chosen: Option<&[Chosen]>,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: as promised; the lists are the server's, and their elements what it puts there.
    unsafe {
        let parsed = server::raw_parser(text, pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        let Some(statement) = only::<pg_sys::RawStmt>(parsed) else { return false };
        if let Some(condition) = condition::node(condition) {
            (*(*statement).stmt.cast::<pg_sys::SelectStmt>()).whereClause = condition;
        }
        let queries = server::pg_analyze_and_rewrite_fixedparams(
            statement,
            text,
            std::ptr::null(),
            0,
            std::ptr::null_mut(),
        );
        let Some(query) = only::<pg_sys::Query>(queries) else { return false };
        if !turned(query, turn, told, chosen) {
            return false;
        }
        check_privileges(query);
        run(query, text, receiver);
        true
    }
}

/// The one element of a list.
///
/// # Safety
/// The elements are pointers to `T`.
unsafe fn only<T>(list: *mut pg_sys::List) -> Option<*mut T> {
    // SAFETY: as promised.
    unsafe {
        let list = list.as_ref()?;
        (list.length == 1).then(|| (*list.elements).ptr_value.cast())
    }
}

/// Turns the query into one that counts; false where it is no longer about one relation.
///
/// # Safety
/// Inside a trial's guard; `query` was just made by the server.
unsafe fn turned(
    query: *mut pg_sys::Query,
    turn: Turn,
    told: Told,
    chosen: Option<&[Chosen]>,
) -> bool {
    // SAFETY: as promised.
    unsafe {
        let query = &mut *query;
        if turn == Turn::Select {
            if let Some(chosen) = chosen {
                (*query.jointree).quals = and(&[(*query.jointree).quals, among(1, chosen)]);
            }
            if told == Told::Places {
                tell(query, 1, told);
            }
            return true;
        }
        let target = query.resultRelation;
        let expected = match turn {
            Turn::Insertable => pg_sys::CmdType::CMD_INSERT,
            _ => query.commandType,
        };
        if target < 1
            || query.commandType != expected
            || query.commandType == pg_sys::CmdType::CMD_SELECT
        {
            return false;
        }
        let Ok(place) = usize::try_from(target - 1) else { return false };
        let entry =
            (*(*query.rtable).elements.add(place)).ptr_value.cast::<pg_sys::RangeTblEntry>();
        let checks = checks(query.withCheckOptions);
        let (mut passes, mut beyond) = (std::ptr::null_mut(), std::ptr::null_mut());
        match turn {
            Turn::Select | Turn::Touched => {}
            Turn::Insertable => {
                let reference = node::<pg_sys::RangeTblRef>(pg_sys::NodeTag::T_RangeTblRef);
                (*reference).rtindex = target;
                (*query.jointree).fromlist = list(reference.cast());
                (*entry).inh = true;
                (*entry).inFromCl = true;
                passes = checks;
            }
            Turn::Reachable => {
                passes = checks;
                beyond = out_of_reach(conjunction((*entry).securityQuals));
                (*entry).securityQuals = std::ptr::null_mut();
            }
        }
        let picked = chosen.map_or(std::ptr::null_mut(), |chosen| among(target, chosen));
        (*query.jointree).quals = and(&[(*query.jointree).quals, passes, beyond, picked]);
        query.commandType = pg_sys::CmdType::CMD_SELECT;
        query.resultRelation = 0;
        query.withCheckOptions = std::ptr::null_mut();
        query.returningList = std::ptr::null_mut();
        query.onConflict = std::ptr::null_mut();
        tell(query, target, told);
        true
    }
}

/// Makes the query tell what is wanted of the rows of its relation `source`.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn tell(query: &mut pg_sys::Query, source: c_int, told: Told) {
    // SAFETY: as promised.
    unsafe {
        query.hasAggs = told == Told::Count;
        query.targetList = match told {
            Told::Count => list(count_target().cast()),
            Told::Places => {
                let relation =
                    server::makeVar(source, TABLE_OID, pg_sys::OIDOID, -1, Oid::INVALID, 0);
                let row = server::makeVar(source, ROW_PLACE, pg_sys::TIDOID, -1, Oid::INVALID, 0);
                let relation = list(target(relation.cast(), 1).cast());
                server::lappend(relation, target(row.cast(), 2).cast())
            }
        };
    }
}

/// A column of the answer.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn target(expr: *mut pg_sys::Expr, number: pg_sys::AttrNumber) -> *mut pg_sys::TargetEntry {
    // SAFETY: as promised.
    unsafe {
        let target = node::<pg_sys::TargetEntry>(pg_sys::NodeTag::T_TargetEntry);
        (*target).expr = expr;
        (*target).resno = number;
        target
    }
}

/// Asks for the privileges that the statement needs, as the executor would; then leaves to the
/// executor only what reading needs, since in a read-only transaction it refuses the rest unasked.
///
/// # Safety
/// Inside a trial's guard.
#[cfg(feature = "pg15")]
unsafe fn check_privileges(query: *mut pg_sys::Query) {
    // SAFETY: as promised: a list of RangeTblEntry.
    unsafe {
        let entries = (*query).rtable;
        server::ExecCheckRTPerms(entries, true);
        for index in 0..length(entries) {
            let entry = (*(*entries).elements.add(index)).ptr_value.cast::<pg_sys::RangeTblEntry>();
            (*entry).requiredPerms &= pg_sys::ACL_SELECT;
        }
    }
}

/// Asks for the privileges that the statement needs, as the executor would; then leaves to the
/// executor only what reading needs, since in a read-only transaction it refuses the rest unasked.
///
/// # Safety
/// Inside a trial's guard.
#[cfg(not(feature = "pg15"))]
unsafe fn check_privileges(query: *mut pg_sys::Query) {
    // SAFETY: as promised: a list of RTEPermissionInfo.
    unsafe {
        let entries = (*query).rteperminfos;
        server::ExecCheckPermissions((*query).rtable, entries, true);
        for index in 0..length(entries) {
            let entry =
                (*(*entries).elements.add(index)).ptr_value.cast::<pg_sys::RTEPermissionInfo>();
            (*entry).requiredPerms &= pg_sys::ACL_SELECT as pg_sys::AclMode;
        }
    }
}

/// The conditions that a new row must pass, ANDed; none is null.
///
/// # Safety
/// Inside a trial's guard; a list of the server's.
unsafe fn checks(options: *mut pg_sys::List) -> *mut pg_sys::Node {
    // SAFETY: as promised: a list of WithCheckOption.
    unsafe {
        let mut all = std::ptr::null_mut();
        for index in 0..length(options) {
            let option =
                (*(*options).elements.add(index)).ptr_value.cast::<pg_sys::WithCheckOption>();
            all = and(&[all, (*option).qual]);
        }
        all
    }
}

/// The elements of a list of conditions, ANDed; none is null.
///
/// # Safety
/// Inside a trial's guard; a list of expressions.
unsafe fn conjunction(conditions: *mut pg_sys::List) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        let mut all = std::ptr::null_mut();
        for index in 0..length(conditions) {
            all = and(&[all, (*(*conditions).elements.add(index)).ptr_value.cast()]);
        }
        all
    }
}

/// # Safety
/// A list of the server's, or null.
unsafe fn length(list: *mut pg_sys::List) -> usize {
    // SAFETY: as promised.
    unsafe { list.as_ref() }.map_or(0, |list| usize::try_from(list.length).unwrap_or(0))
}

/// `condition IS NOT TRUE`; where there is no condition everything is within reach.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn out_of_reach(condition: *mut pg_sys::Node) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        if condition.is_null() {
            return server::makeConst(
                pg_sys::BOOLOID,
                -1,
                Oid::INVALID,
                1,
                pg_sys::Datum::from(false),
                false,
                true,
            )
            .cast();
        }
        let test = node::<pg_sys::BooleanTest>(pg_sys::NodeTag::T_BooleanTest);
        (*test).arg = condition.cast();
        (*test).booltesttype = pg_sys::BoolTestType::IS_NOT_TRUE;
        (*test).location = -1;
        test.cast()
    }
}

/// The conditions that are not null, ANDed.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn and(conditions: &[*mut pg_sys::Node]) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        let mut all: *mut pg_sys::List = std::ptr::null_mut();
        for condition in conditions {
            if !condition.is_null() {
                all = server::lappend(all, condition.cast());
            }
        }
        match length(all) {
            0 => std::ptr::null_mut(),
            1 => (*(*all).elements).ptr_value.cast(),
            _ => server::makeBoolExpr(pg_sys::BoolExprType::AND_EXPR, all, -1).cast(),
        }
    }
}

/// The row is one of those chosen: by its relation and its place there.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn among(source: c_int, chosen: &[Chosen]) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        let mut arms: *mut pg_sys::List = std::ptr::null_mut();
        for one in chosen {
            let relation = node::<pg_sys::OpExpr>(pg_sys::NodeTag::T_OpExpr);
            (*relation).opno = Oid::from(OID_EQUAL);
            (*relation).opfuncid = Oid::from(pg_sys::F_OIDEQ);
            (*relation).opresulttype = pg_sys::BOOLOID;
            (*relation).location = -1;
            let table = server::makeVar(source, TABLE_OID, pg_sys::OIDOID, -1, Oid::INVALID, 0);
            let value = pg_sys::Datum::from(one.relation);
            let wanted = server::makeConst(pg_sys::OIDOID, -1, Oid::INVALID, 4, value, false, true);
            (*relation).args = server::lappend(list(table.cast()), wanted.cast());

            let place = node::<pg_sys::ScalarArrayOpExpr>(pg_sys::NodeTag::T_ScalarArrayOpExpr);
            (*place).opno = Oid::from(TID_EQUAL);
            (*place).opfuncid = Oid::from(pg_sys::F_TIDEQ);
            (*place).useOr = true;
            (*place).location = -1;
            let row = server::makeVar(source, ROW_PLACE, pg_sys::TIDOID, -1, Oid::INVALID, 0);
            let rows = server::makeConst(
                pg_sys::TIDARRAYOID,
                -1,
                Oid::INVALID,
                -1,
                one.rows,
                false,
                false,
            );
            (*place).args = server::lappend(list(row.cast()), rows.cast());
            arms = server::lappend(arms, and(&[relation.cast(), place.cast()]).cast());
        }
        match length(arms) {
            1 => (*(*arms).elements).ptr_value.cast(),
            _ => server::makeBoolExpr(pg_sys::BoolExprType::OR_EXPR, arms, -1).cast(),
        }
    }
}

/// `=` of oid and of tid in `pg_operator`, whose ids the server fixes.
const OID_EQUAL: u32 = 607;
const TID_EQUAL: u32 = 387;

/// Attribute numbers of `tableoid` and `ctid`.
const TABLE_OID: pg_sys::AttrNumber = pg_sys::TableOidAttributeNumber as pg_sys::AttrNumber;
const ROW_PLACE: pg_sys::AttrNumber = pg_sys::SelfItemPointerAttributeNumber as pg_sys::AttrNumber;

/// `count(*)` as the only column.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn count_target() -> *mut pg_sys::TargetEntry {
    // SAFETY: as promised.
    unsafe {
        let count = node::<pg_sys::Aggref>(pg_sys::NodeTag::T_Aggref);
        (*count).aggfnoid = Oid::from(pg_sys::F_COUNT_);
        (*count).aggtype = pg_sys::INT8OID;
        (*count).aggstar = true;
        // AGGKIND_NORMAL.
        (*count).aggkind = b'n' as c_char;
        (*count).aggno = -1;
        (*count).aggtransno = -1;
        (*count).location = -1;
        target(count.cast(), 1)
    }
}

/// A node of this kind, all zero.
///
/// # Safety
/// Inside a trial's guard; `tag` is the tag of `T`.
unsafe fn node<T>(tag: pg_sys::NodeTag) -> *mut T {
    // SAFETY: as promised: every node begins with its tag.
    unsafe {
        let node = server::palloc0(size_of::<T>()).cast::<pg_sys::Node>();
        (*node).type_ = tag;
        node.cast()
    }
}

/// # Safety
/// Inside a trial's guard.
unsafe fn list(item: *mut pg_sys::Node) -> *mut pg_sys::List {
    // SAFETY: as promised.
    unsafe {
        server::list_make1_impl(
            pg_sys::NodeTag::T_List,
            pg_sys::ListCell { ptr_value: item.cast() },
        )
    }
}

/// Plans and runs a query.
///
/// # Safety
/// Inside a trial's guard, with an active snapshot.
unsafe fn run(query: *mut pg_sys::Query, text: *const c_char, receiver: *mut pg_sys::DestReceiver) {
    // SAFETY: as promised; the receiver outlives the run.
    unsafe {
        let plan = server::pg_plan_query(query, text, 0, std::ptr::null_mut());
        let running = server::CreateQueryDesc(
            plan,
            text,
            server::GetActiveSnapshot(),
            std::ptr::null_mut(),
            receiver,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
        );
        server::ExecutorStart(running, 0);
        let forward = pg_sys::ScanDirection::ForwardScanDirection;
        #[cfg(not(feature = "pg18"))]
        server::ExecutorRun(running, forward, 0, true);
        #[cfg(feature = "pg18")]
        server::ExecutorRun(running, forward, 0);
        server::ExecutorFinish(running);
        server::ExecutorEnd(running);
        server::FreeQueryDesc(running);
    }
}
