//! `rls.revert(...)`: removes what a generator made.

use pgrx::pg_sys::{IndexGetRelation, Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::call::Call;
use super::ground::Ground;
use super::managed::{self, Marked, MarkedKind};
use super::planner::{is_no_copy, looked_into, perform, policies_of, removal, rows};
use super::target::Target;
use crate::arguments::required;
use crate::error::PolicyError;

/// Removes the objects of a set: its policies, triggers, functions, and those of its indexes that
/// nothing else came to use. Row security stays on: without policies the table is closed, not open.
///
/// `tbl`: the table. `name`: what the set goes by, as view `rls.managed` shows it. `dry_run`: return
/// the steps and change nothing. Edited objects go, too.
///
/// Errors: 22004 for a NULL, 42704 when the table has no such set, 42P01, 42809 and 42501 as for the
/// generators, 2BP01 when something else depends on a function of the set. Caller: part `migrate`,
/// with the rights of the table's owner.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.revert(tbl regclass, name text, dry_run boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.revert IS 'removes what a generator made for a table; returns the steps';
"#)]
#[allow(clippy::type_complexity, reason = "the rows of the SQL function")]
fn rls_revert(
    tbl: Option<Oid>,
    name: Option<&str>,
    dry_run: Option<bool>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(step, i32),
            name!(kind, String),
            name!(object, String),
            name!(action, String),
            name!(sql, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let relation = required(tbl, "tbl")?;
    let dry_run = required(dry_run, "dry_run")?;
    let name = required(name, "name")?.to_owned();
    let plan = move |ground: &mut Ground| {
        let table = Target::read_any(relation)?.label;
        let tables = looked_into(relation, &name)?;
        let (set, others): (Vec<Marked>, Vec<Marked>) =
            managed::all()?.into_iter().filter(Marked::is_credible).partition(|marked| {
                marked.table == table && marked.mark.name == name && is_no_copy(marked, &tables)
            });
        if set.is_empty() {
            return Err(PolicyError::NoSuchSet { table, name: name.clone() }.into());
        }
        let own = policies_of(&set);
        removal(set.into_iter().chain(orphans(others, &tables)).collect(), &own, ground)
    };
    let call = Call { locks: vec![relation], schemas: Vec::new(), dry_run, plan: Box::new(plan) };
    Ok(TableIterator::new(rows(perform(&call)?)))
}

/// The indexes on these tables of sets that have nothing else any more: an earlier call left them to
/// the set that goes now.
fn orphans(others: Vec<Marked>, tables: &[Oid]) -> Vec<Marked> {
    let lives = |index: &Marked| {
        others.iter().any(|other| {
            other.kind != MarkedKind::Index
                && other.table == index.table
                && other.mark.same_set(&index.mark)
        })
    };
    // SAFETY: a catalog look-up by id.
    let is_theirs = |index: &Marked| tables.contains(&unsafe { IndexGetRelation(index.oid, true) });
    others
        .iter()
        .filter(|marked| marked.kind == MarkedKind::Index && is_theirs(marked) && !lives(marked))
        .cloned()
        .collect()
}
