//! The statements that access is tried by.

use std::ffi::CString;

use super::matrix::Command;
use super::privileges::Privileges;
use super::probe::Turn;
use crate::catalog::Kind;
use crate::error::Error;
use crate::quote;

/// The statement for a command on a relation, and how it becomes one that counts. Of a view, at most
/// `limit` rows.
pub fn statement(
    privileges: Privileges<'_>,
    command: Command,
    limit: i32,
) -> Result<(CString, Turn), Error> {
    let name = privileges.relation.qualified();
    let is_table = matches!(privileges.relation.kind, Kind::Table | Kind::Partitioned);
    let (text, turn) = match command {
        Command::Select if is_table => {
            (format!("SELECT pg_catalog.count(*) FROM {name}"), Turn::Select)
        }
        // No row of a view can be picked by its place: the first ones have to do.
        Command::Select => (
            format!(
                "SELECT pg_catalog.count(*) FROM (SELECT FROM {name} LIMIT {limit}) AS reached"
            ),
            Turn::Select,
        ),
        Command::Insert => (format!("INSERT INTO {name} DEFAULT VALUES"), Turn::Insertable),
        Command::Update => {
            // DEFAULT asks for no right to read, so no SELECT policy joins in.
            let column = quote::ident(&privileges.updatable());
            (format!("UPDATE {name} SET {column} = DEFAULT"), Turn::Touched)
        }
        Command::Delete | Command::Truncate | Command::Execute => {
            (format!("DELETE FROM {name}"), Turn::Touched)
        }
    };
    Ok((CString::new(text).map_err(|_| Error::NullByte)?, turn))
}
