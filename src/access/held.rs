//! The privileges that a command asks for, as steps of an explanation.

use pgrx::pg_sys::{self, Oid};

use super::explain::Step;
use super::identity::Identity;
use super::privileges::{self, Privileges};
use crate::catalog::{Command, Table};
use crate::error::Error;
use crate::quote;

/// A privilege that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// That of the command.
    Command,
    /// SELECT, where WHERE or RETURNING reads.
    ToRead,
}

impl Needed {
    /// What a command needs.
    pub fn of(command: Command) -> Vec<Self> {
        match command {
            Command::All | Command::Select => vec![Self::Command],
            _ => vec![Self::Command, Self::ToRead],
        }
    }
}

/// USAGE of the schema. What is lacking is noted.
pub fn schema(
    identity: &Identity,
    table: &Table,
    lacking: &mut Vec<(String, bool)>,
) -> Result<Step, Error> {
    let usage = privileges::uses_schema(identity, table)?;
    let schema = quote::ident(&table.schema);
    if !usage {
        lacking.push((format!("USAGE on schema {schema}"), false));
    }
    Ok(Step {
        kind: "schema",
        object: schema,
        expression: Some("USAGE".to_owned()),
        answer: Some(usage.to_string()),
        ..Step::default()
    })
}

/// A privilege on the table, or where it is lacking on some columns: `columns` are those that are
/// read or written. What is lacking is noted.
pub fn privilege(
    table: &Table,
    role: Oid,
    command: Command,
    needed: Needed,
    columns: &[i16],
    lacking: &mut Vec<(String, bool)>,
) -> Step {
    let reading = needed == Needed::ToRead;
    let (name, privilege) = match (needed, command) {
        (Needed::ToRead, _) | (_, Command::All | Command::Select) => ("SELECT", pg_sys::ACL_SELECT),
        (_, Command::Insert) => ("INSERT", pg_sys::ACL_INSERT),
        (_, Command::Update) => ("UPDATE", pg_sys::ACL_UPDATE),
        (_, Command::Delete) => ("DELETE", pg_sys::ACL_DELETE),
    };
    let held = Privileges { relation: table, role };
    let whole = held.holds(privilege);
    let without = held.without(privilege);
    let wanted = |name: &&str| {
        table.columns.iter().any(|column| column.name == **name && columns.contains(&column.number))
    };
    let some = !whole && command != Command::Delete && without.len() < table.columns.len();
    // UPDATE and SELECT make do with any column; what is read or inserted has to be allowed each.
    let each = reading || command == Command::Insert;
    let missing: Vec<&str> = without.iter().copied().filter(|name| each && wanted(name)).collect();
    let list =
        |names: &[&str]| names.iter().map(|name| quote::ident(name)).collect::<Vec<_>>().join(", ");
    let lacks = if some { !missing.is_empty() } else { !whole };
    if lacks {
        let what = if some && !missing.is_empty() {
            format!("{name} ({}) on {}", list(&missing), table.qualified())
        } else {
            format!("{name} on {}", table.qualified())
        };
        lacking.push((what, reading));
    }
    let mut detail = Vec::new();
    if some {
        detail.push(format!("not of {}", list(&without)));
    }
    if reading {
        let clause = if command == Command::Insert { "RETURNING" } else { "WHERE or RETURNING" };
        detail.push(format!("for {clause}"));
    }
    Step {
        kind: "privilege",
        object: table.qualified(),
        expression: Some(name.to_owned()),
        answer: Some(if some { "columns".to_owned() } else { whole.to_string() }),
        detail: (!detail.is_empty()).then(|| detail.join("; ")),
        ..Step::default()
    }
}
