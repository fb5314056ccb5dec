//! An event trigger of a set. Only superusers make them, says the server.

use super::comment;
use crate::error::{Error, PolicyError};
use crate::policy::managed::Existing;
use crate::policy::mark::Mark;
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;
use crate::quote;

const KIND: &str = "event trigger";

/// The commands that make tables, and the one that moves them.
pub const TAGS: [&str; 4] = ["CREATE TABLE", "CREATE TABLE AS", "SELECT INTO", "ALTER TABLE"];

/// An event trigger that runs after a table was made or altered.
pub struct DesiredEventTrigger {
    /// Unquoted name.
    pub name: String,
    /// The function that it runs, as SQL.
    pub function: String,
    /// What it does, for people.
    pub does: String,
}

impl DesiredEventTrigger {
    /// What there is is compared with what shall be, and made or switched on where it differs.
    pub fn plan(&self, set: &Template<'_>, existing: &Existing) -> Result<Step, Error> {
        let object = quote::ident(&self.name);
        let mark = set.mark_elsewhere(&self.does);
        let found = existing.event_trigger(&self.name)?.filter(|_| !set.options.standalone);
        let Some(found) = found else {
            let statements = vec![self.definition(&object), self.comment(&object, &mark, None)?];
            return Ok(Step::new(KIND, object, Action::Create, statements));
        };
        match found.mark.as_ref().filter(|known| known.same_set(&mark)) {
            None => Err(PolicyError::TriggerNotOurs(object).into()),
            Some(_) if !found.enabled => {
                let statement = format!("ALTER EVENT TRIGGER {object} ENABLE");
                Ok(Step::new(KIND, object, Action::Alter, vec![statement]))
            }
            Some(known) if !known.same(&mark) => {
                let statement = self.comment(&object, &mark, found.comment.as_deref())?;
                Ok(Step::new(KIND, object, Action::Alter, vec![statement]))
            }
            Some(_) => Ok(Step::unchanged(KIND, object)),
        }
    }

    fn definition(&self, object: &str) -> String {
        let tags: Vec<String> = TAGS.iter().map(|tag| quote::literal(tag)).collect();
        format!(
            "CREATE EVENT TRIGGER {object}\n  ON ddl_command_end\n  WHEN TAG IN ({})\n  EXECUTE \
             FUNCTION {}()",
            tags.join(", "),
            self.function
        )
    }

    fn comment(&self, object: &str, mark: &Mark, before: Option<&str>) -> Result<String, Error> {
        comment("EVENT TRIGGER", object, mark, before)
    }
}

/// The step that removes an event trigger that we made.
pub fn drop_event_trigger(object: String) -> Step {
    let statement = format!("DROP EVENT TRIGGER {object}");
    Step::new(KIND, object, Action::Drop, vec![statement])
}
