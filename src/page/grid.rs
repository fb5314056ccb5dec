//! The access matrix as a grid: a row per relation, and a column per identity and command.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::finding::lines;
use crate::access::identity::Identity;
use crate::access::matrix::{Cell, Command, Verdict};
use crate::quote;

/// How much is pointed out; the grid has the rest.
const NOTABLE: usize = 50;

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

/// One cell.
pub struct Shown {
    /// The verdict.
    pub verdict: &'static str,
    /// Rows reached, of how many, or the SQLSTATE.
    pub figure: String,
    /// The rest, a line each.
    pub note: String,
}

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

impl Door {
    fn of(cell: &Cell) -> Self {
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

impl Shown {
    fn of(cell: &Cell) -> Self {
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

fn place(cell: &Cell) -> String {
    let schema = quote::exact_where_needed(&cell.schema);
    match cell.command {
        Command::Execute => format!("{schema}.{}", cell.table),
        _ => format!("{schema}.{}", quote::exact_where_needed(&cell.table)),
    }
}

fn text<'a>(detail: &'a Map<String, Value>, key: &str) -> &'a str {
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
fn why(cell: &Cell) -> Option<String> {
    let takes_over = cell.detail.get("rows_it_could_take_over").and_then(Value::as_i64);
    if cell.verdict == Verdict::Error || takes_over.is_some_and(|rows| rows > 0) {
        return note(cell).into_iter().next();
    }
    if cell.command == Command::Truncate && cell.verdict == Verdict::All {
        return Some("no policy is asked: the privilege empties the table".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cell(identity: &str, command: Command, verdict: Verdict, detail: Value) -> Cell {
        Cell {
            identity: identity.to_owned(),
            role: Some("anon".to_owned()),
            schema: "app".to_owned(),
            table: "Notes".to_owned(),
            command,
            verdict,
            rows_allowed: Some(2),
            rows_total: Some(3),
            sqlstate: None,
            detail: detail.as_object().cloned().unwrap_or_default(),
        }
    }

    #[test]
    fn says_what_is_known_line_by_line() {
        let mut broken = cell(
            "a",
            Command::Update,
            Verdict::Error,
            json!({"message": "one\ntwo", "sampled": true, "unreadable_columns": ["x", "y"],
                   "rows_it_could_take_over": 7, "partition_of": "app.all",
                   "check": {"sqlstate": "22P02", "message": "no uuid"}}),
        );
        broken.sqlstate = Some("P0001".to_owned());
        let shown = Shown::of(&broken);
        assert_eq!(shown.figure, "P0001");
        assert_eq!(
            shown.note.lines().collect::<Vec<_>>(),
            [
                "P0001: one two",
                "the check of what it writes raises 22P02: no uuid",
                "its own rows can be made to look like 7 that it may not change",
                "may not read x, y",
                "the first rows were looked at, not all",
                "partition of: app.all",
            ]
        );
    }

    #[test]
    fn figures() {
        let figure = |verdict, allowed, total| {
            let mut cell = cell("a", Command::Select, verdict, json!({}));
            (cell.rows_allowed, cell.rows_total) = (allowed, total);
            Shown::of(&cell).figure
        };
        assert_eq!(figure(Verdict::Some, Some(2), Some(3)), "2/3");
        assert_eq!(figure(Verdict::None, Some(0), Some(3)), "0/3");
        assert_eq!(figure(Verdict::All, Some(3), Some(3)), "3");
        // Row security hides from the caller how many there are.
        assert_eq!(figure(Verdict::Some, Some(2), None), "2");
        assert_eq!(figure(Verdict::Denied, None, Some(3)), "");
        assert_eq!(figure(Verdict::Empty, Some(0), Some(0)), "");
    }

    #[test]
    fn gathers_what_somebody_should_look_at() {
        let takes_over = json!({"rows_it_could_take_over": 1});
        let grid = Grid::of(
            &[],
            &[
                cell("a", Command::Update, Verdict::Some, takes_over.clone()),
                cell("a", Command::Truncate, Verdict::All, json!({})),
                cell("b", Command::Update, Verdict::Some, takes_over),
                cell("b", Command::Delete, Verdict::Some, json!({"rows_it_could_take_over": 0})),
            ],
        );
        let found: Vec<(&str, usize)> =
            grid.notable.iter().map(|one| (one.relation.as_str(), one.who.len())).collect();
        assert_eq!(found, [("app.\"Notes\"", 2), ("app.\"Notes\"", 1)]);
    }

    #[test]
    fn lists_doors_for_those_who_may_use_them() {
        let view = json!({"door": "view", "runs_as": "owner", "bypasses_row_security": true,
                          "reaches": [{"relation": "app.t", "as": "owner", "row_security": "off"}]});
        let grid = Grid::of(
            &[],
            &[
                cell("a", Command::Select, Verdict::Denied, view.clone()),
                cell("b", Command::Select, Verdict::All, view.clone()),
                cell("b", Command::Delete, Verdict::All, view),
            ],
        );
        assert_eq!(grid.doors.len(), 1);
        assert_eq!(grid.doors[0].users, ["b"]);
        assert!(grid.doors[0].exempt && !grid.doors[0].beyond);
        assert_eq!(grid.doors[0].reaches[0].relation, "app.t");
        assert_eq!(grid.relations, 1);
    }
}
