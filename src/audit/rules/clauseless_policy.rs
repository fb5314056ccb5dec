//! A permissive policy lacks a clause that its command needs.
//!
//! Why: A permissive policy without USING lets no row be read, changed or removed, and one for
//! INSERT without WITH CHECK lets none in, so PostgreSQL denies the command that the policy was
//! written for. FOR ALL with WITH CHECK alone denies everything but INSERT. (A policy for UPDATE or
//! ALL with USING alone is complete: USING then is the check of new rows too.)
//!
//! Fix: Write the clause, or drop the policy.
//!
//! Example:
//! ```sql
//! CREATE POLICY add_own ON notes FOR INSERT TO authenticated;
//! ```

use serde_json::json;

use crate::audit::clauses::{ASKED, Clause};
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "clauseless_policy",
    level: Level::Warning,
    source: include_str!("clauseless_policy.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in context.policies.iter().filter(|policy| policy.policy.permissive) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let lacking: Vec<_> = ASKED
            .into_iter()
            .filter(|(command, clause)| {
                policy.policy.command.covers(*command) && clause.of(policy).is_none()
            })
            .collect();
        if lacking.is_empty() {
            continue;
        }
        let mut commands: Vec<&str> = lacking.iter().map(|(command, _)| command.as_str()).collect();
        commands.dedup();
        // Without USING an UPDATE finds no row to check.
        let clauses: Vec<&str> = [Clause::Using, Clause::Check]
            .into_iter()
            .filter(|wanted| lacking.iter().any(|(_, clause)| clause == wanted))
            .map(Clause::as_str)
            .collect();
        let message = format!(
            "the policy has no {}: it denies {}",
            clauses.join(" and no "),
            commands.join(", ")
        );
        let finding = findings.policy(Level::Warning, table, policy, message);
        finding.detail.insert("denies".to_owned(), json!(commands));
    }
    Ok(())
}
