//! Row security is on and the table has no policy.
//!
//! Why: Without a policy every row is hidden from everybody whom row security binds: queries return
//! nothing and say nothing. Right for tables that only the owner or a function touches; otherwise a
//! policy was forgotten.
//!
//! Fix: Write the policies that are meant, or leave it where denying is meant.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
//! ```

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "rls_without_policy",
    level: Level::Info,
    source: include_str!("rls_without_policy.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in context.tables.iter().filter(|table| table.rls_enabled) {
        if context.policies_of(table.oid).next().is_none() {
            let message = "row security is on and no policy admits anybody: every row is hidden";
            findings.table(Level::Info, table, message.to_owned());
        }
    }
    Ok(())
}
