//! A cell of the access matrix as the page shows it.

use serde_json::{Map, Value};

use super::finding::lines;
use crate::access::matrix::{Cell, Command, Verdict};
use crate::quote;

/// What a cell's detail says that the grid says in another way.
const SHOWN: [&str; 10] = [
    "door",
    "message",
    "sampled",
    "unreadable_columns",
    "rows_it_could_take_over",
    "check",
    "runs_as",
    "reaches",
    "bypasses_row_security",
    "beyond",
];

/// One cell.
pub struct Shown {
    /// The verdict.
    pub verdict: &'static str,
    /// Rows reached, of how many, or the SQLSTATE.
    pub figure: String,
    /// The rest, a line each.
    pub note: String,
}

impl Shown {
    /// In as few words as there are.
    pub fn of(cell: &Cell) -> Self {
        let figure = match (cell.verdict, cell.rows_allowed, cell.rows_total) {
            (Verdict::Denied | Verdict::Empty, ..) => String::new(),
            (Verdict::Error, ..) => cell.sqlstate.clone().unwrap_or_default(),
            (_, Some(allowed), Some(total)) if allowed < total => format!("{allowed}/{total}"),
            (_, Some(allowed), _) => allowed.to_string(),
            _ => String::new(),
        };
        Self { verdict: cell.verdict.as_str(), figure, note: note(cell).join("\n") }
    }
}

/// The relation or function that a cell is about, quoted.
pub fn place(cell: &Cell) -> String {
    let schema = quote::exact_where_needed(&cell.schema);
    match cell.command {
        Command::Execute => format!("{schema}.{}", cell.table),
        _ => format!("{schema}.{}", quote::exact_where_needed(&cell.table)),
    }
}

/// A text of a detail; empty for none.
pub fn text<'a>(detail: &'a Map<String, Value>, key: &str) -> &'a str {
    detail.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Each on one line, whatever the database says.
fn note(cell: &Cell) -> Vec<String> {
    let detail = &cell.detail;
    let mut note = Vec::new();
    if let Some(sqlstate) = &cell.sqlstate {
        note.push(match text(detail, "message") {
            "" => sqlstate.clone(),
            message => format!("{sqlstate}: {message}"),
        });
    }
    if let Some(Value::Object(check)) = detail.get("check") {
        note.push(format!(
            "the check of what it writes raises {}: {}",
            text(check, "sqlstate"),
            text(check, "message")
        ));
    }
    match detail.get("rows_it_could_take_over").and_then(Value::as_i64) {
        None | Some(0) => {}
        Some(1) => {
            note.push("its own rows can be made to look like 1 that it may not change".to_owned())
        }
        Some(rows) => {
            note.push(format!(
                "its own rows can be made to look like {rows} that it may not change"
            ));
        }
    }
    if let Some(Value::Array(columns)) = detail.get("unreadable_columns") {
        let columns: Vec<&str> = columns.iter().filter_map(Value::as_str).collect();
        note.push(format!("may not read {}", columns.join(", ")));
    }
    if detail.contains_key("sampled") {
        note.push("the first rows were looked at, not all".to_owned());
    }
    note.extend(lines(detail, &SHOWN).into_iter().map(|(key, value)| format!("{key}: {value}")));
    note.iter().map(|line| line.replace(['\r', '\n'], " ")).collect()
}

/// Why a cell is pointed out.
pub fn why(cell: &Cell) -> Option<String> {
    let takes_over = cell.detail.get("rows_it_could_take_over").and_then(Value::as_i64);
    if cell.verdict == Verdict::Error || takes_over.is_some_and(|rows| rows > 0) {
        return note(cell).into_iter().next();
    }
    if cell.command == Command::Truncate && cell.verdict == Verdict::All {
        return Some("no policy is asked: the privilege empties the table".to_owned());
    }
    None
}
