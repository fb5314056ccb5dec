//! The rows of a table that an identity can do anything with.

use std::ffi::CString;

use pgrx::pg_sys::Oid;

use super::answer::Place;
use super::identity::Identity;
use super::matrix::Command;
use super::place_set::PlaceSet;
use super::privileges::{Privileges, lacks};
use super::statement::statement;
use super::{probe, sample};
use crate::catalog::Table;
use crate::error::{AccessError, Error};

/// The commands that reach a row that is there.
const COMMANDS: [(Command, &str); 3] =
    [(Command::Select, "selects"), (Command::Update, "updates"), (Command::Delete, "deletes")];

/// What one identity reaches of one table.
pub struct Reach<'a> {
    identity: &'a Identity,
    role: Oid,
    table: &'a Table,
    rows: [PlaceSet; 3],
}

impl<'a> Reach<'a> {
    /// Tries each command; nothing is written. What the server raises, but for a missing privilege,
    /// is a failed assertion.
    pub fn find(identity: &'a Identity, role: Oid, table: &'a Table) -> Result<Self, Error> {
        let mut rows = [PlaceSet::default(), PlaceSet::default(), PlaceSet::default()];
        for ((command, _), rows) in COMMANDS.iter().zip(&mut rows) {
            if lacks(identity, role, table, *command)? {
                continue;
            }
            let privileges = Privileges { relation: table, role };
            let (statement, turn) = statement(privileges, *command, i32::MAX)?;
            let problem = match probe::places_into(identity, role, &statement, turn, rows)? {
                Ok(true) if rows.is_full() => return Err(AccessError::TooManyRows.into()),
                Ok(true) => continue,
                Ok(false) => "A rule makes another statement of it.".to_owned(),
                Err(raised) => format!("It raised {}", raised.in_words()),
            };
            let claim = format!(
                "{} cannot be asked for a {} of {}",
                identity.name,
                command.as_str(),
                table.qualified()
            );
            return Err(AccessError::AssertionFailed {
                claim,
                evidence: vec![problem],
                advice: "Policies run as the role: what they raise is no answer.",
            }
            .into());
        }
        Ok(Self { identity, role, table, rows })
    }

    /// The rows, by command.
    pub fn sets(&self) -> Vec<&PlaceSet> {
        self.rows.iter().collect()
    }

    /// `identity_a selects, updates`.
    pub fn does_with(&self, row: Place) -> String {
        let does: Vec<&str> = COMMANDS
            .iter()
            .zip(&self.rows)
            .filter(|(_, rows)| rows.contains(row))
            .map(|((_, does), _)| *does)
            .collect();
        format!("{} {}", self.identity.name, does.join(", "))
    }

    /// A row by its primary key, where there is one and the identity may read it.
    pub fn key_of(&self, row: Place) -> Result<Option<String>, Error> {
        let key = sample::key_columns(self.table.oid)?;
        if key.is_empty() {
            return Ok(None);
        }
        let query = format!(
            "SELECT pg_catalog.left(pg_catalog.concat_ws(', ', {}), 100) FROM {}",
            key.join(", "),
            self.table.qualified()
        );
        let query = CString::new(query).map_err(|_| Error::NullByte)?;
        let found = probe::text_at(self.identity, self.role, &query, row)?.unwrap_or_default();
        Ok(found.first().map(|values| format!("({}) = ({values})", key.join(", "))))
    }
}
