//! Expected access as a file: a document, and the tests around it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::expected::{Access, Expected, SAMPLE};
use super::matrix::Command;
use crate::error::AccessError;
use crate::quote;

/// Writes a file, without the last end of a line; with counts of rows or without.
pub type Format = fn(&Expected, bool) -> String;

/// The format of this name.
pub fn format(name: &str) -> Result<Format, AccessError> {
    match name {
        "pgtap" => Ok(pgtap),
        "sql" => Ok(sql),
        "json" => Ok(document),
        _ => Err(AccessError::UnknownTestFormat(name.to_owned())),
    }
}

/// A test for each object, and one that nothing else is open.
fn pgtap(expected: &Expected, counts: bool) -> String {
    let mut objects: Vec<&str> =
        expected.access.keys().map(|(object, ..)| object.as_str()).collect();
    objects.dedup();
    let columns = "SELECT identity, command, expected, found FROM pg_temp.rowguard_diff";
    let test = |condition: &str, name: &str| {
        let query = quote::dollar(&format!("{columns} WHERE {condition}"));
        format!("SELECT is_empty({query}, {});\n", quote::literal(&description(name)))
    };
    let mut text = format!(
        "-- Access as rls.emit_tests() found it. Run by pg_prove; needs pgTAP and rowguard.
BEGIN;
SELECT plan({});

CREATE TEMPORARY TABLE rowguard_diff ON COMMIT DROP AS
SELECT * FROM rls.matrix_diff({});

",
        objects.len() + 1,
        quote::dollar(&document(expected, counts))
    );
    for object in objects {
        text.push_str(&test(&format!("object = {}", quote::literal(object)), object));
    }
    text.push_str(&test("NOT listed", "nothing else is open"));
    text.push_str("\nSELECT * FROM finish();\nROLLBACK;");
    text
}

fn sql(expected: &Expected, counts: bool) -> String {
    format!(
        "-- Access as rls.emit_tests() found it. Run by psql; needs rowguard.
\\set ON_ERROR_STOP on
SELECT rls.assert_matrix({});",
        quote::dollar(&document(expected, counts))
    )
}

/// JSON, a line for each object and identity, so that a change is a line of a diff.
fn document(expected: &Expected, counts: bool) -> String {
    type Commands<'a> = BTreeMap<Command, &'a Access>;
    let mut tables: BTreeMap<&str, BTreeMap<&str, Commands<'_>>> = BTreeMap::new();
    let mut functions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ((object, identity, command), access) in &expected.access {
        if *command == Command::Execute {
            functions.entry(object).or_default().push(identity);
        } else {
            tables.entry(object).or_default().entry(identity).or_default().insert(*command, access);
        }
    }

    let mut members = vec![("identities", block(members_of(&expected.identities), 1))];
    if let Some(schemas) = &expected.schemas {
        members.push(("schemas", line(&json!(schemas))));
    }
    if expected.sample != SAMPLE {
        members.push(("sample", expected.sample.to_string()));
    }
    let tables = tables.into_iter().map(|(table, identities)| {
        let identities = identities.into_iter().map(|(identity, commands)| {
            let commands: Vec<String> = commands
                .into_iter()
                .map(|(command, access)| {
                    format!("\"{}\": {}", command.as_str(), in_document(access, counts))
                })
                .collect();
            (identity, format!("{{{}}}", commands.join(", ")))
        });
        (table, block(identities, 2))
    });
    members.push(("tables", block(tables, 1)));
    if !functions.is_empty() {
        let functions = functions
            .into_iter()
            .map(|(function, identities)| (function, line(&json!(identities))));
        members.push(("functions", block(functions, 1)));
    }
    block(members, 0)
}

/// A verdict, or an object with it and what there is besides.
fn in_document(access: &Access, counts: bool) -> String {
    let members = access.members(counts);
    match members.as_slice() {
        [(_, verdict)] => line(verdict),
        members => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\": {}", line(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// An object with a line, or more, for each member.
fn block<'a>(members: impl IntoIterator<Item = (&'a str, String)>, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let members: Vec<String> = members
        .into_iter()
        .map(|(name, value)| format!("\n{indent}  {}: {value}", json!(name)))
        .collect();
    match members.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{{}\n{indent}}}", members.join(",")),
    }
}

fn members_of(object: &Value) -> Vec<(&str, String)> {
    let members = object.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), line(value))).collect()
}

/// A value on one line, with a space where people put one.
fn line(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", json!(name), line(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(line).collect();
            format!("[{}]", elements.join(", "))
        }
        other => other.to_string(),
    }
}

/// The description of a test: a hash sign would begin a directive, which turns failures into none.
fn description(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::{block, description, line};
    use serde_json::json;

    #[test]
    fn a_name_is_no_directive() {
        assert_eq!(description("t # TODO \\later\nnot ok"), "t \\# TODO \\\\later not ok");
    }

    #[test]
    fn documents_are_json() {
        let value = json!({"b": [1, "x\"\n"], "a": {"c": null, "d": []}});
        assert_eq!(line(&value), r#"{"a": {"c": null, "d": []}, "b": [1, "x\"\n"]}"#);
        assert_eq!(
            block([("a \"b\"", line(&value))], 0),
            format!("{{\n  \"a \\\"b\\\"\": {}\n}}", line(&value))
        );
        assert_eq!(block([], 3), "{}");
    }
}
