//! A trigger on a table with row security runs with the rights of a role that policies do not bind.
//!
//! Why: A SECURITY DEFINER trigger function sees and changes every row of the table for whoever
//! fires it, where its owner is a superuser, has BYPASSRLS or owns the table without FORCE. Often
//! meant, as for a log; worth reading. Disabled triggers do not count, nor functions whose comment
//! says that they were reviewed.
//!
//! Fix: Let it run as the caller where that is enough. Otherwise read the function and say so:
//! COMMENT ON FUNCTION ... IS 'rowguard:reviewed <who>: <why>'.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION log_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
//!   AS 'BEGIN INSERT INTO note_log VALUES (NEW.id); RETURN NEW; END';
//! CREATE TRIGGER log AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION log_note();
//! ```

use std::collections::HashMap;

use pgrx::pg_sys::Oid;
use serde_json::{Value, json};

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::review;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{self, Function, Table};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "definer_trigger",
    level: Level::Info,
    source: include_str!("definer_trigger.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let tables: HashMap<Oid, &Table> =
        context.protected_tables().map(|table| (table.oid, table)).collect();
    let triggers = catalog::trigger::of_tables(&Vec::from_iter(tables.keys().copied()))?;
    let oids: Vec<Oid> = triggers.iter().map(|trigger| trigger.function).collect();
    let functions: HashMap<Oid, Function> = catalog::function::by_oids(&oids)?
        .into_iter()
        .map(|function| (function.oid, function))
        .collect();
    let mut found: HashMap<Oid, Vec<Value>> = HashMap::new();
    for trigger in &triggers {
        let (Some(table), Some(function)) =
            (tables.get(&trigger.table), functions.get(&trigger.function))
        else {
            continue;
        };
        // The partitioned table is at fault for the triggers that its partitions have from it.
        let from_parent = trigger.parent_table.is_some_and(|parent| tables.contains_key(&parent));
        if from_parent
            || !function.security_definer
            || function.of_extension
            || !context.exposed.is_exempt(function.owner, table)
            || function.comment.as_deref().and_then(review::in_comment).is_some()
        {
            continue;
        }
        found.entry(table.oid).or_default().push(json!({
            "name": trigger.name,
            "function": function.qualified(),
            "owner": context.role_name(function.owner),
        }));
    }
    for table in context.protected_tables() {
        let Some(triggers) = found.remove(&table.oid) else { continue };
        let message = "triggers on the table run as owners that its policies do not bind";
        let finding = findings.table(Level::Info, table, message.to_owned());
        finding.detail.insert("triggers".to_owned(), json!(triggers));
    }
    Ok(())
}
