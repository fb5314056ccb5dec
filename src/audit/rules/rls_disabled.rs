//! Row security is off and the table has no policy.
//!
//! Why: Whoever holds a privilege on the table reads or writes every row. An error where an exposed
//! role has USAGE on the schema and any privilege on the table or a column, by itself or through a
//! role it is a member of; otherwise for information.
//!
//! Fix: Switch row security on, then write policies: until then nobody but the owner sees a row.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! GRANT SELECT ON notes TO anon;
//! ```

use serde_json::{Map, Value, json};

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Table;
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "rls_disabled",
    level: Level::Error,
    source: include_str!("rls_disabled.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in &context.tables {
        if table.rls_enabled || context.policies_of(table.oid).next().is_some() {
            continue;
        }
        let open_to = open_to(context, table);
        let (level, message) = if open_to.is_empty() {
            (
                Level::Info,
                "row security is off; no exposed role reaches the table today, and the next GRANT \
                 opens every row",
            )
        } else {
            (Level::Error, "row security is off: exposed roles reach every row")
        };
        let finding = findings.table(level, table, message.to_owned());
        finding.detail.insert("open_to".to_owned(), Value::Object(open_to));
        finding.fix = Some(format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", table.qualified()));
    }
    Ok(())
}

/// The exposed roles that reach the table, each with its privileges, and the columns where a
/// privilege is limited to some.
fn open_to(context: &Context, table: &Table) -> Map<String, Value> {
    let mut found = Map::new();
    for identity in &context.exposed.identities {
        let privileges: Vec<String> = identity
            .reaches(context.grants(table.schema_oid), context.grants(table.oid))
            .into_iter()
            .map(|(privilege, columns)| {
                let names: Vec<&str> = columns
                    .iter()
                    .filter_map(|number| table.column(*number))
                    .map(|column| column.name.as_str())
                    .collect();
                if names.is_empty() {
                    privilege.as_str().to_owned()
                } else {
                    format!("{} ({})", privilege.as_str(), names.join(", "))
                }
            })
            .collect();
        if !privileges.is_empty() {
            found.insert(identity.name.clone(), json!(privileges));
        }
    }
    found
}
