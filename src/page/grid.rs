//! The access matrix as a grid: a row per relation, and a column per identity and command.

use std::collections::{BTreeMap, HashMap};

use super::cell::{Shown, place, text, why};
use super::door::Door;
use crate::access::identity::Identity;
use crate::access::matrix::{Cell, Command, Verdict};

/// How much is pointed out; the grid has the rest.
const NOTABLE: usize = 50;

/// Everything that was tried.
pub struct Grid {
    /// In order of the columns.
    pub identities: Vec<Who>,
    /// By schema.
    pub groups: Vec<Group>,
    /// Views and functions that somebody may use.
    pub doors: Vec<Door>,
    /// What somebody should look at, at most so many.
    pub notable: Vec<Notable>,
    /// What was left out of them.
    pub more_notable: usize,
    /// Relations.
    pub relations: usize,
    /// Cells, doors included.
    pub tried: usize,
}

/// An identity.
pub struct Who {
    /// What the caller calls it.
    pub name: String,
    /// Its role, or that there is none.
    pub role: String,
    /// Its claims as JSON; empty where nobody is asking.
    pub claims: String,
}

/// The relations of one schema.
pub struct Group {
    /// Its name, unquoted.
    pub schema: String,
    /// By name.
    pub rows: Vec<Row>,
}

/// A relation.
pub struct Row {
    /// Its name, unquoted.
    pub name: String,
    /// `view`, `materialized view` or `partition`; empty for other tables.
    pub kind: String,
    /// By identity and command; nothing where the command does not apply.
    pub cells: Vec<Option<Shown>>,
}

/// Cells of one relation that somebody should look at, for one reason.
pub struct Notable {
    /// `schema.name`.
    pub relation: String,
    /// The reason.
    pub why: String,
    /// By identity: the commands.
    pub who: Vec<(String, Vec<&'static str>)>,
}

impl Notable {
    fn add(&mut self, cell: &Cell) {
        match self.who.last_mut() {
            Some((identity, commands)) if *identity == cell.identity => {
                commands.push(cell.command.as_str());
            }
            _ => self.who.push((cell.identity.clone(), vec![cell.command.as_str()])),
        }
    }
}

impl Grid {
    pub fn of(identities: &[Identity], cells: &[Cell]) -> Self {
        let column: HashMap<&str, usize> =
            identities.iter().zip(0..).map(|(one, at)| (one.name.as_str(), at)).collect();
        let width = identities.len() * Command::ALL.len();
        let mut schemas: BTreeMap<&str, BTreeMap<&str, Row>> = BTreeMap::new();
        let mut doors: BTreeMap<String, Door> = BTreeMap::new();
        let mut notable: BTreeMap<(String, String), Notable> = BTreeMap::new();
        for cell in cells {
            let name = place(cell);
            let used = matches!(cell.command, Command::Select | Command::Execute)
                && cell.verdict != Verdict::Denied;
            if used && cell.detail.contains_key("reaches") {
                let door = doors.entry(name.clone()).or_insert_with(|| Door::of(cell));
                door.users.push(cell.identity.clone());
            }
            if cell.command == Command::Execute {
                continue;
            }
            if let Some(why) = why(cell) {
                let key = (name.clone(), why.clone());
                let one = notable.entry(key).or_insert_with(|| Notable {
                    relation: name,
                    why,
                    who: Vec::new(),
                });
                one.add(cell);
            }
            let row =
                schemas.entry(&cell.schema).or_default().entry(&cell.table).or_insert_with(|| {
                    Row {
                        name: cell.table.clone(),
                        kind: text(&cell.detail, "door").to_owned(),
                        cells: (0..width).map(|_| None).collect(),
                    }
                });
            let command = Command::ALL.iter().position(|command| *command == cell.command);
            if let (Some(identity), Some(command)) = (column.get(cell.identity.as_str()), command)
                && let Some(slot) = row.cells.get_mut(identity * Command::ALL.len() + command)
            {
                *slot = Some(Shown::of(cell));
            }
        }
        let groups: Vec<Group> = schemas
            .into_iter()
            .map(|(schema, rows)| Group {
                schema: schema.to_owned(),
                rows: rows.into_values().collect(),
            })
            .collect();
        let more_notable = notable.len().saturating_sub(NOTABLE);
        Self {
            identities: identities.iter().map(Who::of).collect(),
            relations: groups.iter().map(|group| group.rows.len()).sum(),
            groups,
            doors: doors.into_values().collect(),
            notable: notable.into_values().take(NOTABLE).collect(),
            more_notable,
            tried: cells.len(),
        }
    }

    /// The columns of one identity.
    pub fn commands(&self) -> impl Iterator<Item = &'static str> {
        Command::ALL.iter().map(|command| command.as_str())
    }
}

impl Who {
    fn of(identity: &Identity) -> Self {
        Self {
            name: identity.name.clone(),
            role: match &identity.role {
                Some((_, role)) => role.clone(),
                None => "no role".to_owned(),
            },
            claims: identity.claims_text(),
        }
    }
}

#[cfg(test)]
mod tests;
