//! What is said of a relation that policies do not guard itself: a view, a materialized view, a
//! foreign table.

use pgrx::pg_sys::Oid;

use super::explain::{Step, who};
use super::held::{self, Needed};
use super::identity::Identity;
use crate::audit::Doors as Plans;
use crate::catalog::{Command, Kind, Schema, Table};
use crate::error::Error;
use crate::quote;
use crate::run_as::{PRIVATE_PATH, PinnedPath};

/// Explains what `identity` finds behind the relation.
pub fn explain(
    identity: &Identity,
    (role, role_name): (Oid, &str),
    door: &Table,
    command: Command,
) -> Result<Vec<Step>, Error> {
    let mut steps = vec![who(identity, role_name)];
    let mut lacking = Vec::new();
    steps.push(held::schema(identity, door, &mut lacking)?);
    let needed = Needed::Command;
    steps.push(held::privilege(door, role, command, needed, &[], &mut lacking));
    let (answer, sentence) = match door.kind {
        Kind::Foreign => (Some("yes"), "no policy guards a foreign table: privileges alone decide"),
        Kind::MaterializedView => {
            steps.extend(behind(door, role_name)?);
            (Some("yes"), "no policy guards what was stored when the view was refreshed")
        }
        _ => {
            steps.extend(behind(door, role_name)?);
            (None, "what the view reads decides: explain each table where row security applies")
        }
    };
    let (answer, sentence) = if lacking.is_empty() {
        (answer, sentence.to_owned())
    } else {
        let lacking: Vec<String> = lacking.into_iter().map(|(what, _)| what).collect();
        let role = quote::ident(role_name);
        (Some("no"), format!("{role} lacks {}: 42501", lacking.join(", ")))
    };
    steps.push(Step {
        kind: "conclusion",
        object: door.qualified(),
        clause: Some(command.as_str().to_owned()),
        answer: answer.map(str::to_owned),
        detail: Some(sentence),
        ..Step::default()
    });
    Ok(steps)
}

/// What a view reads, as whom, and what row security does there.
fn behind(view: &Table, role_name: &str) -> Result<Vec<Step>, Error> {
    // Names are read under our own path.
    let _path = PinnedPath::begin(PRIVATE_PATH);
    let schema = Schema { oid: view.schema_oid, name: view.schema.clone() };
    let plans = Plans::read(&[schema], &[])?;
    let behind = plans.behind_view(view.oid);
    let mut steps: Vec<Step> = behind
        .reached
        .into_iter()
        .map(|((relation, reader), row_security)| Step {
            kind: "reads",
            object: relation,
            answer: Some(row_security.as_str().to_owned()),
            detail: Some(match reader {
                Some(owner) => format!("as {}", quote::ident(&owner)),
                None => format!("as {}: security_invoker", quote::ident(role_name)),
            }),
            ..Step::default()
        })
        .collect();
    if behind.unread {
        steps.push(Step {
            kind: "reads",
            object: "?".to_owned(),
            detail: Some("a part that cannot be read: it may reach more".to_owned()),
            ..Step::default()
        });
    }
    Ok(steps)
}
