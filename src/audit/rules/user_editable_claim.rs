//! A policy decides by a claim that users write themselves.
//!
//! Why: Whoever has an account can change its `user_metadata` (in `auth.users`:
//! `raw_user_meta_data`) through the identity service, so a role or tenant found there is what the
//! caller says it is. Read from the claims, from a setting of the single claim, from the table of
//! users, or inside a SQL function.
//!
//! Fix: Keep what decides in `app_metadata`, which only the server writes, or in a table.
//!
//! Example:
//! ```sql
//! CREATE POLICY admins ON notes
//!   USING (auth.jwt() -> 'user_metadata' ->> 'role' = 'admin');
//! ```

use serde_json::json;

use crate::audit::clauses::written;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::claims::{Editable, editable};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "user_editable_claim",
    level: Level::Error,
    source: include_str!("user_editable_claim.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let mut clauses = Vec::new();
        let mut unread = false;
        for (clause, expr) in written(policy) {
            match editable(context, table.oid, expr) {
                Editable::Yes => clauses.push(clause.as_str()),
                Editable::Unread => unread = true,
                Editable::No => unread |= expr.has_unknown(),
            }
        }
        if !clauses.is_empty() {
            let message = format!(
                "{} reads what users write about themselves: who asks decides what the answer is",
                clauses.join(" and ")
            );
            let finding = findings.policy(Level::Error, table, policy, message);
            finding.detail.insert("reads".to_owned(), json!(clauses));
        } else if unread {
            let reason = "which claim it reads depends on what cannot be read";
            findings.not_evaluated(table, policy, reason);
        }
    }
    Ok(())
}
