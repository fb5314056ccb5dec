//! A trigger on the table of a set.

use super::comment;
use crate::error::Error;
use crate::policy::managed::Existing;
use crate::policy::mark::{Made, Mark};
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;

const KIND: &str = "trigger";

/// A trigger as it shall be.
pub struct DesiredTrigger {
    /// Unquoted name.
    pub name: String,
    /// When it fires: `BEFORE UPDATE OF a, b`.
    pub event: String,
    /// What it runs, with what stands before: `FOR EACH ROW EXECUTE FUNCTION f()`.
    pub action: String,
    /// What it does, for people.
    pub does: String,
}

impl DesiredTrigger {
    /// What there is is compared with what shall be, and replaced where it differs.
    pub fn plan(&self, set: &Template<'_>, existing: &Existing) -> Result<Step, Error> {
        let object = set.on_table(&self.name);
        let definition = format!(
            "CREATE OR REPLACE TRIGGER {}\n  {} ON {}\n  {}",
            crate::quote::ident(&self.name),
            self.event,
            set.target.table.qualified(),
            self.action
        );
        let mark = Mark {
            made: Some(Made {
                to: Vec::new(),
                using: Some(Mark::digest(&definition)),
                check: None,
            }),
            ..set.mark(&self.does)
        };
        let found = existing.trigger(&self.name)?.filter(|_| !set.options.standalone);
        let mut before = None;
        if let Some(found) = &found {
            match found.mark.as_ref().filter(|known| known.same_set(&mark)) {
                None => return Err(Error::TriggerNotOurs(object)),
                Some(known) if known.same(&mark) && found.enabled => {
                    return Ok(Step::unchanged(KIND, object));
                }
                Some(_) => before = found.comment.as_deref(),
            }
        }
        let mut statements = vec![definition];
        if found.as_ref().is_some_and(|found| !found.enabled) {
            statements.push(format!(
                "ALTER TABLE {} ENABLE TRIGGER {}",
                set.target.table.qualified(),
                crate::quote::ident(&self.name)
            ));
        }
        statements.push(comment("TRIGGER", &object, &mark, before)?);
        let action = if found.is_some() { Action::Alter } else { Action::Create };
        Ok(Step::new(KIND, object, action, statements))
    }
}

/// The step that removes a trigger that we made.
pub fn drop_trigger(object: String) -> Step {
    let statement = format!("DROP TRIGGER {object}");
    Step::new(KIND, object, Action::Drop, vec![statement])
}
