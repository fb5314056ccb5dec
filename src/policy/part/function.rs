//! A function that the policies or triggers of a set call.

use pgrx::pg_sys;

use super::comment;
use crate::error::{Error, PolicyError};
use crate::policy::ground::Ground;
use crate::policy::managed::{Existing, FoundFunction};
use crate::policy::mark::{Made, Mark};
use crate::policy::options::Grantee;
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;
use crate::quote;

const KIND: &str = "function";

/// A function as it shall be. Made in the schema of the set's table, owned by the caller; PUBLIC
/// may not execute it.
pub struct DesiredFunction {
    /// Unquoted name.
    pub name: String,
    /// Its arguments as a declaration has them, `key uuid, reason text`.
    pub arguments: String,
    /// The types of its arguments, `uuid, text`.
    pub types: String,
    /// All between the arguments and the body: `RETURNS ... LANGUAGE ...`.
    pub header: String,
    /// The body, unquoted.
    pub body: String,
    /// Who may execute it.
    pub roles: Vec<Grantee>,
    /// What it does, for people.
    pub does: String,
    /// Why it may run with its owner's rights: a line `rowguard:reviewed` in its comment.
    pub reviewed: Option<String>,
}

impl DesiredFunction {
    /// What there is is compared with what shall be, and replaced where it differs.
    pub fn plan(
        &self,
        set: &Template<'_>,
        existing: &Existing,
        ground: &mut Ground,
    ) -> Result<Step, Error> {
        let name = quote::qualified(&set.target.table.schema, &self.name);
        let object = self.object(set);
        let definition = self.definition(&name);
        // Sets of two tables may go by one name. On another server they may share what is the same.
        let clashes = |(made, of): &(String, String)| {
            *made == object && !(set.options.standalone && *of == definition)
        };
        if ground.functions.iter().any(clashes) {
            return Err(PolicyError::FunctionNotOurs(object).into());
        }
        ground.functions.push((object.clone(), definition.clone()));
        let mark = Mark {
            made: Some(Made {
                to: self.roles.iter().map(|role| role.sql.clone()).collect(),
                using: Some(Mark::digest(&definition)),
                check: Some(Mark::digest(&self.body)),
            }),
            ..set.mark_elsewhere(&self.does)
        };
        let found = existing.function(&self.name)?;
        let before = match &found {
            Some(found) if !set.options.standalone => {
                let ours = is_trusted(found, set);
                match found.mark.as_ref().filter(|known| ours && known.same_set(&mark)) {
                    None => return Err(PolicyError::FunctionNotOurs(object).into()),
                    Some(known) if known.same(&mark) && self.is(found) => {
                        return Ok(Step::unchanged(KIND, object));
                    }
                    // Sets of two tables may go by one name: what one calls is not replaced for another.
                    Some(_) if found.shared => {
                        return Err(PolicyError::FunctionNotOurs(object).into());
                    }
                    Some(known) if !set.options.overwrite && edited(known, &found.body) => {
                        return Err(PolicyError::FunctionEdited(object).into());
                    }
                    Some(_) => found.comment.as_deref(),
                }
            }
            _ => None,
        };
        let action = if before.is_some() { Action::Alter } else { Action::Create };
        let mut text = before.unwrap_or_default().to_owned();
        if let Some(reviewed) = &self.reviewed
            && !text.contains("rowguard:reviewed")
        {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("rowguard:reviewed {reviewed}"));
        }
        let text = (!text.is_empty()).then_some(text);
        // What somebody makes meanwhile under the name would be replaced, and stay his.
        let statement = match action {
            Action::Create if !set.options.standalone => {
                definition.replacen("CREATE OR REPLACE", "CREATE", 1)
            }
            _ => definition,
        };
        let mut statements =
            vec![statement, format!("REVOKE ALL ON FUNCTION {object} FROM PUBLIC")];
        if !self.roles.is_empty() {
            let roles: Vec<&str> = self.roles.iter().map(|role| role.sql.as_str()).collect();
            statements.push(format!("GRANT EXECUTE ON FUNCTION {object} TO {}", roles.join(", ")));
        }
        statements.push(comment("FUNCTION", &object, &mark, text.as_deref())?);
        Ok(Step::new(KIND, object, action, statements))
    }

    /// Whether what was found is still what was made; whoever made the mark, it says of what.
    fn is(&self, found: &FoundFunction) -> bool {
        found.body == self.body
            && found.security_definer == self.header.contains("SECURITY DEFINER")
            && found.opened.is_none()
    }

    /// The function, as SQL names it after DROP.
    pub fn object(&self, set: &Template<'_>) -> String {
        format!("{}({})", quote::qualified(&set.target.table.schema, &self.name), self.types)
    }

    fn definition(&self, name: &str) -> String {
        format!(
            "CREATE OR REPLACE FUNCTION {name}({})\n{}\nAS {}",
            self.arguments,
            self.header,
            quote::dollar(&self.body)
        )
    }
}

/// Whether whoever owns a function, and so may replace it at any time, could as well replace what
/// calls it. Anybody can write a mark into a comment of his own.
fn is_trusted(found: &FoundFunction, set: &Template<'_>) -> bool {
    let owner = set.target.table.owner;
    // SAFETY: look-ups of role ids.
    unsafe {
        if owner == pg_sys::InvalidOid {
            // Of a schema: what an event trigger runs, whoever makes a table.
            pg_sys::superuser_arg(found.owner)
        } else {
            pg_sys::has_privs_of_role(found.owner, owner)
        }
    }
}

/// Whether a body is no longer the one that was made.
pub fn edited(mark: &Mark, body: &str) -> bool {
    let made = mark.made.as_ref().and_then(|made| made.check.as_ref());
    made.is_some_and(|made| *made != Mark::digest(body))
}

/// The step that removes a function that we made.
pub fn drop_function(object: String) -> Step {
    let statement = format!("DROP FUNCTION {object}");
    Step::new(KIND, object, Action::Drop, vec![statement])
}
