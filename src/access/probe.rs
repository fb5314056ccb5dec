//! One question to the server: how many rows would this statement reach, for whoever runs it?
//!
//! The statement is analysed and rewritten by the server as the role that is tried, so it carries
//! every policy, view and permission check that the statement itself would carry. Then the query
//! tree is turned into one that counts, planned and run: nothing is written, and no trigger,
//! default or RETURNING is evaluated.

use std::ffi::{CStr, c_char, c_int};

use pgrx::pg_sys::{self, Oid};

use super::answer::{Each, Number, Place, Places, Texts};
use super::condition::{self, Condition};
use super::identity::Identity;
use super::node::{
    Chosen, ROW_PLACE, TABLE_OID, among, and, conjunction, constant, count as counting, is, length,
    list, node, only, target,
};
use super::place_set::PlaceSet;
use super::run::run;
use super::sample::Sample;
use super::server;
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
    /// UPDATE: the rows that it would touch and that pass its check as they are.
    Kept,
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

/// Asks the question as `identity`, whose role is `role`.
pub fn count(
    identity: &Identity,
    role: Oid,
    statement: &CStr,
    turn: Turn,
    sample: Option<&Sample>,
) -> Result<Result<Counted, Raised>, Error> {
    let chosen = Chosen::of(sample);
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
    let chosen = Chosen::of(Some(sample));
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

/// The same of the whole table: the rows are added to `places`; false where a rule makes another
/// statement of it.
pub fn places_into(
    identity: &Identity,
    role: Oid,
    statement: &CStr,
    turn: Turn,
    places: &mut PlaceSet,
) -> Result<Result<bool, Raised>, Error> {
    let text = statement.as_ptr();
    let mut answer = Each::new(2, |columns: &[pg_sys::Datum], _: &[bool]| {
        if let [relation, row] = columns {
            let relation = Oid::from(relation.value() as u32);
            // SAFETY: a tid is a pointer to one, and never NULL.
            places.add((relation, unsafe { *row.cast_mut_ptr::<pg_sys::ItemPointerData>() }));
        }
    });
    let receiver = answer.receiver();
    // SAFETY: as above; what is added goes to memory that outlives the trial.
    unsafe {
        trial::run(identity, role, Mode::ReadOnly, || {
            ask(text, std::ptr::null(), turn, Told::Places, None, receiver)
        })
    }
}

/// Runs a query that counts, as `identity`, over the rows that satisfy `condition`.
pub fn count_where(
    identity: &Identity,
    role: Oid,
    query: &CStr,
    condition: Option<&Condition>,
) -> Result<Result<i64, Raised>, Error> {
    let mut answer = Number::new();
    let asked = select(identity, role, query, condition, None, answer.receiver())?;
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
    let asked = select(identity, role, query, condition, None, answer.receiver())?;
    Ok(asked.map(|()| answer.into_strings()))
}

/// Runs a query of one text, as `identity`, over one row: nothing where it does not see the row.
pub fn text_at(
    identity: &Identity,
    role: Oid,
    query: &CStr,
    (relation, row): Place,
) -> Result<Result<Vec<String>, Raised>, Error> {
    let sample = Sample { rows: 1, chosen: Some(vec![(relation, vec![row])]) };
    let mut answer = Texts::new();
    let asked = select(identity, role, query, None, Some(&sample), answer.receiver())?;
    Ok(asked.map(|()| answer.into_strings()))
}

fn select(
    identity: &Identity,
    role: Oid,
    query: &CStr,
    condition: Option<&Condition>,
    sample: Option<&Sample>,
    receiver: *mut pg_sys::DestReceiver,
) -> Result<Result<(), Raised>, Error> {
    let text = query.as_ptr();
    let condition = condition.map_or(std::ptr::null(), Condition::as_ptr);
    let chosen = Chosen::of(sample);
    let chosen = chosen.as_deref();
    // SAFETY: as above; the strings and the receiver outlive the trial.
    unsafe {
        trial::run(identity, role, Mode::ReadOnly, || {
            ask(text, condition, Turn::Select, Told::Count, chosen, receiver);
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
        let Some(query) = analysed(text, condition) else { return false };
        if !turned(query, turn, told, chosen) {
            return false;
        }
        check_privileges(query);
        run(query, text, receiver);
        true
    }
}

/// A statement as the server rewrites it; none where a rule makes another of it.
///
/// # Safety
/// As for [`ask`].
pub unsafe fn analysed(
    text: *const c_char,
    condition: *const c_char,
) -> Option<*mut pg_sys::Query> {
    // SAFETY: as promised; the lists are the server's, and their elements what it puts there.
    unsafe {
        let parsed = server::raw_parser(text, pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        let statement = only::<pg_sys::RawStmt>(parsed)?;
        if let Some(condition) = condition::node(condition) {
            (*(*statement).stmt.cast::<pg_sys::SelectStmt>()).whereClause = condition;
        }
        let query = only::<pg_sys::Query>(server::pg_analyze_and_rewrite_fixedparams(
            statement,
            text,
            std::ptr::null(),
            0,
            std::ptr::null_mut(),
        ))?;
        // What a rule puts in place of the statement is about something else.
        ((*query).querySource == pg_sys::QuerySource::QSRC_ORIGINAL).then_some(query)
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
        let source = query.resultRelation;
        let expected = match turn {
            Turn::Insertable => pg_sys::CmdType::CMD_INSERT,
            _ => query.commandType,
        };
        if source < 1
            || query.commandType != expected
            || query.commandType == pg_sys::CmdType::CMD_SELECT
        {
            return false;
        }
        let Ok(place) = usize::try_from(source - 1) else { return false };
        let entry =
            (*(*query.rtable).elements.add(place)).ptr_value.cast::<pg_sys::RangeTblEntry>();
        let checks = checks(query.withCheckOptions);
        let (mut passes, mut beyond) = (std::ptr::null_mut(), std::ptr::null_mut());
        match turn {
            Turn::Select | Turn::Touched => {}
            Turn::Insertable => {
                let reference = node::<pg_sys::RangeTblRef>(pg_sys::NodeTag::T_RangeTblRef);
                (*reference).rtindex = source;
                (*query.jointree).fromlist = list(reference.cast());
                (*entry).inh = true;
                (*entry).inFromCl = true;
                passes = checks;
            }
            Turn::Kept => passes = checks,
            Turn::Reachable => {
                passes = checks;
                beyond = out_of_reach(conjunction((*entry).securityQuals));
                (*entry).securityQuals = std::ptr::null_mut();
            }
        }
        let picked = chosen.map_or(std::ptr::null_mut(), |chosen| among(source, chosen));
        (*query.jointree).quals = and(&[(*query.jointree).quals, passes, beyond, picked]);
        query.commandType = pg_sys::CmdType::CMD_SELECT;
        query.resultRelation = 0;
        query.withCheckOptions = std::ptr::null_mut();
        query.returningList = std::ptr::null_mut();
        query.onConflict = std::ptr::null_mut();
        tell(query, source, told);
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
            Told::Count => list(target(counting(std::ptr::null_mut()), 1)),
            Told::Places => {
                let relation =
                    server::makeVar(source, TABLE_OID, pg_sys::OIDOID, -1, Oid::INVALID, 0);
                let row = server::makeVar(source, ROW_PLACE, pg_sys::TIDOID, -1, Oid::INVALID, 0);
                let relation = list(target(relation.cast(), 1));
                server::lappend(relation, target(row.cast(), 2).cast())
            }
        };
    }
}

/// Asks for the privileges that the statement needs, as the executor would; then leaves to the
/// executor only what reading needs, since in a read-only transaction it refuses the rest unasked.
///
/// # Safety
/// Inside a trial's guard.
#[cfg(feature = "pg15")]
pub unsafe fn check_privileges(query: *mut pg_sys::Query) {
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
pub unsafe fn check_privileges(query: *mut pg_sys::Query) {
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
pub unsafe fn checks(options: *mut pg_sys::List) -> *mut pg_sys::Node {
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

/// `condition IS NOT TRUE`; where there is no condition everything is within reach.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn out_of_reach(condition: *mut pg_sys::Node) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        if condition.is_null() {
            return constant(pg_sys::BOOLOID, 1, pg_sys::Datum::from(false));
        }
        is(condition, pg_sys::BoolTestType::IS_NOT_TRUE)
    }
}
