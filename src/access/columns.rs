//! What clauses of policies say of each row of a sample.

use std::ffi::c_char;

use pgrx::pg_sys::{self, Oid};

use super::clause::Clause;
use super::identity::Identity;
use super::node::{Chosen, among, target};
use super::sample::Sample;
use super::scan::{rewritten, scan};
use super::trial::{self, Mode, Raised};
use super::{run, server};
use crate::error::Error;

/// Asks several clauses of policies of `table` about every row of a sample, in one query: for each
/// clause, whether it is true of each row.
pub fn over(
    identity: &Identity,
    role: Oid,
    table: Oid,
    clauses: &[&Clause],
    sample: &Sample,
) -> Result<Result<Vec<Vec<bool>>, Raised>, Error> {
    let trees: Vec<*const c_char> = clauses.iter().map(|clause| clause.tree()).collect();
    let chosen = Chosen::of(Some(sample));
    let rows = usize::try_from(sample.rows).unwrap_or_default();
    // Room for every answer, since nothing may be allocated inside the guard.
    let mut answers = vec![false; rows * trees.len()];
    let mut room = answers.chunks_exact_mut(trees.len().max(1));
    let (trees, chosen) = (trees.as_slice(), chosen.as_deref());
    // SAFETY: the closures call the server directly, touch plain data alone, and cannot panic.
    let asked = unsafe {
        trial::run(identity, role, Mode::ReadOnly, || {
            let query = scan(table, Some(pg_sys::BOOTSTRAP_SUPERUSERID.into()));
            if let Some(chosen) = chosen {
                (*(*query).jointree).quals = among(1, chosen);
            }
            let mut columns = 0;
            for (number, tree) in (1..).zip(trees) {
                let column = target(server::stringToNode(*tree).cast(), number);
                (*query).targetList = server::lappend((*query).targetList, column.cast());
                columns = number.cast_unsigned();
            }
            run::rows(rewritten(query), c"rls.coverage()".as_ptr(), columns, |values, nulls| {
                let Some(row) = room.next() else { return };
                for ((answer, value), null) in row.iter_mut().zip(values).zip(nulls) {
                    *answer = !*null && value.value() & 1 == 1;
                }
            });
        })?
    };
    Ok(asked.map(|()| {
        (0..trees.len())
            .map(|column| answers.iter().skip(column).step_by(trees.len()).copied().collect())
            .collect()
    }))
}
