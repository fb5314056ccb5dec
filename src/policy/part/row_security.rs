//! Row security of the table itself.

use pgrx::pg_sys::Oid;

use crate::catalog::{Kind, Table, table};
use crate::error::Error;
use crate::policy::ground::Ground;
use crate::policy::options::Options;
use crate::policy::step::{Action, Step};

/// Switched on for every set, and forced where the options say so. Never switched off: that would
/// open the table.
pub fn row_security(table: &Table, options: &Options, ground: &mut Ground) -> Vec<Step> {
    let enabled = table.rls_enabled && !options.standalone;
    let mut steps = vec![switch(table, "ENABLE", enabled, &mut ground.enabled)];
    if options.force {
        let forced = table.rls_forced && !options.standalone;
        steps.push(switch(table, "FORCE", forced, &mut ground.forced));
    }
    steps
}

/// The policies of a partitioned table hold for what is read through it. Its partitions are closed,
/// so that whoever may name one gets no further; those that are closed already are not listed.
pub fn partitions(
    table: &Table,
    options: &Options,
    ground: &mut Ground,
) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    if table.kind == Kind::Partitioned {
        for partition in table::partitions(table.oid)? {
            let enabled = partition.rls_enabled && !options.standalone;
            let step = switch(&partition, "ENABLE", enabled, &mut ground.enabled);
            if step.action != Action::Unchanged {
                steps.push(step);
            }
        }
    }
    Ok(steps)
}

/// `known`: it is so already; `planned`: tables for which an earlier step does it.
fn switch(table: &Table, clause: &str, known: bool, planned: &mut Vec<Oid>) -> Step {
    let done = known || planned.contains(&table.oid);
    planned.push(table.oid);
    let statement = format!("ALTER TABLE {} {clause} ROW LEVEL SECURITY", table.qualified());
    let statements = if done { Vec::new() } else { vec![statement] };
    Step::new("row security", table.qualified(), Action::Alter, statements)
}
