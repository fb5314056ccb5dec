//! The access that is expected: a document that people keep in a repository.
//!
//! `{"identities": {...}, "schemas": [...], "sample": n, "tables": {"app.notes": {"alice":
//! {"select": "some", ...}}}, "functions": {"app.f(n integer)": ["alice"]}}`: what it does not
//! mention must be denied.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::matrix::{Cell, Command, Verdict};
use crate::error::{AccessError, Error};
use crate::quote;

/// One identity, one object, one command; in the order of reports.
pub type Place = (String, String, Command);

/// A whole document.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The identities, as `rls.access_matrix()` takes them.
    pub identities: Value,
    /// Where to look; none is everywhere.
    pub schemas: Option<Vec<String>>,
    /// How many rows to look at.
    pub sample: i32,
    /// By object, identity and command.
    pub access: BTreeMap<Place, Access>,
}

/// What came, or should come, of trying one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub verdict: Verdict,
    /// How many rows; none where it does not matter.
    pub rows: Option<i64>,
    /// None where it does not matter.
    pub sqlstate: Option<String>,
    /// An update could make its own row look like one out of its reach.
    pub takes_over: bool,
    /// What the check of an update raised when it was asked for that.
    pub check: Option<String>,
    /// Columns that a SELECT may not read, by name.
    pub unreadable: Vec<String>,
}

/// How many rows are looked at where the document does not say.
pub const SAMPLE: i32 = 1000;

/// The document as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with identities and tables")]
struct Written {
    identities: Value,
    schemas: Option<Vec<String>>,
    sample: Option<i32>,
    #[serde(default)]
    tables: BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>,
    #[serde(default)]
    functions: BTreeMap<String, Vec<String>>,
}

/// Access with more to it than a verdict.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a verdict, or an object with one")]
struct WrittenAccess {
    verdict: String,
    rows: Option<i64>,
    sqlstate: Option<String>,
    #[serde(default)]
    takes_over: bool,
    check: Option<String>,
    #[serde(default)]
    unreadable: Vec<String>,
}

impl Expected {
    /// Reads a document; 22023 for anything else.
    pub fn read(document: Value) -> Result<Self, Error> {
        let written: Written = serde_json::from_value(document)
            .map_err(|error| AccessError::InvalidExpected(error.to_string()))?;
        let known = |identity: &String| match written.identities.get(identity) {
            Some(_) => Ok(()),
            None => {
                Err(AccessError::InvalidExpected(format!("\"{identity}\" is no identity of it")))
            }
        };
        let mut access = BTreeMap::new();
        for (table, identities) in &written.tables {
            for (identity, commands) in identities {
                known(identity)?;
                for (command, value) in commands {
                    let read =
                        command_of(command).and_then(|command| Ok((command, Access::read(value)?)));
                    let (command, one) = read.map_err(|why| {
                        AccessError::InvalidExpected(format!(
                            "{table}, {identity}, {command}: {why}"
                        ))
                    })?;
                    access.insert((table.clone(), identity.clone(), command), one);
                }
            }
        }
        for (function, identities) in &written.functions {
            for identity in identities {
                known(identity)?;
                let place = (function.clone(), identity.clone(), Command::Execute);
                access.insert(place, Access::verdict(Verdict::All));
            }
        }
        let sample = written.sample.unwrap_or(SAMPLE);
        if sample < 1 {
            return Err(AccessError::SampleSize.into());
        }
        Ok(Self { identities: written.identities, schemas: written.schemas, sample, access })
    }
}

impl Access {
    /// A verdict, and nothing besides.
    pub fn verdict(verdict: Verdict) -> Self {
        Self {
            verdict,
            rows: None,
            sqlstate: None,
            takes_over: false,
            check: None,
            unreadable: Vec::new(),
        }
    }

    fn read(value: &Value) -> Result<Self, String> {
        if let Value::String(verdict) = value {
            return verdict_of(verdict).map(Self::verdict);
        }
        let mut written: WrittenAccess =
            serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        written.unreadable.sort();
        Ok(Self {
            verdict: verdict_of(&written.verdict)?,
            rows: written.rows,
            sqlstate: written.sqlstate,
            takes_over: written.takes_over,
            check: written.check,
            unreadable: written.unreadable,
        })
    }

    /// What was found.
    pub fn found(cell: &Cell) -> Self {
        let taken = cell.detail.get("rows_it_could_take_over").and_then(Value::as_i64);
        let check = cell.detail.get("check").and_then(|check| check.get("sqlstate"));
        let unreadable = cell.detail.get("unreadable_columns").and_then(Value::as_array);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut unreadable: Vec<String> =
            unreadable.into_iter().flatten().filter_map(text).collect();
        unreadable.sort();
        Self {
            verdict: cell.verdict,
            rows: cell.rows_allowed,
            sqlstate: cell.sqlstate.clone(),
            takes_over: taken.is_some_and(|rows| rows > 0),
            check: check.and_then(text),
            unreadable,
        }
    }

    /// Whether what was found is what is expected here.
    pub fn holds_of(&self, found: &Self) -> bool {
        let same =
            |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.verdict == found.verdict
            && (self.rows.is_none() || self.rows == found.rows)
            && same(&self.sqlstate, &found.sqlstate)
            && self.takes_over == found.takes_over
            && self.check == found.check
            && self.unreadable == found.unreadable
    }

    /// As a document has it, without what goes without saying.
    pub fn members(&self, counts: bool) -> Vec<(&'static str, Value)> {
        let rows = self.rows.filter(|_| counts).map(|rows| ("rows", json!(rows)));
        let raised = self.sqlstate.as_ref().filter(|_| self.verdict == Verdict::Error);
        let mut members = vec![("verdict", json!(self.verdict.as_str()))];
        members.extend(rows);
        members.extend(raised.map(|sqlstate| ("sqlstate", json!(sqlstate))));
        members.extend(self.takes_over.then_some(("takes_over", json!(true))));
        members.extend(self.check.as_ref().map(|sqlstate| ("check", json!(sqlstate))));
        if !self.unreadable.is_empty() {
            members.push(("unreadable", json!(self.unreadable)));
        }
        members
    }

    /// `some, 3 rows, could take over rows, without secret`.
    pub fn in_words(&self) -> String {
        let mut words = vec![self.verdict.as_str().to_owned()];
        words.extend(
            self.rows.map(|rows| format!("{rows} {}", if rows == 1 { "row" } else { "rows" })),
        );
        words.extend(self.sqlstate.clone());
        if self.takes_over {
            words.push("could take over rows".to_owned());
        }
        words.extend(self.check.as_ref().map(|state| format!("its check raises {state}")));
        if !self.unreadable.is_empty() {
            words.push(format!("without {}", self.unreadable.join(" and ")));
        }
        words.join(", ")
    }
}

/// Where a cell of the matrix belongs.
pub fn place(cell: &Cell) -> Place {
    let object = match cell.command {
        // A function's name has its arguments with it.
        Command::Execute => format!("{}.{}", quote::exact_where_needed(&cell.schema), cell.table),
        _ => name(&cell.schema, &cell.table),
    };
    (object, cell.identity.clone(), cell.command)
}

/// What a document calls a relation: the same on every server and version.
pub fn name(schema: &str, relation: &str) -> String {
    format!("{}.{}", quote::exact_where_needed(schema), quote::exact_where_needed(relation))
}

fn command_of(name: &str) -> Result<Command, String> {
    Command::ALL
        .into_iter()
        .find(|command| command.as_str() == name)
        .ok_or_else(|| "there is no such command".to_owned())
}

fn verdict_of(name: &str) -> Result<Verdict, String> {
    Verdict::ALL
        .into_iter()
        .find(|verdict| verdict.as_str() == name)
        .ok_or_else(|| format!("there is no verdict \"{name}\""))
}
