//! Ways to rows past the tables' own front, as the page lists them.

use serde_json::Value;

use super::cell::{place, text};
use crate::access::matrix::Cell;

/// A way to rows of tables past their own front.
pub struct Door {
    /// `schema.name`, of a function with its arguments.
    pub name: String,
    /// `view`, `materialized view` or `function`.
    pub kind: String,
    /// Its owner, with whose rights it works; empty where it works with those of whoever uses it.
    pub runs_as: String,
    /// Row security does not bind that owner.
    pub exempt: bool,
    /// It may reach more than can be told.
    pub beyond: bool,
    /// What it reaches.
    pub reaches: Vec<Reached>,
    /// The identities that may use it.
    pub users: Vec<String>,
}

/// A table that a door leads to.
pub struct Reached {
    /// `schema.table`.
    pub relation: String,
    /// With whose rights; empty for whoever uses the door.
    pub reader: String,
    /// `applies`, `bypassed` or `off`.
    pub row_security: String,
}

impl Door {
    /// From a cell that says what is behind it.
    pub fn of(cell: &Cell) -> Self {
        let detail = &cell.detail;
        let reaches = detail.get("reaches").and_then(Value::as_array);
        Self {
            name: place(cell),
            kind: text(detail, "door").to_owned(),
            runs_as: text(detail, "runs_as").to_owned(),
            exempt: detail.get("bypasses_row_security") == Some(&Value::Bool(true)),
            beyond: detail.contains_key("beyond"),
            reaches: reaches
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .map(|reached| Reached {
                    relation: text(reached, "relation").to_owned(),
                    reader: text(reached, "as").to_owned(),
                    row_security: text(reached, "row_security").to_owned(),
                })
                .collect(),
            users: Vec::new(),
        }
    }
}
