use serde_json::{Value, json};

use super::super::cell::Shown;
use super::*;
use crate::access::matrix::Verdict;

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
