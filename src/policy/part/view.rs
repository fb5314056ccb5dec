//! Options of a view.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::comment;
use crate::catalog::row::select;
use crate::error::Error;
use crate::policy::managed::{Existing, Marked};
use crate::policy::mark::{Made, Mark};
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;
use crate::quote;

const KIND: &str = "view";

/// The options that a view shall have, and the statement names them in this order.
const OPTIONS: [&str; 2] = ["security_invoker", "security_barrier"];

/// A view as it shall be: with all of the options.
pub struct DesiredView {
    /// What that does, for people.
    pub does: String,
}

impl DesiredView {
    /// The options that are missing are set. The mark keeps which ones were set here, and they are
    /// those that go again.
    pub fn plan(&self, set: &Template<'_>, existing: &Existing) -> Result<Step, Error> {
        let view = &set.target.table;
        let object = view.qualified();
        let (has, text) = found(view.oid)?;
        let fresh = set.options.standalone;
        let missing: Vec<&str> = OPTIONS
            .into_iter()
            .filter(|option| fresh || !has.iter().any(|has| has == option))
            .collect();
        let known = existing
            .marked
            .iter()
            .find(|marked| marked.oid == view.oid && marked.table == set.target.label)
            .filter(|_| !fresh)
            .map(|marked| &marked.mark);
        let before = known.map(set_by).unwrap_or_default();
        let ours: Vec<&str> = OPTIONS
            .into_iter()
            .filter(|option| missing.contains(option) || before.iter().any(|one| one == option))
            .collect();
        let mark = Mark {
            made: Some(Made {
                to: ours.iter().map(|option| (*option).to_owned()).collect(),
                using: None,
                check: None,
            }),
            ..set.mark(&self.does)
        };
        let mut statements = Vec::new();
        if !missing.is_empty() {
            let settings: Vec<String> =
                missing.iter().map(|option| format!("{option} = true")).collect();
            statements.push(format!("ALTER VIEW {object} SET ({})", settings.join(", ")));
        }
        if !ours.is_empty() && !known.is_some_and(|known| known.same(&mark)) {
            let text = if fresh { None } else { text.as_deref() };
            statements.push(comment("VIEW", &object, &mark, text)?);
        }
        Ok(Step::new(KIND, object, Action::Alter, statements))
    }
}

/// The options that a mark says were set.
pub fn set_by(mark: &Mark) -> Vec<String> {
    mark.made.as_ref().map(|made| made.to.clone()).unwrap_or_default()
}

/// The step that takes away the options that were set, and the mark.
pub fn reset_view(marked: Marked) -> Result<Step, Error> {
    let (_, text) = found(marked.oid)?;
    let text =
        Mark::take_out(text.as_deref()).map_or("NULL".to_owned(), |text| quote::literal(&text));
    let options: Vec<String> =
        set_by(&marked.mark).into_iter().filter(|name| OPTIONS.contains(&name.as_str())).collect();
    let statements = vec![
        format!("ALTER VIEW {} RESET ({})", marked.object, options.join(", ")),
        format!("COMMENT ON VIEW {} IS {text}", marked.object),
    ];
    Ok(Step::new(KIND, marked.object, Action::Alter, statements))
}

/// Which of the options are on, and the comment.
fn found(view: Oid) -> Result<(Vec<String>, Option<String>), Error> {
    let rows = select(
        "SELECT (SELECT pg_catalog.array_agg(o.option_name ORDER BY o.option_name)
                   FROM pg_catalog.pg_options_to_table(c.reloptions) o
                  WHERE o.option_name OPERATOR(pg_catalog.=)
                        ANY ('{security_invoker,security_barrier}'::pg_catalog.text[])
                    AND o.option_value::pg_catalog.bool),
                pg_catalog.obj_description(c.oid, 'pg_class')
           FROM pg_catalog.pg_class c
          WHERE c.oid OPERATOR(pg_catalog.=) $1",
        &[DatumWithOid::from(view)],
        |row| Ok((row.optional::<Vec<String>>(1)?.unwrap_or_default(), row.optional(2)?)),
    )?;
    Ok(rows.into_iter().next().unwrap_or_default())
}
