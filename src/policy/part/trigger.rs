//! A trigger on the table of a set.

use pgrx::pg_sys;

use super::comment;
use crate::catalog::trigger::{Definition, definitions};
use crate::error::{Error, PolicyError};
use crate::policy::attempt::attempt;
use crate::policy::expression;
use crate::policy::managed::{Existing, Marked, MarkedKind};
use crate::policy::mark::{Made, Mark};
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;
use crate::quote;

const KIND: &str = "trigger";

/// `pg_trigger.tgtype` of BEFORE UPDATE FOR EACH ROW, by the bits of the server.
const BEFORE_UPDATE_OF_ROW: i16 =
    (pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_BEFORE | pg_sys::TRIGGER_TYPE_UPDATE) as i16;

/// A trigger as it shall be: before the update of a row, it runs a function of its set.
pub struct DesiredTrigger {
    /// Unquoted name.
    pub name: String,
    /// The columns of UPDATE OF, unquoted, in attribute order; all where there are none.
    pub columns: Vec<String>,
    /// WHEN, as SQL.
    pub when: String,
    /// The function that it runs, as SQL.
    pub function: String,
    /// What it does, for people.
    pub does: String,
}

impl DesiredTrigger {
    /// What there is is compared with what shall be, and replaced where it differs.
    pub fn plan(&self, set: &Template<'_>, existing: &Existing) -> Result<Step, Error> {
        let object = set.on_table(&self.name);
        let columns: Vec<String> = self.columns.iter().map(|name| quote::ident(name)).collect();
        let definition = format!(
            "CREATE OR REPLACE TRIGGER {}\n  BEFORE UPDATE{} ON {}\n  FOR EACH ROW\n  WHEN ({})\n  \
             EXECUTE FUNCTION {}()",
            quote::ident(&self.name),
            if columns.is_empty() { String::new() } else { format!(" OF {}", columns.join(", ")) },
            set.target.table.qualified(),
            self.when,
            self.function
        );
        let mark = Mark {
            made: Some(Made {
                to: self.columns.clone(),
                using: Some(Mark::digest(&definition)),
                check: Some(self.when.clone()),
            }),
            ..set.mark(&self.does)
        };
        let found = existing.trigger(&self.name)?.filter(|_| !set.options.standalone);
        let mut before = None;
        if let Some(found) = &found {
            match found.mark.as_ref().filter(|known| known.same_set(&mark)) {
                None => return Err(PolicyError::TriggerNotOurs(object).into()),
                Some(known) => {
                    let stored = definitions(&[found.oid])?;
                    let (edited, runs_it) = match stored.first() {
                        Some(stored) => (
                            // Where columns were renamed, it is no more what was made, but what is wanted.
                            edited(stored, known, &existing.marked)?
                                && edited(stored, &mark, &existing.marked)?,
                            self.is_run_by(stored, &existing.marked),
                        ),
                        None => (true, false),
                    };
                    if edited && !set.options.overwrite {
                        return Err(PolicyError::TriggerEdited(object).into());
                    }
                    if !edited && runs_it && found.enabled && known.same(&mark) {
                        return Ok(Step::unchanged(KIND, object));
                    }
                    before = found.comment.as_deref();
                }
            }
        }
        let mut statements = vec![definition];
        if found.as_ref().is_some_and(|found| !found.enabled) {
            statements.push(format!(
                "ALTER TABLE {} ENABLE TRIGGER {}",
                set.target.table.qualified(),
                quote::ident(&self.name)
            ));
        }
        statements.push(comment("TRIGGER", &object, &mark, before)?);
        let action = if found.is_some() { Action::Alter } else { Action::Create };
        Ok(Step::new(KIND, object, action, statements))
    }
}

impl DesiredTrigger {
    /// Whether a trigger runs the function that is wanted, and not one that is called otherwise today.
    fn is_run_by(&self, stored: &Definition, marked: &[Marked]) -> bool {
        let wanted = format!("{}()", self.function);
        marked.iter().any(|function| {
            function.kind == MarkedKind::Function
                && function.oid == stored.function
                && function.object == wanted
        })
    }
}

/// Whether a trigger is no longer what its mark says was made: it fires otherwise, under another
/// condition, or runs a function that is none of its set. `marked` is everything that has a mark.
pub fn edited(stored: &Definition, mark: &Mark, marked: &[Marked]) -> Result<bool, Error> {
    let Some(made) = &mark.made else { return Ok(false) };
    let runs_ours = marked.iter().any(|function| {
        function.kind == MarkedKind::Function
            && function.oid == stored.function
            && function.mark.same_set(mark)
    });
    if stored.kind != BEFORE_UPDATE_OF_ROW || stored.columns != made.to || !runs_ours {
        return Ok(true);
    }
    // As for policies: what was made may not be readable any more.
    let same = attempt(|| {
        expression::same_when(
            stored.table,
            made.check.as_deref().unwrap_or("true"),
            stored.when.as_deref(),
        )
    })?;
    Ok(same != Some(true))
}

/// The step that removes a trigger that we made.
pub fn drop_trigger(object: String) -> Step {
    let statement = format!("DROP TRIGGER {object}");
    Step::new(KIND, object, Action::Drop, vec![statement])
}
