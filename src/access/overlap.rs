//! Rows of a table that reach more than one of some identities.

use std::collections::{BTreeMap, HashSet};

use pgrx::pg_sys::Oid;

use super::answer::Place;
use super::identity::Identity;
use super::matrix::Command;
use super::privileges::Privileges;
use super::probe;
use super::sample::{self, Sample};
use super::statement::statement;
use crate::catalog::{Kind, Table};
use crate::error::Error;

/// The commands by which somebody's rows are read or changed.
pub const COMMANDS: [Command; 3] = [Command::Select, Command::Update, Command::Delete];

/// What was found of a table.
pub enum Overlap<'a> {
    /// Row security hides its rows from the caller.
    Hidden,
    /// It has none.
    Empty,
    /// Those that reach two, by command and by the first two that they reach.
    Rows(Vec<Shared<'a>>),
}

/// Rows that reach two identities.
pub struct Shared<'a> {
    pub command: Command,
    pub between: [&'a Identity; 2],
    pub rows: i64,
}

/// Where a row is, as something that can be looked up.
type Key = (u32, u16, u16, u16);

/// It has rows that are its own.
pub fn is_table(relation: &Table) -> bool {
    matches!(relation.kind, Kind::Table | Kind::Partitioned)
}

/// Looks at up to `limit` rows of a table. What strangers read counts as nobody's.
pub fn find<'a>(
    table: &Table,
    identities: &[&'a Identity],
    strangers: &[&Identity],
    limit: i32,
) -> Result<Overlap<'a>, Error> {
    let Some(sample) = sample::read(table, limit)? else { return Ok(Overlap::Hidden) };
    if sample.rows == 0 {
        return Ok(Overlap::Empty);
    }
    let mut found = Vec::new();
    for command in COMMANDS {
        let mut public: HashSet<Key> = HashSet::new();
        if command == Command::Select {
            for stranger in strangers {
                public.extend(reached(table, stranger, command, &sample)?);
            }
        }
        // By the places of the two in the list.
        let mut owners: BTreeMap<Key, usize> = BTreeMap::new();
        let mut shared: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for (at, identity) in identities.iter().enumerate() {
            for row in reached(table, identity, command, &sample)? {
                if public.contains(&row) {
                    continue;
                }
                match owners.get(&row) {
                    Some(first) => *shared.entry((*first, at)).or_default() += 1,
                    None => {
                        owners.insert(row, at);
                    }
                }
            }
        }
        found.extend(shared.into_iter().filter_map(|((one, other), rows)| {
            let between = [*identities.get(one)?, *identities.get(other)?];
            Some(Shared { command, between, rows })
        }));
    }
    Ok(Overlap::Rows(found))
}

/// The rows that an identity reaches; none where that raises, which the matrix tells.
fn reached(
    table: &Table,
    identity: &Identity,
    command: Command,
    sample: &Sample,
) -> Result<Vec<Key>, Error> {
    pgrx::check_for_interrupts!();
    let Some((role, _)) = identity.role else { return Ok(Vec::new()) };
    let (text, turn) = statement(Privileges { relation: table, role }, command, 0)?;
    let rows = probe::places(identity, role, &text, turn, sample)?;
    Ok(rows.ok().flatten().unwrap_or_default().into_iter().map(key).collect())
}

fn key((relation, row): Place) -> Key {
    let block = row.ip_blkid;
    (Oid::to_u32(relation), block.bi_hi, block.bi_lo, row.ip_posid)
}
