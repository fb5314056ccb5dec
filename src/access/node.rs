//! Query trees, made inside the guard of a trial.

use std::ffi::{c_char, c_int};

use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Oid};

use super::sample::Sample;
use super::server;

/// Rows to look at, as the guarded part needs them: arrays of the server's, by relation.
pub struct Chosen {
    relation: Oid,
    rows: pg_sys::Datum,
}

impl Chosen {
    /// The rows of a sample; none where it is the whole table.
    pub fn of(sample: Option<&Sample>) -> Option<Vec<Self>> {
        let chosen = sample?.chosen.as_ref()?;
        let rows = chosen.iter().filter_map(|(relation, rows)| {
            Some(Self { relation: *relation, rows: rows.clone().into_datum()? })
        });
        Some(rows.collect())
    }
}

/// The one element of a list.
///
/// # Safety
/// The elements are pointers to `T`.
pub unsafe fn only<T>(list: *mut pg_sys::List) -> Option<*mut T> {
    // SAFETY: as promised.
    unsafe {
        let list = list.as_ref()?;
        (list.length == 1).then(|| (*list.elements).ptr_value.cast())
    }
}

/// The elements of a list of conditions, ANDed; none is null.
///
/// # Safety
/// Inside a trial's guard; a list of expressions.
pub unsafe fn conjunction(conditions: *mut pg_sys::List) -> *mut pg_sys::Node {
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
pub unsafe fn length(list: *mut pg_sys::List) -> usize {
    // SAFETY: as promised.
    unsafe { list.as_ref() }.map_or(0, |list| usize::try_from(list.length).unwrap_or(0))
}

/// The conditions that are not null, ANDed.
///
/// # Safety
/// Inside a trial's guard.
pub unsafe fn and(conditions: &[*mut pg_sys::Node]) -> *mut pg_sys::Node {
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
pub unsafe fn among(source: c_int, chosen: &[Chosen]) -> *mut pg_sys::Node {
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
pub const TABLE_OID: pg_sys::AttrNumber = pg_sys::TableOidAttributeNumber as pg_sys::AttrNumber;
pub const ROW_PLACE: pg_sys::AttrNumber =
    pg_sys::SelfItemPointerAttributeNumber as pg_sys::AttrNumber;

/// `count(*)`, of the rows that meet a condition where there is one.
///
/// # Safety
/// Inside a trial's guard.
pub unsafe fn count(filter: *mut pg_sys::Node) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        let count = node::<pg_sys::Aggref>(pg_sys::NodeTag::T_Aggref);
        (*count).aggfnoid = Oid::from(pg_sys::F_COUNT_);
        (*count).aggtype = pg_sys::INT8OID;
        (*count).aggstar = true;
        (*count).aggfilter = filter.cast();
        // AGGKIND_NORMAL.
        (*count).aggkind = b'n' as c_char;
        (*count).aggno = -1;
        (*count).aggtransno = -1;
        (*count).location = -1;
        count.cast()
    }
}

/// A column of a query's result.
///
/// # Safety
/// Inside a trial's guard.
pub unsafe fn target(
    expression: *mut pg_sys::Node,
    number: pg_sys::AttrNumber,
) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        let target = node::<pg_sys::TargetEntry>(pg_sys::NodeTag::T_TargetEntry);
        (*target).expr = expression.cast();
        (*target).resno = number;
        target.cast()
    }
}

/// A constant of a type that is passed by value.
///
/// # Safety
/// Inside a trial's guard; the value is of the type.
pub unsafe fn constant(type_oid: Oid, length: c_int, value: pg_sys::Datum) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe { server::makeConst(type_oid, -1, Oid::INVALID, length, value, false, true).cast() }
}

/// A condition that is never NULL, such as `condition IS TRUE`.
///
/// # Safety
/// Inside a trial's guard; the condition is a boolean.
pub unsafe fn is(
    condition: *mut pg_sys::Node,
    what: pg_sys::BoolTestType::Type,
) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        let test = node::<pg_sys::BooleanTest>(pg_sys::NodeTag::T_BooleanTest);
        (*test).arg = condition.cast();
        (*test).booltesttype = what;
        (*test).location = -1;
        test.cast()
    }
}

/// A node of this kind, all zero.
///
/// # Safety
/// Inside a trial's guard; `tag` is the tag of `T`.
pub unsafe fn node<T>(tag: pg_sys::NodeTag) -> *mut T {
    // SAFETY: as promised: every node begins with its tag.
    unsafe {
        let node = server::palloc0(size_of::<T>()).cast::<pg_sys::Node>();
        (*node).type_ = tag;
        node.cast()
    }
}

/// # Safety
/// Inside a trial's guard.
pub unsafe fn list(item: *mut pg_sys::Node) -> *mut pg_sys::List {
    // SAFETY: as promised.
    unsafe {
        server::list_make1_impl(
            pg_sys::NodeTag::T_List,
            pg_sys::ListCell { ptr_value: item.cast() },
        )
    }
}
