//! The questions of the checklist that only trying access answers.
//!
//! A relation whose comment holds a line `rowguard:reviewed <who>: <why>` is left out of all three.

mod administrators;
mod others_data;
mod unauthenticated;

use std::collections::{BTreeMap, HashMap, HashSet};

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use serde_json::{Value, json};

use super::identity::{Identity, Kind};
use super::matrix::{Cell, Command, Scope, Verdict};
use crate::audit::review::in_comment;
use crate::audit::standing::{Permissive, Standing};
use crate::catalog::{self, Schema, Table, select};
use crate::error::Error;
use crate::run_as::{PRIVATE_PATH, PinnedPath};

/// How a question came out.
#[derive(Debug, Default)]
pub struct Tried {
    /// What fails it.
    pub failing: Vec<Value>,
    /// What could not be tested.
    pub untested: Vec<Value>,
    /// Something was.
    tested: bool,
    /// Nothing that was tested stands for what could not be.
    unproven: bool,
}

impl Tried {
    /// `pass`, `fail` or `not_tested`.
    pub fn status(&self) -> &'static str {
        match (self.failing.is_empty(), self.tested) {
            (false, _) => "fail",
            (true, true) if !self.unproven => "pass",
            _ => "not_tested",
        }
    }

    fn untested(&mut self, object: Option<String>, why: &str) {
        let mut evidence = json!({"message": why, "not_tested": true});
        if let (Some(object), Some(evidence)) = (object, evidence.as_object_mut()) {
            evidence.insert("object".to_owned(), json!(object));
        }
        self.untested.push(evidence);
    }
}

/// The answers, by number of the question.
pub fn run(
    identities: &[Identity],
    scope: &Scope,
    cells: &[Cell],
    sample: i32,
) -> Result<[(i32, Tried); 3], Error> {
    let mut kinds = Vec::new();
    for identity in identities {
        kinds.push((identity, identity.kind()?));
    }
    let review = Review {
        kinds,
        cells: cells
            .iter()
            .map(|cell| ((cell.identity.as_str(), name(cell), cell.command), cell))
            .collect(),
        relations: unreviewed(scope)?,
        standing: standing(scope)?,
    };
    let mut answers = [
        (4, review.others_data(sample)?),
        (5, review.administrators()),
        (6, review.unauthenticated()),
    ];
    for (_, tried) in &mut answers {
        if !tried.tested && tried.untested.is_empty() {
            tried.untested(None, "there is nothing to try it on");
        }
    }
    Ok(answers)
}

/// A relation by schema and name.
type Name<'a> = (&'a str, &'a str);

fn name(cell: &Cell) -> Name<'_> {
    (&cell.schema, &cell.table)
}

/// What is there to answer from.
struct Review<'a> {
    kinds: Vec<(&'a Identity, Kind)>,
    cells: BTreeMap<(&'a str, Name<'a>, Command), &'a Cell>,
    relations: Vec<&'a Table>,
    standing: Standing,
}

impl<'a> Review<'a> {
    fn of_kind(&self, kind: Kind) -> Vec<&'a Identity> {
        let some = self.kinds.iter().filter(|(_, other)| *other == kind);
        some.map(|(identity, _)| *identity).collect()
    }

    fn cell(&self, identity: &Identity, relation: &Table, command: Command) -> Option<&Cell> {
        let name = (relation.schema.as_str(), relation.name.as_str());
        self.cells.get(&(identity.name.as_str(), name, command)).copied()
    }

    fn permissive(
        &self,
        identity: &Identity,
        relation: &Table,
        command: Command,
    ) -> Vec<Permissive<'_>> {
        let (Some((role, _)), Some(command)) = (&identity.role, policy_command(command)) else {
            return Vec::new();
        };
        self.standing.permissive(relation.oid, command, *role)
    }

    /// Everybody is meant to read it: every policy that lets him came with `rls.public_read()`.
    fn is_public(&self, identity: &Identity, relation: &Table, command: Command) -> bool {
        let let_in = self.permissive(identity, relation, command);
        command == Command::Select
            && relation.rls_enabled
            && !let_in.is_empty()
            && let_in.iter().all(|policy| policy.public_read)
    }

    /// What raises reaches no row, and with other rows it might.
    fn tell_errors(
        &self,
        identity: &Identity,
        relation: &Table,
        commands: &[Command],
        tried: &mut Tried,
    ) {
        for command in commands {
            if let Some(cell) = self.cell(identity, relation, *command)
                && cell.verdict == Verdict::Error
            {
                let state = cell.sqlstate.as_deref().unwrap_or_default();
                let why = format!("{}: raises {state} for {}", command.as_str(), identity.name);
                tried.untested(Some(relation.qualified()), &why);
            }
        }
    }
}

fn reach(rows: i64) -> String {
    if rows == 1 { "1 row reaches".to_owned() } else { format!("{rows} rows reach") }
}

fn policy_command(command: Command) -> Option<catalog::Command> {
    match command {
        Command::Select => Some(catalog::Command::Select),
        Command::Insert => Some(catalog::Command::Insert),
        Command::Update => Some(catalog::Command::Update),
        Command::Delete => Some(catalog::Command::Delete),
        Command::Truncate | Command::Execute => None,
    }
}

/// The relations that nobody has reviewed.
fn unreviewed(scope: &Scope) -> Result<Vec<&Table>, Error> {
    let asked: Vec<Oid> = scope.relations.iter().map(|relation| relation.oid).collect();
    let reviewed: HashSet<Oid> = select(
        "SELECT d.objoid, d.description FROM pg_catalog.pg_description d
          WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.objsubid OPERATOR(pg_catalog.=) 0
            AND d.objoid OPERATOR(pg_catalog.=) ANY ($1)",
        &[DatumWithOid::from(asked)],
        |row| Ok((row.required::<Oid>(1)?, row.required::<String>(2)?)),
    )?
    .into_iter()
    .filter(|(_, comment)| in_comment(comment).is_some())
    .map(|(relation, _)| relation)
    .collect();
    Ok(scope.relations.iter().filter(|relation| !reviewed.contains(&relation.oid)).collect())
}

/// The policies on the relations.
fn standing(scope: &Scope) -> Result<Standing, Error> {
    let schemas: HashMap<Oid, &str> = scope
        .relations
        .iter()
        .map(|relation| (relation.schema_oid, relation.schema.as_str()))
        .collect();
    let schemas: Vec<Schema> =
        schemas.into_iter().map(|(oid, name)| Schema { oid, name: name.to_owned() }).collect();
    let _path = PinnedPath::begin(PRIVATE_PATH);
    Standing::read(&schemas)
}
