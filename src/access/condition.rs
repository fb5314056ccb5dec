//! A condition on a table that the caller wrote, to be evaluated as the identity.

use std::ffi::{CString, c_char};

use pgrx::pg_sys;

use crate::error::{AccessError, Error};

/// The server's functions as they are, for use inside the guard of a trial.
mod server {
    use core::ffi::c_char;

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub fn raw_parser(
            text: *const c_char,
            mode: pg_sys::RawParseMode::Type,
        ) -> *mut pg_sys::List;
    }
}

/// One expression, and nothing around it: it is put into the query as a tree, never as text.
pub struct Condition {
    /// A SELECT of the expression alone.
    select: CString,
}

impl Condition {
    /// 22023 for what is no expression, 42601 for what cannot be parsed at all.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let select = CString::new(format!("SELECT {text}")).map_err(|_| Error::NullByte)?;
        // SAFETY: the grammar alone, which looks nothing up; the tree is the server's.
        let alone = unsafe {
            let parsed =
                pg_sys::raw_parser(select.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
            expression(parsed).is_some()
        };
        if alone { Ok(Self { select }) } else { Err(AccessError::NoExpression("predicate").into()) }
    }

    /// For [`node`].
    pub fn as_ptr(&self) -> *const c_char {
        self.select.as_ptr()
    }

    /// As the caller wrote it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.select.to_bytes()[c"SELECT ".count_bytes()..]).into_owned()
    }
}

/// The tree of a condition; none for a null pointer.
///
/// # Safety
/// Inside a trial's guard; the text of a [`Condition`].
pub unsafe fn node(select: *const c_char) -> Option<*mut pg_sys::Node> {
    // SAFETY: as promised.
    unsafe {
        if select.is_null() {
            return None;
        }
        expression(server::raw_parser(select, pg_sys::RawParseMode::RAW_PARSE_DEFAULT))
    }
}

/// The only thing that the only SELECT in `parsed` selects, where the SELECT has nothing else.
///
/// # Safety
/// `parsed` is a list of RawStmt, or null.
unsafe fn expression(parsed: *mut pg_sys::List) -> Option<*mut pg_sys::Node> {
    // SAFETY: as promised; each node is looked at as what its tag says.
    unsafe {
        let statement = only(parsed)?.cast::<pg_sys::RawStmt>();
        let select = (*statement).stmt;
        if (*select).type_ != pg_sys::NodeTag::T_SelectStmt {
            return None;
        }
        let select = &*select.cast::<pg_sys::SelectStmt>();
        let more = !select.distinctClause.is_null()
            || !select.intoClause.is_null()
            || !select.fromClause.is_null()
            || !select.whereClause.is_null()
            || !select.groupClause.is_null()
            || !select.havingClause.is_null()
            || !select.windowClause.is_null()
            || !select.valuesLists.is_null()
            || !select.sortClause.is_null()
            || !select.limitOffset.is_null()
            || !select.limitCount.is_null()
            || !select.lockingClause.is_null()
            || !select.withClause.is_null()
            || select.op != pg_sys::SetOperation::SETOP_NONE;
        let target = only(select.targetList)?.cast::<pg_sys::ResTarget>();
        (!more && (*target).name.is_null()).then(|| (*target).val)
    }
}

/// # Safety
/// A list of nodes, or null.
unsafe fn only(list: *mut pg_sys::List) -> Option<*mut pg_sys::Node> {
    // SAFETY: as promised.
    unsafe {
        let list = list.as_ref()?;
        (list.length == 1).then(|| (*list.elements).ptr_value.cast())
    }
}
