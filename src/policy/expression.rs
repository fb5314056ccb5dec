//! Compares a policy clause written as SQL with one that the server has stored.

use std::ffi::CString;

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_sys::{self, Oid};

use crate::error::Error;

/// Whether `wanted`, read as a clause of a policy on `relation`, is what `stored` holds: the same
/// tree after name resolution, whatever it looks like as text. Two absent clauses are the same.
pub fn same(relation: Oid, wanted: Option<&str>, stored: Option<&str>) -> Result<bool, Error> {
    let (wanted, stored) = match (wanted, stored) {
        (None, None) => return Ok(true),
        (Some(wanted), Some(stored)) => (wanted, stored),
        _ => return Ok(false),
    };
    let select = CString::new(format!("SELECT {wanted}")).map_err(|_| Error::NullByte)?;
    let stored = CString::new(stored).map_err(|_| Error::NullByte)?;
    let mut scratch = PgMemoryContexts::new("rowguard policy clause");
    // SAFETY: the trees live in the scratch context and are compared there; the server's own
    // CREATE POLICY reads a clause by the same steps.
    Ok(unsafe {
        scratch.switch_to(|_| {
            let wanted = analyze(relation, &select);
            pg_sys::equal(wanted.cast(), pg_sys::stringToNode(stored.as_ptr()))
        })
    })
}

/// The one expression of a SELECT without FROM, resolved against the columns of `relation`.
unsafe fn analyze(relation: Oid, select: &CString) -> *mut pg_sys::Node {
    // SAFETY: the parser returns a list of one RawStmt around a SelectStmt with one ResTarget, as
    // the text is ours; every server function gets what it got from the one before it.
    unsafe {
        let parsed = pg_sys::raw_parser(select.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        let statement = first::<pg_sys::RawStmt>(parsed).stmt.cast::<pg_sys::SelectStmt>();
        let expression = first::<pg_sys::ResTarget>((*statement).targetList).val;

        let state = pg_sys::make_parsestate(std::ptr::null_mut());
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let table = pg_sys::table_open(relation, lock);
        let columns = pg_sys::addRangeTableEntryForRelation(
            state,
            table,
            lock,
            std::ptr::null_mut(),
            false,
            false,
        );
        pg_sys::addNSItemToQuery(state, columns, false, true, true);
        let node =
            pg_sys::transformExpr(state, expression, pg_sys::ParseExprKind::EXPR_KIND_POLICY);
        let node = pg_sys::coerce_to_boolean(state, node, c"POLICY".as_ptr());
        pg_sys::assign_expr_collations(state, node);
        // The lock is kept until the end of the transaction, as for every statement.
        pg_sys::table_close(table, pg_sys::NoLock as pg_sys::LOCKMODE);
        node
    }
}

/// The first element of a list of pointers.
unsafe fn first<'a, T>(list: *mut pg_sys::List) -> &'a T {
    // SAFETY: the caller knows that the list is not empty and holds pointers to T.
    unsafe { &*(*(*list).elements).ptr_value.cast() }
}
