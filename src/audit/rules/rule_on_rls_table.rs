//! A table with row security has a rewrite rule.
//!
//! Why: What a rule does runs with the rights of the table's owner, whoever sent the statement: the
//! policies of the tables that it touches are asked about the owner. Disabled rules do not count,
//! nor those that act only where changes of another server are applied.
//!
//! Fix: Put a trigger in its place; it runs with the caller's rights. What the rule is for is known
//! to its author, so no statement is proposed.
//!
//! Example:
//! ```sql
//! CREATE RULE keep AS ON DELETE TO notes DO ALSO INSERT INTO removed_notes VALUES (OLD.*);
//! ```

use std::collections::BTreeMap;

use pgrx::pg_sys::Oid;
use serde_json::{Value, json};

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog;
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "rule_on_rls_table",
    level: Level::Warning,
    source: include_str!("rule_on_rls_table.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let tables: Vec<Oid> = context.protected_tables().map(|table| table.oid).collect();
    let mut found: BTreeMap<u32, Vec<Value>> = BTreeMap::new();
    for rule in catalog::rewrite::of_relations(&tables)? {
        if rule.enabled {
            found.entry(rule.relation.to_u32()).or_default().push(json!({
                "name": rule.name,
                "event": rule.event.as_str(),
                "instead": rule.instead,
            }));
        }
    }
    for table in context.protected_tables() {
        let Some(rules) = found.remove(&table.oid.to_u32()) else { continue };
        let owner = context.role_name(table.owner);
        let message =
            format!("rewrite rules on the table act with the rights of its owner {owner}");
        let finding = findings.table(Level::Warning, table, message);
        finding.detail.insert("owner".to_owned(), json!(owner));
        finding.detail.insert("rules".to_owned(), json!(rules));
    }
    Ok(())
}
