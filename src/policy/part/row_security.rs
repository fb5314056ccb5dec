//! Row security of the table itself.

use crate::policy::step::{Action, Step};
use crate::policy::template::Template;

/// Switched on for every set, and forced where the options say so. Never switched off: that would
/// open the table.
pub fn row_security(set: &Template<'_>) -> Vec<Step> {
    let table = &set.target.table;
    let fresh = set.options.standalone;
    let step = |clause: &str, done: bool| {
        let statement = format!("ALTER TABLE {} {clause} ROW LEVEL SECURITY", table.qualified());
        let statements = if done { Vec::new() } else { vec![statement] };
        Step::new("row security", table.qualified(), Action::Alter, statements)
    };
    let mut steps = vec![step("ENABLE", table.rls_enabled && !fresh)];
    if set.options.force {
        steps.push(step("FORCE", table.rls_forced && !fresh));
    }
    steps
}
