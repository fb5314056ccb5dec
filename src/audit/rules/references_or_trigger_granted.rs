//! An exposed role may put a foreign key or a trigger on a table with row security.
//!
//! Why: A foreign key to the table tells which rows exist, whatever policies hide: its checks are
//! not bound by row security. A trigger sees the rows of everybody who writes, and runs with their
//! rights.
//!
//! Fix: Revoke both; applications need neither.
//!
//! Example:
//! ```sql
//! ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
//! GRANT REFERENCES (id), TRIGGER ON notes TO authenticated;
//! ```

use serde_json::Value;

use crate::audit::access;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Privilege;
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "references_or_trigger_granted",
    level: Level::Warning,
    source: include_str!("references_or_trigger_granted.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let wanted = |privilege| matches!(privilege, Privilege::References | Privilege::Trigger);
    for table in context.protected_tables() {
        let open_to = access::open_to(context, table, wanted);
        if open_to.is_empty() {
            continue;
        }
        let message = "exposed roles may add foreign keys to the table or triggers on it, which row \
                       security does not bind";
        let finding = findings.table(Level::Warning, table, message.to_owned());
        finding.detail.insert("open_to".to_owned(), Value::Object(open_to));
        finding.fix = access::revoke(context, table, context.grants(table.oid), wanted);
    }
    Ok(())
}
