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

use serde_json::Value;

use crate::audit::access;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
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
        let open_to = access::open_to(context, table, |_| true);
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
