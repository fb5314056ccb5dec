//! What one identity sees of one relation, as assertions ask it.

use std::ffi::CString;

use pgrx::JsonB;
use pgrx::pg_sys::Oid;

use super::condition::Condition;
use super::identity::{self, Identity};
use super::matrix::Command;
use super::trial::Raised;
use super::{answer, privileges, probe, sample};
use crate::arguments::required;
use crate::catalog::{Kind, Table, table};
use crate::error::{AccessError, Error};

/// An identity, a relation, and what is asked of its rows.
pub struct Question {
    identity: Identity,
    role: Oid,
    table: Table,
    condition: Option<Condition>,
}

/// What the identity sees.
pub enum Seen {
    /// It has no privilege to look.
    Denied(Raised),
    /// So many rows.
    Rows(i64),
}

impl Question {
    /// From the arguments of an assertion, which name its errors.
    pub fn new(
        identity: Option<JsonB>,
        tbl: Option<Oid>,
        predicate: Option<&str>,
    ) -> Result<Self, Error> {
        let (identity, role) = identity::one(required(identity, "identity")?.0, "identity")?;
        let table = relation(required(tbl, "tbl")?)?;
        let condition = predicate.map(Condition::parse).transpose()?;
        Ok(Self { identity, role, table, condition })
    }

    /// Counts the rows that the identity sees, and that satisfy the predicate. Whatever the server
    /// raises but for a missing privilege on the relation is a failed assertion.
    pub fn seen(&self) -> Result<Seen, Error> {
        let query = format!("SELECT pg_catalog.count(*) FROM {}", self.table.qualified());
        let counted =
            probe::count_where(&self.identity, self.role, &text(query)?, self.condition.as_ref())?;
        match counted {
            Ok(rows) => Ok(Seen::Rows(rows)),
            Err(raised) if raised.sqlstate == "42501" && self.lacks()? => Ok(Seen::Denied(raised)),
            Err(raised) => {
                let claim =
                    format!("{} cannot be asked what it sees of {}", self.who(), self.what());
                let mut evidence = vec![format!("It raised {}", raised.in_words())];
                evidence.extend(self.predicate());
                Err(AccessError::AssertionFailed {
                    claim,
                    evidence,
                    advice: "Policies and the predicate run as the role: what they raise is no answer.",
                }.into())
            }
        }
    }

    fn lacks(&self) -> Result<bool, Error> {
        privileges::lacks(&self.identity, self.role, &self.table, Command::Select)
    }

    /// `role "anon"`.
    pub fn who(&self) -> String {
        let name = self.identity.role.as_ref().map_or("", |(_, name)| name.as_str());
        format!("role \"{name}\"")
    }

    /// The relation, qualified.
    pub fn what(&self) -> String {
        self.table.qualified()
    }

    /// `3 rows of app.notes where the predicate holds`.
    pub fn rows(&self, count: i64) -> String {
        let rows = match count {
            0 => "no row".to_owned(),
            1 => "1 row".to_owned(),
            _ => format!("{count} rows"),
        };
        let which = if self.condition.is_some() { " where the predicate holds" } else { "" };
        format!("{rows} of {}{which}", self.what())
    }

    /// The predicate, for a DETAIL.
    pub fn predicate(&self) -> Option<String> {
        self.condition.as_ref().map(|condition| format!("Predicate: {}", condition.text()))
    }

    /// Whether the caller knows that there is no row at all.
    pub fn known_empty(&self) -> Result<bool, Error> {
        let is_table = matches!(self.table.kind, Kind::Table | Kind::Partitioned);
        if !is_table {
            return Ok(false);
        }
        Ok(sample::read(&self.table, 1)?.is_some_and(|sample| sample.rows == 0))
    }

    /// The first of `count` rows that it sees, by their primary key, or by their place where there
    /// is no key that the role may read; nothing for what has neither.
    pub fn first(&self, count: i64) -> Result<Option<String>, Error> {
        let name = self.table.qualified();
        let column = |column: &str| format!("{name}.{column}");
        let key = sample::key_columns(self.table.oid)?;
        let mut tries = Vec::new();
        if !key.is_empty() {
            let values = key.iter().map(|name| column(name)).collect::<Vec<_>>().join(", ");
            tries.push((key.join(", "), values.clone(), values));
        }
        if !matches!(self.table.kind, Kind::View | Kind::Foreign) {
            let order = format!("{}, {}", column("tableoid"), column("ctid"));
            let values = format!("{}::pg_catalog.regclass, {}", column("tableoid"), column("ctid"));
            tries.push(("tableoid, ctid".to_owned(), values, order));
        }
        for (names, values, order) in tries {
            let query = format!(
                "SELECT pg_catalog.left(pg_catalog.concat_ws(', ', {values}), 100)
                   FROM {name} ORDER BY {order} LIMIT {}",
                answer::FEW
            );
            let found = probe::texts_where(
                &self.identity,
                self.role,
                &text(query)?,
                self.condition.as_ref(),
            )?;
            if let Ok(found) = found {
                let more = count - i64::try_from(found.len()).unwrap_or(i64::MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let rows: Vec<String> = found.iter().map(|row| format!("({row})")).collect();
                return Ok(Some(format!("It sees ({names}) = {}{more}.", rows.join(", "))));
            }
        }
        Ok(None)
    }
}

/// A relation that rows can be read from.
fn relation(oid: Oid) -> Result<Table, Error> {
    let table = table::by_oid(oid)?.ok_or(Error::UnknownRelation(oid))?;
    if table.kind == Kind::Other {
        return Err(Error::NotATable(table.qualified()));
    }
    Ok(table)
}

fn text(query: String) -> Result<CString, Error> {
    CString::new(query).map_err(|_| Error::NullByte)
}
