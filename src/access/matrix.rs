//! Every identity, every table, every command: what the server says.

use std::collections::HashSet;
use std::ffi::CStr;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use serde_json::{Map, Value, json};

use super::doors::Doors;
use super::identity::Identity;
use super::privileges::Privileges;
use super::probe::{self, Counted, Turn};
use super::progress::Progress;
use super::sample::{self, Sample};
use super::statement::statement;
use super::trial::Raised;
use crate::catalog::{Kind, Table, select};
use crate::error::Error;

/// A command that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    Select,
    Insert,
    Update,
    Delete,
    Truncate,
    Execute,
}

impl Command {
    /// What is tried on a table, in the order of reports.
    pub const ALL: [Self; 5] =
        [Self::Select, Self::Insert, Self::Update, Self::Delete, Self::Truncate];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Truncate => "truncate",
            Self::Execute => "execute",
        }
    }
}

/// What came of trying one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The role lacks the privilege.
    Denied,
    /// No row is reached.
    None,
    /// Some rows are reached.
    Some,
    /// Every row is reached.
    All,
    /// There is no row to reach.
    Empty,
    /// The server raised something else.
    Error,
}

impl Verdict {
    pub const ALL: [Self; 6] =
        [Self::Denied, Self::None, Self::Some, Self::All, Self::Empty, Self::Error];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::None => "none",
            Self::Some => "some",
            Self::All => "all",
            Self::Empty => "empty",
            Self::Error => "error",
        }
    }
}

/// One identity, one relation, one command.
#[derive(Debug, Clone)]
pub struct Cell {
    pub identity: String,
    pub role: Option<String>,
    pub schema: String,
    pub table: String,
    pub command: Command,
    pub verdict: Verdict,
    pub rows_allowed: Option<i64>,
    pub rows_total: Option<i64>,
    pub sqlstate: Option<String>,
    pub detail: Map<String, Value>,
}

/// What access is tried on.
pub struct Scope {
    /// Tables, views and materialized views, by schema and name.
    pub relations: Vec<Table>,
    /// The schemas whose functions are listed as doors.
    pub schemas: Vec<Oid>,
}

/// Tries every command on every relation as every identity. Cells come in the order of identities,
/// then of relations and commands; functions last.
pub fn run(identities: &[Identity], scope: &Scope, limit: i32) -> Result<Vec<Cell>, Error> {
    let relations = &scope.relations;
    let mut samples: Vec<Option<Sample>> = Vec::new();
    for relation in relations {
        samples.push(match relation.kind {
            Kind::Table | Kind::Partitioned => sample::read(relation, limit)?,
            // What a view shows depends on who asks, and asking runs what its author wrote.
            _ => None,
        });
    }
    let usable = usable_schemas(identities, relations)?;
    let doors = Doors::read(identities, scope)?;
    let mut progress = Progress::new("access matrix", identities.len() * relations.len());
    let mut cells = Vec::new();
    for identity in identities {
        for (relation, sample) in relations.iter().zip(&samples) {
            progress.step();
            let asked = Asked {
                identity,
                relation,
                sample: sample.as_ref(),
                limit,
                usable: &usable,
                doors: &doors,
            };
            for command in Command::ALL {
                if asked.applies(command) {
                    cells.push(asked.cell(command)?);
                }
            }
        }
        cells.extend(doors.cells(identity));
    }
    Ok(cells)
}

/// One identity and one relation.
struct Asked<'a> {
    identity: &'a Identity,
    relation: &'a Table,
    sample: Option<&'a Sample>,
    limit: i32,
    usable: &'a HashSet<(Oid, Oid)>,
    doors: &'a Doors,
}

impl Asked<'_> {
    fn is_table(&self) -> bool {
        matches!(self.relation.kind, Kind::Table | Kind::Partitioned)
    }

    /// A materialized view is only read; a view is not truncated.
    fn applies(&self, command: Command) -> bool {
        match self.relation.kind {
            Kind::Table | Kind::Partitioned => true,
            Kind::View => command != Command::Truncate && command != Command::Insert,
            _ => command == Command::Select,
        }
    }

    fn cell(&self, command: Command) -> Result<Cell, Error> {
        let mut cell = Cell {
            identity: self.identity.name.clone(),
            role: self.identity.role.as_ref().map(|(_, name)| name.clone()),
            schema: self.relation.schema.clone(),
            table: self.relation.name.clone(),
            command,
            verdict: Verdict::Error,
            rows_allowed: None,
            rows_total: self.sample.map(|sample| sample.rows),
            sqlstate: None,
            detail: self.doors.detail(self.relation.oid),
        };
        if self.sample.is_some_and(|sample| sample.chosen.is_some()) {
            self.note(&mut cell, "sampled", json!(true));
        }
        let Some((role, _)) = self.identity.role else {
            cell.sqlstate = Some("22023".to_owned());
            self.note(&mut cell, "message", json!("the identity has no role"));
            return Ok(cell);
        };
        if command == Command::Truncate {
            self.truncate(role, &mut cell);
            return Ok(cell);
        }
        let (statement, turn) = statement(self.privileges(role), command, self.limit)?;
        match probe::count(self.identity, role, &statement, turn, self.sample)? {
            Err(raised) => self.raised(role, command, raised, &mut cell),
            Ok(Counted::Rewritten) => {
                cell.sqlstate = Some("0A000".to_owned());
                self.note(&mut cell, "message", json!("a rule makes another statement of it"));
            }
            Ok(Counted::Rows(rows)) => {
                cell.rows_allowed = Some(rows);
                cell.verdict = verdict(rows, cell.rows_total);
            }
        }
        if command == Command::Select && cell.verdict != Verdict::Denied {
            let hidden = self.privileges(role).unreadable();
            if !hidden.is_empty() {
                self.note(&mut cell, "unreadable_columns", json!(hidden));
            }
        }
        if command == Command::Update && cell.sqlstate.is_none() && self.is_table() {
            self.handed_over(role, &statement, &mut cell)?;
        }
        Ok(cell)
    }

    fn note(&self, cell: &mut Cell, key: &str, value: Value) {
        cell.detail.insert(key.to_owned(), value);
    }

    /// Policies do not apply to it: the privilege decides.
    fn truncate(&self, role: Oid, cell: &mut Cell) {
        if self.privileges(role).may(Command::Truncate) && self.uses_schema(role) {
            cell.rows_allowed = cell.rows_total;
            cell.verdict = if cell.rows_total == Some(0) { Verdict::Empty } else { Verdict::All };
        } else {
            cell.verdict = Verdict::Denied;
            cell.sqlstate = Some("42501".to_owned());
        }
    }

    /// A row that it may change could be made one of these: rows that are out of its reach and pass
    /// the check of what it writes.
    fn handed_over(&self, role: Oid, statement: &CStr, cell: &mut Cell) -> Result<(), Error> {
        match probe::count(self.identity, role, statement, Turn::Reachable, self.sample)? {
            Ok(Counted::Rows(rows)) => self.note(cell, "rows_it_could_take_over", json!(rows)),
            Ok(Counted::Rewritten) => {}
            Err(raised) => {
                self.note(
                    cell,
                    "check",
                    json!({"sqlstate": raised.sqlstate, "message": raised.message}),
                );
            }
        }
        Ok(())
    }

    fn raised(&self, role: Oid, command: Command, raised: Raised, cell: &mut Cell) {
        // The same SQLSTATE comes from a sub-query or a function of a policy.
        let lacks = !self.uses_schema(role) || !self.privileges(role).may(command);
        cell.verdict =
            if raised.sqlstate == "42501" && lacks { Verdict::Denied } else { Verdict::Error };
        cell.sqlstate = Some(raised.sqlstate);
        self.note(cell, "message", json!(raised.message));
    }

    fn privileges(&self, role: Oid) -> Privileges<'_> {
        Privileges { relation: self.relation, role }
    }

    fn uses_schema(&self, role: Oid) -> bool {
        self.usable.contains(&(role, self.relation.schema_oid))
    }
}

/// The roles and schemas of which the role may look into the schema.
pub fn usable_schemas(
    identities: &[Identity],
    relations: &[Table],
) -> Result<HashSet<(Oid, Oid)>, Error> {
    let roles: HashSet<Oid> =
        identities.iter().filter_map(|one| one.role.as_ref()).map(|(role, _)| *role).collect();
    let schemas: HashSet<Oid> = relations.iter().map(|relation| relation.schema_oid).collect();
    let found = select(
        "SELECT r.oid, n.oid FROM pg_catalog.unnest($1) r(oid), pg_catalog.unnest($2) n(oid)
          WHERE pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')",
        &[DatumWithOid::from(Vec::from_iter(roles)), DatumWithOid::from(Vec::from_iter(schemas))],
        |row| Ok((row.required(1)?, row.required(2)?)),
    )?;
    Ok(found.into_iter().collect())
}

fn verdict(allowed: i64, total: Option<i64>) -> Verdict {
    match (allowed, total) {
        (_, Some(0)) => Verdict::Empty,
        (0, _) => Verdict::None,
        (_, Some(total)) if allowed >= total => Verdict::All,
        _ => Verdict::Some,
    }
}
