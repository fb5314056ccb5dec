//! Every policy, every identity: what it says of the rows there are, and what it decides.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use super::bound;
use super::clause::Clause;
use super::columns;
use super::covered::{About, Covered};
use super::deciding::{Column, Group, Tally, tally};
use super::identity::Identity;
use super::matrix::{self, Scope};
use super::policies::is_for;
use super::privileges::Privileges;
use super::progress::Progress;
use super::sample::{self, Sample};
use crate::catalog::{Command, Kind, Policy, Table, policy};
use crate::error::Error;

/// Asks every policy of the tables in scope as every identity, over at most `limit` rows of a table.
pub fn run(identities: &[Identity], scope: &Scope, limit: i32) -> Result<Vec<Covered>, Error> {
    let tables: Vec<&Table> = scope
        .relations
        .iter()
        .filter(|table| matches!(table.kind, Kind::Table | Kind::Partitioned))
        .collect();
    let all = policy::of_tables(&tables.iter().map(|table| table.oid).collect::<Vec<_>>())?;
    let mut policies: HashMap<Oid, Vec<&Policy>> = HashMap::new();
    for policy in &all {
        policies.entry(policy.table).or_default().push(policy);
    }
    let usable = matrix::usable_schemas(identities, &scope.relations)?;
    let mut progress = Progress::new("coverage", identities.len() * policies.len());
    let mut covered = Vec::new();
    for table in tables {
        let Some(policies) = policies.get(&table.oid) else { continue };
        let sample = sample::read(table, limit)?;
        let mut found = Found::new(table, policies, sample.as_ref(), &usable)?;
        for identity in identities {
            progress.step();
            found.ask(identity)?;
        }
        covered.extend(found.into_covered());
    }
    Ok(covered)
}

/// One table and its policies.
struct Found<'a> {
    table: &'a Table,
    policies: &'a [&'a Policy],
    sample: Option<&'a Sample>,
    /// The roles and schemas of which the role may look into the schema.
    usable: &'a HashSet<(Oid, Oid)>,
    /// The clauses, each once, and for each policy which are its USING and its WITH CHECK.
    clauses: Vec<Clause>,
    using: Vec<Option<usize>>,
    check: Vec<Option<usize>>,
    about: Vec<About>,
}

impl<'a> Found<'a> {
    fn new(
        table: &'a Table,
        policies: &'a [&'a Policy],
        sample: Option<&'a Sample>,
        usable: &'a HashSet<(Oid, Oid)>,
    ) -> Result<Self, Error> {
        let mut clauses = Vec::new();
        let mut read = |tree: &Option<String>| -> Result<Option<usize>, Error> {
            let Some(tree) = tree else { return Ok(None) };
            clauses.push(Clause::read(table.oid, &table.name, tree)?);
            Ok(Some(clauses.len() - 1))
        };
        let (mut using, mut check) = (Vec::new(), Vec::new());
        for policy in policies {
            using.push(read(&policy.using)?);
            check.push(read(&policy.check)?);
        }
        let about = policies.iter().map(|_| About::default()).collect();
        Ok(Self { table, policies, sample, usable, clauses, using, check, about })
    }

    /// Asks as one identity.
    fn ask(&mut self, identity: &Identity) -> Result<(), Error> {
        let Some((role, _)) = identity.role else { return Ok(()) };
        let binding = bound::by_row_security(self.table, role);
        let exempt = if binding.binds() { None } else { binding.reason() };
        let usage = self.usable.contains(&(role, self.table.schema_oid));
        let held = Privileges { relation: self.table, role };
        let may = |command| usage && held.may(of_matrix(command));
        for (at, policy) in self.policies.iter().enumerate() {
            let why = if let Some(reason) = exempt {
                reason
            } else if !is_for(policy, role) {
                "it is for other roles"
            } else if !commands(policy).any(may) {
                "the role lacks the privilege"
            } else {
                self.about[at].asked.push(identity.name.clone());
                continue;
            };
            self.about[at].not_asked.insert(identity.name.clone(), json!(why));
        }
        let Some(sample) = self.sample.filter(|sample| sample.rows > 0) else { return Ok(()) };
        let groups = if binding.binds() { self.groups(role, may) } else { Vec::new() };
        let wanted: Vec<usize> = self.wanted(&groups);
        if wanted.is_empty() {
            return Ok(());
        }
        let columns = self.columns(identity, role, sample, &wanted, &groups)?;
        let permissive: Vec<bool> = self.policies.iter().map(|policy| policy.permissive).collect();
        let rows = usize::try_from(sample.rows).unwrap_or_default();
        for (about, Tally { met, decided }) in
            self.about.iter_mut().zip(tally(&permissive, &groups, &columns, rows))
        {
            about.met += met;
            about.decided += decided;
            if decided > 0 {
                about.decided_for.insert(identity.name.clone(), json!(decided));
            }
        }
        Ok(())
    }

    /// The policies that are asked together, for each command that the role may give: what is there
    /// passes USING, what is written WITH CHECK.
    fn groups(&self, role: Oid, may: impl Fn(Command) -> bool) -> Vec<Group> {
        const ASKED: [(Command, bool); 5] = [
            (Command::Select, false),
            (Command::Insert, true),
            (Command::Update, false),
            (Command::Update, true),
            (Command::Delete, false),
        ];
        ASKED
            .into_iter()
            .filter(|(command, _)| may(*command))
            .map(|(command, check)| Group {
                members: self
                    .policies
                    .iter()
                    .enumerate()
                    .filter(|(_, policy)| policy.command.covers(command) && is_for(policy, role))
                    .map(|(at, _)| {
                        let written = if check { self.check[at] } else { None };
                        (at, written.or(self.using[at]))
                    })
                    .collect(),
            })
            .collect()
    }

    fn wanted(&self, groups: &[Group]) -> Vec<usize> {
        let mut wanted: Vec<usize> = groups
            .iter()
            .flat_map(|group| &group.members)
            .filter_map(|(_, column)| *column)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// What each wanted clause says of each row: all in one query, and where one raises each in its
    /// own, so that the others go on.
    fn columns(
        &mut self,
        identity: &Identity,
        role: Oid,
        sample: &Sample,
        wanted: &[usize],
        groups: &[Group],
    ) -> Result<Vec<Column>, Error> {
        let mut columns = vec![Column::Unknown; self.clauses.len()];
        let together: Vec<&Clause> = wanted.iter().map(|at| &self.clauses[*at]).collect();
        if let Ok(said) = columns::over(identity, role, self.table.oid, &together, sample)? {
            for (at, rows) in wanted.iter().zip(said) {
                columns[*at] = Column::Says(rows);
            }
            return Ok(columns);
        }
        for at in wanted {
            let alone = [&self.clauses[*at]];
            match columns::over(identity, role, self.table.oid, &alone, sample)? {
                Ok(said) => {
                    columns[*at] = said.into_iter().next().map_or(Column::Unknown, Column::Says)
                }
                Err(raised) => {
                    for group in groups {
                        let raises = |member: &&(usize, Option<usize>)| member.1 == Some(*at);
                        let Some((policy, _)) = group.members.iter().find(raises) else { continue };
                        let told = json!({"sqlstate": raised.sqlstate, "message": raised.message});
                        self.about[*policy].errors.insert(identity.name.clone(), told);
                        let name = &self.policies[*policy].name;
                        for (beside, _) in group.members.iter().filter(|one| one.0 != *policy) {
                            self.about[*beside].left_open_by.insert(name.clone());
                        }
                    }
                }
            }
        }
        Ok(columns)
    }

    fn into_covered(self) -> impl Iterator<Item = Covered> {
        let (table, sample) = (self.table, self.sample);
        self.policies
            .iter()
            .zip(self.about)
            .map(move |(policy, about)| about.covered(table, policy, sample))
    }
}

/// The commands that a policy is for.
fn commands(policy: &Policy) -> impl Iterator<Item = Command> {
    let command = policy.command;
    Command::SINGLE.into_iter().filter(move |single| command.covers(*single))
}

fn of_matrix(command: Command) -> matrix::Command {
    match command {
        Command::All | Command::Select => matrix::Command::Select,
        Command::Insert => matrix::Command::Insert,
        Command::Update => matrix::Command::Update,
        Command::Delete => matrix::Command::Delete,
    }
}
