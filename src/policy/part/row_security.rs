//! Row security of the table itself.

use pgrx::pg_sys::Oid;

use crate::policy::ground::Ground;
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;

/// Switched on for every set, and forced where the options say so. Never switched off: that would
/// open the table.
pub fn row_security(set: &Template<'_>, ground: &mut Ground) -> Vec<Step> {
    let table = &set.target.table;
    let fresh = set.options.standalone;
    // Whether it is so already, or will be after an earlier step.
    let done = |known: bool, planned: &mut Vec<Oid>| {
        let before = (known && !fresh) || planned.contains(&table.oid);
        planned.push(table.oid);
        before
    };
    let step = |clause: &str, done: bool| {
        let statement = format!("ALTER TABLE {} {clause} ROW LEVEL SECURITY", table.qualified());
        let statements = if done { Vec::new() } else { vec![statement] };
        Step::new("row security", table.qualified(), Action::Alter, statements)
    };
    let mut steps = vec![step("ENABLE", done(table.rls_enabled, &mut ground.enabled))];
    if set.options.force {
        steps.push(step("FORCE", done(table.rls_forced, &mut ground.forced)));
    }
    steps
}
