//! Compares a policy clause written as SQL with one that the server has stored.

use std::ffi::{CStr, CString};

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_sys::{self, Oid};

use super::identity;
use super::options::Options;
use crate::catalog::function;
use crate::error::{Error, PolicyError};
use crate::expr::used::Used;
use crate::expr::{self, Expr};
use crate::quote;
use crate::run_as::Settings;

/// Whether `wanted`, read as a clause of a policy on `relation`, is what `stored` holds: the same
/// tree after name resolution, whatever it looks like as text. Two absent clauses are the same.
pub fn same(relation: Oid, wanted: Option<&str>, stored: Option<&str>) -> Result<bool, Error> {
    let (wanted, stored) = match (wanted, stored) {
        (None, None) => return Ok(true),
        (Some(wanted), Some(stored)) => (wanted, stored),
        _ => return Ok(false),
    };
    let select = selecting(wanted)?;
    let stored = CString::new(stored).map_err(|_| Error::NullByte)?;
    let mut scratch = PgMemoryContexts::new("rowguard policy clause");
    // SAFETY: the trees live in the scratch context and are compared there; the server's own
    // CREATE POLICY reads a clause by the same steps.
    Ok(unsafe {
        scratch.switch_to(|_| {
            // What was made stands in a comment, which people can write.
            if !is_one_expression(&select) {
                return false;
            }
            let wanted = analyze(relation, &select);
            pg_sys::equal(wanted.cast(), pg_sys::stringToNode(stored.as_ptr()))
        })
    })
}

/// The same of the WHEN of a trigger on `relation`.
pub fn same_when(relation: Oid, wanted: &str, stored: Option<&str>) -> Result<bool, Error> {
    let Some(stored) = stored else { return Ok(false) };
    let select = selecting(wanted)?;
    let stored = CString::new(stored).map_err(|_| Error::NullByte)?;
    let mut scratch = PgMemoryContexts::new("rowguard trigger clause");
    // SAFETY: as in `same`; the server's own CREATE TRIGGER reads WHEN by the same steps.
    Ok(unsafe {
        scratch.switch_to(|_| {
            if !is_one_expression(&select) {
                return false;
            }
            let wanted = analyze_as(relation, &select, &TRIGGER);
            pg_sys::equal(wanted.cast(), pg_sys::stringToNode(stored.as_ptr()))
        })
    })
}

/// A condition that a caller wrote, as the server prints it: one boolean expression over the columns
/// of `relation`, read and resolved, never run. The text that comes back is safe to put into a
/// statement, whatever came in, and means the same in every session. The server's own errors for what
/// cannot be read; 42601 for text that is more than one expression.
pub fn condition(relation: Oid, text: &str, argument: &'static str) -> Result<String, Error> {
    let select = selecting(text)?;
    let mut scratch = PgMemoryContexts::new("rowguard policy clause");
    // SAFETY: as in `same`; the printed text is copied before the context goes.
    unsafe {
        scratch.switch_to(|_| {
            if !is_one_expression(&select) {
                return Err(PolicyError::NotOneExpression(argument).into());
            }
            let tree = analyze(relation, &select);
            let name = pg_sys::get_rel_name(relation);
            let context = pg_sys::deparse_context_for(name, relation);
            let plain = Settings::begin(&PLAIN);
            let printed = pg_sys::deparse_expression(tree, context, false, false);
            drop(plain);
            Ok(quote::plain_strings(&CStr::from_ptr(printed).to_string_lossy()))
        })
    }
}

/// The settings under which the server prints constants as every session reads them: what is printed
/// is kept, and read under the settings of whoever asks.
const PLAIN: [(&CStr, &CStr); 4] = [
    (c"datestyle", c"iso"),
    (c"intervalstyle", c"postgres"),
    (c"extra_float_digits", c"1"),
    (c"standard_conforming_strings", c"on"),
];

/// A clause as a tree that questions are asked of.
pub fn tree(relation: Oid, clause: &str) -> Result<Expr, Error> {
    let select = selecting(clause)?;
    let mut scratch = PgMemoryContexts::new("rowguard policy clause");
    // SAFETY: as in `same`; the printed tree is copied before the context goes.
    let printed = unsafe {
        scratch.switch_to(|_| {
            if !is_one_expression(&select) {
                return Err(PolicyError::NotOneExpression("condition"));
            }
            let printed = pg_sys::nodeToString(analyze(relation, &select).cast());
            Ok(CStr::from_ptr(printed).to_string_lossy().into_owned())
        })
    }?;
    expr::expression(&printed)
}

/// A condition that a caller wrote for policies of this set, as `condition` reads it. For another
/// server it has to be portable, and asks who is asking once for a statement.
pub fn of_policy(
    options: &Options,
    relation: Oid,
    text: &str,
    argument: &'static str,
) -> Result<String, Error> {
    let condition = condition(relation, text, argument)?;
    if !options.standalone {
        return Ok(condition);
    }
    portable(relation, &condition)?;
    Ok(identity::wrapped(&condition))
}

/// 0A000 for a condition that calls what another server lacks: functions of this extension other
/// than `auth.uid()` and `auth.jwt()`.
pub fn portable(relation: Oid, condition: &str) -> Result<(), Error> {
    let mut used = Used::default();
    used.by(&tree(relation, condition)?);
    for function in function::by_oids(&Vec::from_iter(used.functions))? {
        let everywhere = function.schema == "auth" && matches!(&*function.name, "uid" | "jwt");
        if function.ours && !everywhere {
            return Err(PolicyError::NotPortable(quote::qualified(
                &function.schema,
                &function.name,
            ))
            .into());
        }
    }
    Ok(())
}

/// The SELECT that a clause is read as. In parentheses a star is no expression; on lines of its own
/// a comment in it ends before them.
fn selecting(clause: &str) -> Result<CString, Error> {
    CString::new(format!("SELECT (\n{clause}\n)")).map_err(|_| Error::NullByte)
}

/// Where a clause stands: what kind of expression the server takes it for, its word for it in
/// errors, and the names of the rows whose columns it has, or none for the relation's own.
struct Place {
    kind: pg_sys::ParseExprKind::Type,
    word: &'static CStr,
    rows: &'static [Option<&'static CStr>],
}

const POLICY: Place =
    Place { kind: pg_sys::ParseExprKind::EXPR_KIND_POLICY, word: c"POLICY", rows: &[None] };

const TRIGGER: Place = Place {
    kind: pg_sys::ParseExprKind::EXPR_KIND_TRIGGER_WHEN,
    word: c"WHEN",
    rows: &[Some(c"old"), Some(c"new")],
};

/// The one expression of a SELECT without FROM, resolved against the columns of `relation`.
unsafe fn analyze(relation: Oid, select: &CString) -> *mut pg_sys::Node {
    // SAFETY: passed on.
    unsafe { analyze_as(relation, select, &POLICY) }
}

unsafe fn analyze_as(relation: Oid, select: &CString, place: &Place) -> *mut pg_sys::Node {
    // SAFETY: the parser returns a list of one RawStmt around a SelectStmt with one ResTarget, as
    // the text is ours; every server function gets what it got from the one before it.
    unsafe {
        let parsed = pg_sys::raw_parser(select.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        let statement = first::<pg_sys::RawStmt>(parsed).stmt.cast::<pg_sys::SelectStmt>();
        let expression = first::<pg_sys::ResTarget>((*statement).targetList).val;

        let state = pg_sys::make_parsestate(std::ptr::null_mut());
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let table = pg_sys::table_open(relation, lock);
        for row in place.rows {
            let alias = row.map_or(std::ptr::null_mut(), |name| {
                pg_sys::makeAlias(name.as_ptr(), std::ptr::null_mut())
            });
            let columns =
                pg_sys::addRangeTableEntryForRelation(state, table, lock, alias, false, false);
            pg_sys::addNSItemToQuery(state, columns, false, true, true);
        }
        let node = pg_sys::transformExpr(state, expression, place.kind);
        let node = pg_sys::coerce_to_boolean(state, node, place.word.as_ptr());
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

/// Whether a text reads as a SELECT of one expression and nothing else.
unsafe fn is_one_expression(select: &CString) -> bool {
    // SAFETY: the parser returns a list of RawStmt; each node is looked at as what its tag says.
    unsafe {
        let parsed = pg_sys::raw_parser(select.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        if (*parsed).length != 1 {
            return false;
        }
        let statement = first::<pg_sys::RawStmt>(parsed).stmt;
        if (*statement).type_ != pg_sys::NodeTag::T_SelectStmt {
            return false;
        }
        let select = &*statement.cast::<pg_sys::SelectStmt>();
        select.op == pg_sys::SetOperation::SETOP_NONE
            && !select.targetList.is_null()
            && (*select.targetList).length == 1
            && first::<pg_sys::ResTarget>(select.targetList).name.is_null()
            && [
                select.distinctClause,
                select.fromClause,
                select.groupClause,
                select.windowClause,
                select.valuesLists,
                select.sortClause,
                select.lockingClause,
            ]
            .iter()
            .all(|list| list.is_null())
            && [select.whereClause, select.havingClause, select.limitOffset, select.limitCount]
                .iter()
                .all(|clause| clause.is_null())
            && select.intoClause.is_null()
            && select.withClause.is_null()
    }
}
