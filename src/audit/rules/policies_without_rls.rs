//! The table has policies and row security is off.
//!
//! Why: PostgreSQL accepts policies on a table whose row security is off, and applies none of them.
//! The table looks protected and is open.
//!
//! Fix: Switch row security on. Where the policies lead back to the table every query would fail
//! then: mend them first.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! CREATE POLICY own ON notes USING (owner_id = auth.uid());
//! ```

use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::audit::rules::policy_recursion::may_lead_back;
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policies_without_rls",
    level: Level::Error,
    source: include_str!("policies_without_rls.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in context.tables.iter().filter(|table| !table.rls_enabled) {
        let policies: Vec<&str> =
            context.policies_of(table.oid).map(|policy| policy.policy.name.as_str()).collect();
        if policies.is_empty() {
            continue;
        }
        let leads_back = may_lead_back(context, table)?;
        let message = "row security is off: none of the table's policies is applied";
        let finding = findings.table(Level::Error, table, message.to_owned());
        finding.detail.insert("policies".to_owned(), json!(policies));
        // Switched on, policies that lead back to the table make every query fail.
        finding.fix = (!leads_back)
            .then(|| format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", table.qualified()));
    }
    Ok(())
}
