//! What the server itself says of one row: the statement, rewritten as the role, asked for that row.

use std::ffi::{CStr, CString, c_char};

use pgrx::pg_sys::{self, Oid};

use super::clause::Row;
use super::given::{self, Value};
use super::identity::Identity;
use super::node::{and, is, list, target};
use super::policies::Question;
use super::privileges::Privileges;
use super::probe::{self, Counted, Turn, analysed, check_privileges, checks};
use super::sample::Sample;
use super::trial::{self, Mode, Raised};
use super::{run, server};
use crate::catalog::{Command, Table};
use crate::error::Error;
use crate::quote;

/// A statement about the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Which.
    pub command: Command,
    /// It reads columns, in WHERE or RETURNING, so that the SELECT policies join in.
    pub reads: bool,
}

impl Form {
    /// What may be said about a row for a command.
    pub fn of(command: Command) -> Vec<Self> {
        match command {
            Command::Select | Command::All => vec![Self { command: Command::Select, reads: true }],
            _ => vec![Self { command, reads: false }, Self { command, reads: true }],
        }
    }

    /// Whether the server asks these policies.
    pub fn asks(self, question: Question) -> bool {
        question.command == self.command || self.reads && question.command == Command::Select
    }

    /// As people write it.
    pub fn label(self) -> &'static str {
        match (self.command, self.reads) {
            (Command::Select | Command::All, _) => "SELECT",
            (Command::Insert, false) => "INSERT",
            (Command::Insert, true) => "INSERT ... RETURNING",
            (Command::Update, false) => "UPDATE",
            (Command::Update, true) => "UPDATE ... WHERE",
            (Command::Delete, false) => "DELETE",
            (Command::Delete, true) => "DELETE ... WHERE",
        }
    }
}

/// What the server does with the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The statement reaches it.
    Reached,
    /// The statement passes it over, silently.
    Passed,
    /// What it would write fails the check of row security: 42501.
    Refused,
    /// Something else is raised.
    Raised(Raised),
    /// A rule makes another statement of it.
    Rewritten,
}

/// Asks the server as `identity`, whose role is `role`. `read`: the columns that the form reads.
pub fn ask(
    identity: &Identity,
    role: Oid,
    table: &Table,
    form: Form,
    read: &[&str],
    row: &Row,
) -> Result<Ruling, Error> {
    let read: Vec<String> = read.iter().map(|column| quote::ident(column)).collect();
    match row {
        Row::Stored(sample) => stored(identity, role, table, form, &read, sample),
        Row::Given(values) => given(identity, role, table, form, &read, values),
    }
}

fn stored(
    identity: &Identity,
    role: Oid,
    table: &Table,
    form: Form,
    read: &[String],
    sample: &Sample,
) -> Result<Ruling, Error> {
    let name = table.qualified();
    let column = quote::ident(&Privileges { relation: table, role }.updatable());
    let condition = if form.reads {
        // True of every row, by no operator of users.
        let tests: Vec<String> =
            read.iter().map(|column| format!("({column} IS NULL) IS NOT NULL")).collect();
        format!(" WHERE {}", tests.join(" AND "))
    } else {
        String::new()
    };
    let (statement, turn) = match form.command {
        Command::Update => {
            (format!("UPDATE {name} SET {column} = DEFAULT{condition}"), Turn::Touched)
        }
        Command::Delete => (format!("DELETE FROM {name}{condition}"), Turn::Touched),
        _ => (format!("SELECT pg_catalog.count(*) FROM {name}"), Turn::Select),
    };
    let statement = CString::new(statement).map_err(|_| Error::NullByte)?;
    let count = |turn| probe::count(identity, role, &statement, turn, Some(sample));
    Ok(match count(turn)? {
        Err(raised) => Ruling::Raised(raised),
        Ok(Counted::Rewritten) => Ruling::Rewritten,
        Ok(Counted::Rows(0)) => Ruling::Passed,
        Ok(Counted::Rows(_)) if form.command == Command::Update => match count(Turn::Kept)? {
            Err(raised) => Ruling::Raised(raised),
            Ok(Counted::Rewritten) => Ruling::Rewritten,
            Ok(Counted::Rows(0)) => Ruling::Refused,
            Ok(Counted::Rows(_)) => Ruling::Reached,
        },
        Ok(Counted::Rows(_)) => Ruling::Reached,
    })
}

/// What came of an INSERT, in plain data.
#[derive(Clone, Copy)]
enum Checked {
    Rewritten,
    Passes(bool),
}

fn given(
    identity: &Identity,
    role: Oid,
    table: &Table,
    form: Form,
    read: &[String],
    values: &[Value],
) -> Result<Ruling, Error> {
    let statement = CString::new(insert(table, form, read, values)).map_err(|_| Error::NullByte)?;
    let text: &CStr = &statement;
    // SAFETY: the closure calls the server directly, touches plain data alone, and cannot panic.
    let checked = unsafe {
        trial::run(identity, role, Mode::ReadOnly, || check(table, text.as_ptr(), values))
    }?;
    Ok(match checked {
        Err(raised) => Ruling::Raised(raised),
        Ok(Checked::Rewritten) => Ruling::Rewritten,
        Ok(Checked::Passes(true)) => Ruling::Reached,
        Ok(Checked::Passes(false)) => Ruling::Refused,
    })
}

/// The statement, with NULL in place of each value: the values are put into its checks.
fn insert(table: &Table, form: Form, read: &[String], values: &[Value]) -> String {
    let columns: Vec<String> = values
        .iter()
        .filter_map(|value| table.column(value.number()))
        .map(|column| quote::ident(&column.name))
        .collect();
    let what = if columns.is_empty() {
        "DEFAULT VALUES".to_owned()
    } else {
        format!("({}) VALUES ({})", columns.join(", "), vec!["NULL"; columns.len()].join(", "))
    };
    let returning =
        if form.reads { format!(" RETURNING {}", read.join(", ")) } else { String::new() };
    format!("INSERT INTO {} {what}{returning}", table.qualified())
}

/// # Safety
/// Inside a trial's guard.
unsafe fn check(table: &Table, text: *const c_char, values: &[Value]) -> Checked {
    // SAFETY: as promised; the query was just made by the server.
    unsafe {
        let Some(query) = analysed(text, std::ptr::null()) else { return Checked::Rewritten };
        let source = (*query).resultRelation;
        if (*query).commandType != pg_sys::CmdType::CMD_INSERT || source < 1 {
            return Checked::Rewritten;
        }
        check_privileges(query);
        let all = and(&[checks((*query).withCheckOptions)]);
        if all.is_null() {
            return Checked::Passes(true);
        }
        let all = is(given::put_in(table, source, all, values), pg_sys::BoolTestType::IS_TRUE);
        (*query).commandType = pg_sys::CmdType::CMD_SELECT;
        (*query).resultRelation = 0;
        (*query).withCheckOptions = std::ptr::null_mut();
        (*query).returningList = std::ptr::null_mut();
        (*query).jointree = server::makeFromExpr(std::ptr::null_mut(), std::ptr::null_mut());
        (*query).targetList = list(target(all, 1));
        let mut passes = false;
        run::rows(query, text, 1, |found, _| {
            if let [value] = found {
                passes = value.value() & 1 == 1;
            }
        });
        // Written by the server through a pointer.
        Checked::Passes(std::ptr::read_volatile(&raw const passes))
    }
}
