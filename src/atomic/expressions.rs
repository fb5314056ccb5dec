//! The expressions that run when a row of a ledger is written, planned once: those of defaults and of
//! constraints. And whether all of them are the server's own code: then neither a search path nor a
//! snapshot means anything to them.

use std::ptr;

use pgrx::{PgList, pg_sys};

use super::tables::{Column, Table};
use crate::operation::memory::Memory;

/// A planned expression, which lies in the memory given.
pub type Planned = *mut pg_sys::Expr;

/// The planned default of a column, if it has one; `None` where making the value would call what is
/// not the server's own.
pub fn default(table: &Table, column: &Column, memory: &Memory) -> Option<Option<Planned>> {
    // SAFETY: a live column of an open table.
    let given = unsafe {
        memory.within(|| pg_sys::build_column_default(table.relation(), column.number.into()))
    };
    if given.is_null() {
        return (!column.is_domain).then_some(None);
    }
    plan(given, memory).map(Some)
}

/// Whether a default takes its value from its operands, the clock, chance or a sequence alone.
pub fn is_closed(default: Planned) -> bool {
    const SOURCES: [u32; 4] =
        [pg_sys::F_NOW, pg_sys::F_CLOCK_TIMESTAMP, pg_sys::F_GEN_RANDOM_UUID, pg_sys::F_NEXTVAL];
    // SAFETY: a planned expression; a node of this tag is a FuncExpr.
    unsafe {
        match (*default).type_ {
            pg_sys::NodeTag::T_NextValueExpr | pg_sys::NodeTag::T_SQLValueFunction => true,
            pg_sys::NodeTag::T_FuncExpr => {
                let function = default.cast::<pg_sys::FuncExpr>();
                let operands = (*function).args.cast::<pg_sys::Node>();
                (SOURCES.contains(&(*function).funcid.to_u32())
                    && !pg_sys::contain_mutable_functions(operands))
                    || !pg_sys::contain_mutable_functions(default.cast())
            }
            _ => !pg_sys::contain_mutable_functions(default.cast()),
        }
    }
}

/// The planned CHECK constraints of a table, in their order; `None` where they call what is not the
/// server's own, or what depends on more than the row.
pub fn checks(table: &Table, memory: &Memory) -> Option<Vec<Planned>> {
    // SAFETY: an open table; its constraints live as long.
    unsafe {
        let Some(constraints) = (*table.description()).constr.as_ref() else {
            return Some(Vec::new());
        };
        #[cfg(feature = "pg18")]
        if constraints.has_generated_virtual {
            return None;
        }
        let mut planned = Vec::new();
        for at in 0..usize::from(constraints.num_check) {
            let check = &*constraints.check.add(at);
            #[cfg(feature = "pg18")]
            if !check.ccenforced {
                return None;
            }
            let given = memory.within(|| pg_sys::stringToNode(check.ccbin)).cast();
            if pg_sys::contain_mutable_functions(given) {
                return None;
            }
            planned.push(plan(given, memory)?);
        }
        Some(planned)
    }
}

/// Whether the indexes of a table are kept up by the server's own code.
pub fn indexes_are_built_in(table: &Table, memory: &Memory) -> bool {
    table.indexes().all(|index| {
        // SAFETY: an open index; the lists are copies of the server's own.
        unsafe {
            let keys = (*index.rd_index).indnkeyatts.unsigned_abs().into();
            let families = std::slice::from_raw_parts(index.rd_opfamily, keys);
            let lists = [
                pg_sys::RelationGetIndexExpressions(index.as_ptr()),
                pg_sys::RelationGetIndexPredicate(index.as_ptr()),
            ];
            is_built_in((*index.rd_rel).relam)
                && families.iter().copied().all(is_built_in)
                && lists.into_iter().all(|list| {
                    PgList::<pg_sys::Node>::from_pg(list)
                        .iter_ptr()
                        .all(|one| plan(one, memory).is_some())
                })
        }
    })
}

fn is_built_in(object: pg_sys::Oid) -> bool {
    object.to_u32() < pg_sys::FirstUnpinnedObjectId
}

/// `None` where the expression depends on a function or a type that is not the server's own. Asked
/// before it is planned, too: planning calls functions of constants, and nothing is left to tell that
/// their answers may change.
fn plan(given: *mut pg_sys::Node, memory: &Memory) -> Option<Planned> {
    let (mut relations, mut depends, mut secured) = (ptr::null_mut(), ptr::null_mut(), false);
    // SAFETY: an expression that the server made; the lists are its own.
    unsafe {
        memory.within(|| {
            pg_sys::extract_query_dependencies(
                given,
                &raw mut relations,
                &raw mut depends,
                &raw mut secured,
            );
            if !depends.is_null() {
                return None;
            }
            let planned = pg_sys::expression_planner_with_deps(
                given.cast(),
                &raw mut relations,
                &raw mut depends,
            );
            depends.is_null().then_some(planned)
        })
    }
}
