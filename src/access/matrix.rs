//! Every identity, every table, every command: what the server says.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::*;
use serde_json::{Map, Value, json};

use super::identity::Identity;
use super::privilege;
use super::probe::{self, Counted, Turn};
use super::sample::{self, Sample};
use super::trial::Raised;
use crate::catalog::{Kind, Table, select};
use crate::error::Error;
use crate::quote;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(3);

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
    let mut progress = Progress::new(identities.len() * relations.len());
    let mut cells = Vec::new();
    for identity in identities {
        for (relation, sample) in relations.iter().zip(&samples) {
            progress.step();
            let asked = Asked { identity, relation, sample: sample.as_ref(), limit };
            for command in Command::ALL {
                if asked.applies(command) {
                    cells.push(asked.cell(command)?);
                }
            }
        }
        cells.extend(functions(identity, &scope.schemas)?);
    }
    Ok(cells)
}

/// Tells how far it is, when it takes long.
struct Progress {
    total: usize,
    done: usize,
    told: Instant,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self { total, done: 0, told: Instant::now() }
    }

    fn step(&mut self) {
        pgrx::check_for_interrupts!();
        if self.told.elapsed() >= PROGRESS {
            ereport!(
                PgLogLevel::NOTICE,
                PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
                format!("access matrix: {} of {} done", self.done, self.total)
            );
            self.told = Instant::now();
        }
        self.done += 1;
    }
}

/// One identity and one relation.
struct Asked<'a> {
    identity: &'a Identity,
    relation: &'a Table,
    sample: Option<&'a Sample>,
    limit: i32,
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
            detail: Map::new(),
        };
        match self.relation.kind {
            Kind::View => self.note(&mut cell, "door", json!("view")),
            Kind::MaterializedView => self.note(&mut cell, "door", json!("materialized view")),
            _ => {}
        }
        if self.sample.is_some_and(|sample| sample.chosen.is_some()) {
            self.note(&mut cell, "sampled", json!(true));
        }
        let Some((role, _)) = self.identity.role else {
            cell.sqlstate = Some("22023".to_owned());
            self.note(&mut cell, "message", json!("the identity has no role"));
            return Ok(cell);
        };
        if command == Command::Truncate {
            self.truncate(role, &mut cell)?;
            return Ok(cell);
        }
        let (statement, turn) = self.statement(command, role)?;
        match probe::count(self.identity, role, &statement, turn, self.sample)? {
            Err(raised) => self.raised(role, command, raised, &mut cell)?,
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
            let hidden = privilege::columns_without(self.relation, role, pg_sys::ACL_SELECT);
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
    fn truncate(&self, role: Oid, cell: &mut Cell) -> Result<(), Error> {
        if privilege::on_relation(self.relation.oid, role, pg_sys::ACL_TRUNCATE)
            && privilege::uses_schema(self.relation.schema_oid, role)?
        {
            cell.rows_allowed = cell.rows_total;
            cell.verdict = if cell.rows_total == Some(0) { Verdict::Empty } else { Verdict::All };
        } else {
            cell.verdict = Verdict::Denied;
            cell.sqlstate = Some("42501".to_owned());
        }
        Ok(())
    }

    fn statement(&self, command: Command, role: Oid) -> Result<(CString, Turn), Error> {
        let name = self.relation.qualified();
        let (text, turn) = match command {
            Command::Select if self.is_table() => {
                (format!("SELECT pg_catalog.count(*) FROM {name}"), Turn::Select)
            }
            // No row of a view can be picked by its place: the first ones have to do.
            Command::Select => (
                format!(
                    "SELECT pg_catalog.count(*) FROM (SELECT FROM {name} LIMIT {}) AS reached",
                    self.limit
                ),
                Turn::Select,
            ),
            Command::Insert => (format!("INSERT INTO {name} DEFAULT VALUES"), Turn::Insertable),
            Command::Update => {
                // DEFAULT asks for no right to read, so no SELECT policy joins in.
                let column =
                    quote::ident(privilege::updatable(self.relation, role).unwrap_or_default());
                (format!("UPDATE {name} SET {column} = DEFAULT"), Turn::Touched)
            }
            Command::Delete | Command::Truncate | Command::Execute => {
                (format!("DELETE FROM {name}"), Turn::Touched)
            }
        };
        Ok((CString::new(text).map_err(|_| Error::NullByte)?, turn))
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

    fn raised(
        &self,
        role: Oid,
        command: Command,
        raised: Raised,
        cell: &mut Cell,
    ) -> Result<(), Error> {
        // The same SQLSTATE comes from a sub-query or a function of a policy.
        let lacks =
            !privilege::uses_schema(self.relation.schema_oid, role)? || !self.may(role, command);
        cell.verdict =
            if raised.sqlstate == "42501" && lacks { Verdict::Denied } else { Verdict::Error };
        cell.sqlstate = Some(raised.sqlstate);
        self.note(cell, "message", json!(raised.message));
        Ok(())
    }

    fn may(&self, role: Oid, command: Command) -> bool {
        let privilege = match command {
            Command::Select | Command::Execute => pg_sys::ACL_SELECT,
            Command::Insert => pg_sys::ACL_INSERT,
            Command::Update => pg_sys::ACL_UPDATE,
            Command::Delete => pg_sys::ACL_DELETE,
            Command::Truncate => pg_sys::ACL_TRUNCATE,
        };
        privilege::on_any_column(self.relation, role, privilege)
    }
}

fn verdict(allowed: i64, total: Option<i64>) -> Verdict {
    match (allowed, total) {
        (_, Some(0)) => Verdict::Empty,
        (0, _) => Verdict::None,
        (_, Some(total)) if allowed >= total => Verdict::All,
        _ => Verdict::Some,
    }
}

/// SECURITY DEFINER functions that the identity may call, as doors: what their owners may do there,
/// whoever calls them may.
fn functions(identity: &Identity, schemas: &[Oid]) -> Result<Vec<Cell>, Error> {
    let Some((role, name)) = &identity.role else { return Ok(Vec::new()) };
    select(
        "SELECT n.nspname::pg_catalog.text,
                p.proname::pg_catalog.text OPERATOR(pg_catalog.||) '('
                    OPERATOR(pg_catalog.||) pg_catalog.pg_get_function_identity_arguments(p.oid)
                    OPERATOR(pg_catalog.||) ')',
                o.rolname::pg_catalog.text, o.rolsuper OR o.rolbypassrls
           FROM pg_catalog.pg_proc p
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
           JOIN pg_catalog.pg_roles o ON o.oid OPERATOR(pg_catalog.=) p.proowner
          WHERE p.prosecdef AND p.pronamespace OPERATOR(pg_catalog.=) ANY ($1)
            AND pg_catalog.has_function_privilege($2, p.oid, 'EXECUTE')
            AND pg_catalog.has_schema_privilege($2, n.oid, 'USAGE')
            AND p.prorettype OPERATOR(pg_catalog.<>) 'pg_catalog.trigger'::pg_catalog.regtype
            AND p.prorettype OPERATOR(pg_catalog.<>) 'pg_catalog.event_trigger'::pg_catalog.regtype
          ORDER BY n.nspname COLLATE \"C\", p.proname COLLATE \"C\", p.oid",
        &[DatumWithOid::from(schemas.to_vec()), DatumWithOid::from(*role)],
        |row| {
            let owner: String = row.required(3)?;
            let exempt: bool = row.required(4)?;
            let reaches = if exempt { "every table" } else { "what its owner may reach" };
            Ok(Cell {
                identity: identity.name.clone(),
                role: Some(name.clone()),
                schema: row.required(1)?,
                table: row.required(2)?,
                command: Command::Execute,
                verdict: Verdict::All,
                rows_allowed: None,
                rows_total: None,
                sqlstate: None,
                detail: Map::from_iter([
                    ("door".to_owned(), json!("function")),
                    ("runs_as".to_owned(), json!(owner)),
                    ("reaches".to_owned(), json!(reaches)),
                ]),
            })
        },
    )
}
