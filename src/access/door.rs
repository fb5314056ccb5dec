//! What is said of a relation that policies do not guard: a view, a materialized view, a foreign
//! table.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::explain::{Step, who};
use super::held::{self, Needed};
use super::identity::Identity;
use crate::catalog::{Command, Kind, Table, role, select, view};
use crate::error::Error;
use crate::quote;

/// Explains what `identity` finds behind the relation.
pub fn explain(
    identity: &Identity,
    (role, role_name): (Oid, &str),
    door: &Table,
    command: Command,
) -> Result<Vec<Step>, Error> {
    let mut steps = vec![who(identity, role_name)];
    let mut lacking = Vec::new();
    steps.push(held::schema(door, role, &mut lacking)?);
    let needed = Needed::Command;
    steps.push(held::privilege(door, role, command, needed, &[], &mut lacking));
    let owner = name_of(door.owner)?;
    let (answer, sentence) = match door.kind {
        Kind::View => {
            let invoker =
                view::of_users()?.iter().any(|view| view.oid == door.oid && view.security_invoker);
            let reader = if invoker { quote::ident(role_name) } else { owner };
            let how = if invoker { "security_invoker" } else { "no security_invoker" };
            for table in read_by(door.oid)? {
                steps.push(Step {
                    kind: "reads",
                    object: table,
                    detail: Some(format!("as {reader}: {how}")),
                    ..Step::default()
                });
            }
            (None, format!("what the view reads decides: explain each for {reader}"))
        }
        Kind::MaterializedView => (
            Some("yes"),
            format!("no policy guards it: it holds what {owner} saw when it was refreshed"),
        ),
        _ => (Some("yes"), "no policy guards a foreign table: privileges alone decide".to_owned()),
    };
    let (answer, sentence) = if lacking.is_empty() {
        (answer, sentence)
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

fn name_of(role: Oid) -> Result<String, Error> {
    let found = role::all()?.into_iter().find(|one| one.oid == role);
    Ok(found.map_or_else(|| role.to_string(), |role| quote::ident(&role.name)))
}

/// The relations that a view reads itself, qualified.
fn read_by(view: Oid) -> Result<Vec<String>, Error> {
    select(
        "SELECT DISTINCT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
           FROM pg_catalog.pg_rewrite r
           JOIN pg_catalog.pg_depend d
             ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            AND d.objid OPERATOR(pg_catalog.=) r.oid
            AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refobjid OPERATOR(pg_catalog.<>) r.ev_class
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE r.ev_class OPERATOR(pg_catalog.=) $1
            AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[])
          ORDER BY 1, 2",
        &[DatumWithOid::from(view)],
        |row| Ok(quote::qualified(&row.required::<String>(1)?, &row.required::<String>(2)?)),
    )
}
