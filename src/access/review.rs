//! The questions of the checklist that only trying access answers.
//!
//! A relation whose comment holds a line `rowguard:reviewed <who>: <why>` is left out of all three.

use std::collections::{BTreeMap, HashMap, HashSet};

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use serde_json::{Value, json};

use super::identity::{Identity, Kind};
use super::matrix::{Cell, Command, Scope, Verdict};
use super::overlap::{self, Overlap};
use crate::audit::review::in_comment;
use crate::audit::standing::{Permissive, Standing};
use crate::catalog::{self, Schema, Table, select};
use crate::error::Error;
use crate::run_as::{PRIVATE_PATH, PinnedPath};

/// The commands by which rows are read, changed or lost.
const REACHING: [Command; 4] =
    [Command::Select, Command::Update, Command::Delete, Command::Truncate];

/// How a question came out.
#[derive(Debug, Default)]
pub struct Tried {
    /// What fails it.
    pub failing: Vec<Value>,
    /// What could not be tested.
    pub untested: Vec<Value>,
    /// Something was.
    tested: bool,
}

impl Tried {
    /// `pass`, `fail` or `not_tested`.
    pub fn status(&self) -> &'static str {
        match (self.failing.is_empty(), self.tested) {
            (false, _) => "fail",
            (true, true) => "pass",
            (true, false) => "not_tested",
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

    /// Two users who share nothing reach no row both, but for what everybody reads.
    fn others_data(&self, sample: i32) -> Result<Tried, Error> {
        let mut tried = Tried::default();
        let users = self.of_kind(Kind::User);
        if users.len() < 2 {
            tried.untested(None, "give two users who share nothing");
            return Ok(tried);
        }
        let strangers = self.of_kind(Kind::Anonymous);
        for relation in self.relations.iter().filter(|one| overlap::is_table(one)) {
            match overlap::find(relation, &users, &strangers, sample)? {
                Overlap::Hidden => {
                    tried.untested(
                        Some(relation.qualified()),
                        "row security hides its rows from the caller",
                    );
                }
                Overlap::Empty => tried.untested(Some(relation.qualified()), "it has no rows"),
                Overlap::Rows(shared) => {
                    tried.tested = true;
                    for found in shared {
                        let [one, other] = found.between;
                        if self.is_public(one, relation, found.command)
                            && self.is_public(other, relation, found.command)
                        {
                            continue;
                        }
                        let command = found.command.as_str();
                        tried.failing.push(json!({
                            "object": relation.qualified(),
                            "command": command,
                            "identities": [one.name, other.name],
                            "rows": found.rows,
                            "message": format!("{command}: {} both {} and {}",
                                reach(found.rows), one.name, other.name),
                        }));
                    }
                }
            }
        }
        Ok(tried)
    }

    /// What lets administrators in does: they reach all rows, or more than any user. Where nothing else
    /// lets anybody in, no user comes in.
    fn administrators(&self) -> Tried {
        let mut tried = Tried::default();
        let administrators = self.of_kind(Kind::Admin);
        let users = self.of_kind(Kind::User);
        if administrators.is_empty() {
            tried.untested(None, "give an administrator");
            return tried;
        }
        let mut gates = false;
        for relation in &self.relations {
            for command in [Command::Select, Command::Insert, Command::Update, Command::Delete] {
                let mut names: Vec<&str> = Vec::new();
                for one in &administrators {
                    names.extend(self.gates(one, relation, command, &users));
                }
                if names.is_empty() {
                    continue;
                }
                gates = true;
                names.sort_unstable();
                names.dedup();
                self.gate(relation, command, &names, [&administrators, &users], &mut tried);
            }
        }
        if !gates {
            tried.untested(None, "no policy is for administrators");
        }
        tried
    }

    /// The policies that let in by what an administrator is, or that are for his role and no user's.
    fn gates<'s>(
        &'s self,
        administrator: &Identity,
        relation: &Table,
        command: Command,
        users: &[&Identity],
    ) -> Vec<&'s str> {
        let of_users: HashSet<&str> = users
            .iter()
            .flat_map(|user| self.permissive(user, relation, command))
            .map(|policy| policy.name)
            .collect();
        self.permissive(administrator, relation, command)
            .into_iter()
            .filter(|policy| policy.by_role || !users.is_empty() && !of_users.contains(policy.name))
            // One for all commands does not mean those that nobody may run.
            .filter(|policy| {
                !policy.for_all
                    || self
                        .cell(administrator, relation, command)
                        .is_some_and(|cell| cell.verdict != Verdict::Denied)
            })
            .map(|policy| policy.name)
            .collect()
    }

    fn gate(
        &self,
        relation: &Table,
        command: Command,
        gates: &[&str],
        [administrators, users]: [&[&Identity]; 2],
        tried: &mut Tried,
    ) {
        let reached = |one: &&Identity| self.cell(one, relation, command)?.rows_allowed;
        let most = users.iter().filter_map(reached).max().unwrap_or(0);
        let cells = || administrators.iter().filter_map(|one| self.cell(one, relation, command));
        let object = relation.qualified();
        if cells().all(|cell| cell.verdict == Verdict::Denied) {
            tried.untested(Some(object), &format!("{}: no privilege", command.as_str()));
            return;
        }
        if cells().all(|cell| cell.verdict == Verdict::Empty) {
            tried.untested(Some(object), "it has no rows");
            return;
        }
        tried.tested = true;
        let let_in = cells().any(|cell| {
            cell.verdict == Verdict::All || cell.rows_allowed.is_some_and(|rows| rows > most)
        });
        let evidence = |message: String| {
            json!({
                "object": object,
                "command": command.as_str(),
                "policies": gates,
                "message": format!("{}: {message}", command.as_str()),
            })
        };
        if !let_in {
            let message = "administrators reach no more than users do".to_owned();
            tried.failing.push(evidence(message));
        }
        for user in users {
            let only_gates = self.permissive(user, relation, command).iter().all(|one| one.by_role);
            if let Some(rows) = reached(user)
                && rows > 0
                && only_gates
                && relation.rls_enabled
            {
                let message = format!("{} {}, who is no administrator", reach(rows), user.name);
                tried.failing.push(evidence(message));
            }
        }
    }

    /// Whoever is nobody reaches no row, but for what everybody reads.
    fn unauthenticated(&self) -> Tried {
        let mut tried = Tried::default();
        let strangers = self.of_kind(Kind::Anonymous);
        if strangers.is_empty() {
            tried.untested(None, "give somebody without claims");
        }
        for stranger in strangers {
            for relation in &self.relations {
                for command in REACHING {
                    let Some(cell) = self.cell(stranger, relation, command) else { continue };
                    tried.tested = true;
                    let reaches = cell.rows_allowed.unwrap_or(0) > 0
                        || command == Command::Truncate && cell.verdict == Verdict::All;
                    if cell.verdict == Verdict::Error {
                        let state = cell.sqlstate.as_deref().unwrap_or_default();
                        let why = format!("{}: raises {state}", command.as_str());
                        tried.untested(Some(relation.qualified()), &why);
                    } else if reaches && !self.is_public(stranger, relation, command) {
                        let rows = cell.rows_allowed.map_or("rows reach".to_owned(), reach);
                        tried.failing.push(json!({
                            "object": relation.qualified(),
                            "command": command.as_str(),
                            "identities": [stranger.name],
                            "rows": cell.rows_allowed,
                            "message": format!("{}: {rows} {}", command.as_str(), stranger.name),
                        }));
                    }
                }
            }
        }
        tried
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
