//! A row that is not there yet, as an INSERT would make it.

use std::ffi::{CString, c_int};

use pgrx::pg_sys::{self, Oid};

use super::identity::Identity;
use super::node::{constant, length, node, target};
use super::trial::{self, Mode};
use super::{run, server};
use crate::catalog::{Column, Table};
use crate::error::{AccessError, Error};

/// A value for a column.
#[derive(Clone)]
pub struct Value {
    /// The column, from 1.
    number: pg_sys::AttrNumber,
    /// The type of the column.
    column_type: Oid,
    /// The type of the value: the same, or what is below a domain.
    type_oid: Oid,
    collation: Oid,
    /// As the type's input takes it; none is NULL.
    text: Option<CString>,
}

impl Value {
    /// From JSON: arrays become arrays of SQL unless the column holds JSON.
    pub fn of(column: &Column, value: &serde_json::Value) -> Result<Self, Error> {
        let json = matches!(column.type_oid, pg_sys::JSONOID | pg_sys::JSONBOID);
        let text = match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) if !json => Some(text.clone()),
            serde_json::Value::Array(elements) if !json => Some(array(elements)),
            other => Some(other.to_string()),
        };
        let text = text.map(CString::new).transpose().map_err(|_| Error::NullByte)?;
        let Column { number, type_oid, collation, .. } = *column;
        Ok(Self { number, column_type: type_oid, type_oid, collation, text })
    }

    /// The same, free of the checks of a domain.
    pub fn unchecked(mut self) -> Self {
        // SAFETY: a look-up by id.
        self.type_oid = unsafe { pg_sys::getBaseType(self.type_oid) };
        self
    }

    /// The column.
    pub fn number(&self) -> pg_sys::AttrNumber {
        self.number
    }

    /// The column as an expression over the table.
    ///
    /// # Safety
    /// Inside a trial's guard.
    pub unsafe fn column(&self) -> *mut pg_sys::Node {
        // SAFETY: as promised.
        unsafe { server::makeVar(1, self.number, self.column_type, -1, self.collation, 0).cast() }
    }

    /// The type of the value.
    pub fn type_oid(&self) -> Oid {
        self.type_oid
    }

    /// The collation of the column.
    pub fn collation(&self) -> Oid {
        self.collation
    }

    /// NULL.
    pub fn is_null(&self) -> bool {
        self.text.is_none()
    }

    /// The value as an expression.
    ///
    /// # Safety
    /// Inside a trial's guard.
    pub unsafe fn expression(&self) -> *mut pg_sys::Node {
        // SAFETY: as promised.
        unsafe {
            let Some(text) = &self.text else {
                return server::makeNullConst(self.type_oid, -1, self.collation).cast();
            };
            let text = server::makeConst(
                pg_sys::TEXTOID,
                -1,
                pg_sys::DEFAULT_COLLATION_OID,
                -1,
                pg_sys::Datum::from(server::cstring_to_text(text.as_ptr())),
                false,
                false,
            );
            let read = node::<pg_sys::CoerceViaIO>(pg_sys::NodeTag::T_CoerceViaIO);
            (*read).arg = text.cast();
            (*read).resulttype = self.type_oid;
            (*read).resultcollid = self.collation;
            (*read).coerceformat = pg_sys::CoercionForm::COERCE_IMPLICIT_CAST;
            (*read).location = -1;
            read.cast()
        }
    }
}

/// An array as SQL writes it.
fn array(elements: &[serde_json::Value]) -> String {
    let elements: Vec<String> = elements
        .iter()
        .map(|element| match element {
            serde_json::Value::Null => "NULL".to_owned(),
            serde_json::Value::Array(elements) => array(elements),
            serde_json::Value::String(text) => quoted(text),
            other => quoted(&other.to_string()),
        })
        .collect();
    format!("{{{}}}", elements.join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The values of an object for the columns of a table. 22023 where it is no object, 42703 for a
/// column that the table lacks.
pub fn read(
    table: &Table,
    argument: &'static str,
    object: &serde_json::Value,
) -> Result<Vec<Value>, Error> {
    let serde_json::Value::Object(object) = object else {
        return Err(AccessError::NoObject(argument).into());
    };
    object
        .iter()
        .map(|(name, value)| {
            let column = table.columns.iter().find(|column| column.name == *name);
            Value::of(
                column.ok_or_else(|| Error::UnknownColumn {
                    relation: table.qualified(),
                    column: name.clone(),
                })?,
                value,
            )
        })
        .collect()
}

/// Evaluates the values by themselves, as `identity`, whose role is `role`: 22023 where one is none of
/// its type.
pub fn try_out(identity: &Identity, role: Oid, values: &[Value]) -> Result<(), Error> {
    // SAFETY: the closure calls the server directly, touches plain data alone, and cannot panic.
    unsafe { trial::run(identity, role, Mode::ReadOnly, || evaluate(values)) }?
        .map_err(|raised| AccessError::UnreadableValue(raised.in_words()).into())
}

/// # Safety
/// Inside a trial's guard.
unsafe fn evaluate(values: &[Value]) {
    // SAFETY: as promised.
    unsafe {
        let query = node::<pg_sys::Query>(pg_sys::NodeTag::T_Query);
        (*query).commandType = pg_sys::CmdType::CMD_SELECT;
        (*query).canSetTag = true;
        (*query).jointree = server::makeFromExpr(std::ptr::null_mut(), std::ptr::null_mut());
        for (number, value) in (1..).zip(values) {
            let value = target(value.expression(), number);
            (*query).targetList = server::lappend((*query).targetList, value.cast());
        }
        run::rows(query, c"rls.explain_access()".as_ptr(), 0, |_, _| {});
    }
}

/// `expression` over the table at `source` with the columns of a new row in place of its variables:
/// the values, defaults where there is none, and what the server would compute.
///
/// # Safety
/// Inside a trial's guard.
pub unsafe fn put_in(
    table: &Table,
    source: c_int,
    expression: *mut pg_sys::Node,
    values: &[Value],
) -> *mut pg_sys::Node {
    // SAFETY: as promised; the lock is kept until the trial ends, and with it the descriptor.
    unsafe {
        let lock = pg_sys::AccessShareLock.cast_signed();
        let relation = server::table_open(table.oid, lock);
        let state = server::make_parsestate(std::ptr::null_mut());
        let item = server::addRangeTableEntryForRelation(
            state,
            relation,
            lock,
            std::ptr::null_mut(),
            false,
            true,
        );
        let entry = (*item).p_rte;
        let (mut targets, mut computed) = (std::ptr::null_mut(), std::ptr::null_mut());
        let place = constant(pg_sys::OIDOID, 4, pg_sys::Datum::from(table.oid));
        let number = pg_sys::TableOidAttributeNumber as pg_sys::AttrNumber;
        targets = server::lappend(targets, target(place, number).cast());
        for column in &table.columns {
            let given = values.iter().find(|value| value.number == column.number);
            let mut value = match given {
                Some(value) => value.expression(),
                None => server::build_column_default(relation, c_int::from(column.number)),
            };
            if value.is_null() {
                value = server::makeNullConst(column.type_oid, -1, column.collation).cast();
            }
            let target = target(value, column.number).cast();
            if given.is_none() && column.generated {
                computed = server::lappend(computed, target);
            } else {
                targets = server::lappend(targets, target);
            }
        }
        for at in 0..length(computed) {
            let target = (*(*computed).elements.add(at)).ptr_value.cast::<pg_sys::TargetEntry>();
            // What the server computes is computed from the other columns, numbered from one table.
            (*target).expr = replaced((*target).expr.cast(), 1, entry, targets).cast();
        }
        for at in 0..length(computed) {
            targets = server::lappend(targets, (*(*computed).elements.add(at)).ptr_value);
        }
        server::table_close(relation, pg_sys::NoLock.cast_signed());
        replaced(expression, source, entry, targets)
    }
}

/// # Safety
/// Inside a trial's guard.
unsafe fn replaced(
    expression: *mut pg_sys::Node,
    source: c_int,
    entry: *mut pg_sys::RangeTblEntry,
    targets: *mut pg_sys::List,
) -> *mut pg_sys::Node {
    let mut sub_links = true;
    // SAFETY: as promised.
    unsafe {
        server::ReplaceVarsFromTargetList(
            expression,
            source,
            0,
            entry,
            targets,
            #[cfg(feature = "pg18")]
            0,
            pg_sys::ReplaceVarsNoMatchOption::REPLACEVARS_SUBSTITUTE_NULL,
            0,
            &raw mut sub_links,
        )
    }
}
