//! A permissive policy opens for callers without an identity.
//!
//! Why: Without claims every identity function says NULL, and the condition, or an arm of it, then is
//! true for every row: `auth.uid() IS NULL OR ...`, `coalesce(owner_id = auth.uid(), true)`,
//! `NOT EXISTS (... WHERE user_id = auth.uid())`. IS NOT DISTINCT FROM takes two NULLs for the same,
//! so that it opens the rows whose column is NULL. Settings are judged as NULL and as the empty
//! string that they are in a pooled connection where they were set before. CURRENT_USER and
//! SESSION_USER are never NULL, and a caller without an identity can have any role.
//!
//! Fix: Ask for `auth.uid() IS NOT NULL` beside it, or write the condition so that NULL closes it.
//!
//! Example:
//! ```sql
//! CREATE POLICY own ON notes USING (auth.uid() IS NULL OR owner_id = auth.uid());
//! ```

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::clauses::{ASKED, Clause, floors};
use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::anonymous::{Opening, opening};
use crate::expr::truth::{Caller, Opaque, Question, Truth, truth, truth_when};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_true_without_identity",
    level: Level::Error,
    source: include_str!("policy_true_without_identity.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in context.policies.iter().filter(|policy| policy.policy.permissive) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let mut open = Vec::new();
        let mut perhaps = false;
        for (command, clause) in ASKED {
            let Some(expr) = clause.of(policy).filter(|_| policy.policy.command.covers(command))
            else {
                continue;
            };
            // Always true is another finding.
            if truth(context, table.oid, expr, Opaque::Anything) == Truth::TRUE
                || is_closed(context, policy, command, clause)
            {
                continue;
            }
            match opening(context, table.oid, expr) {
                Opening::Open => open.push((command, clause)),
                Opening::Perhaps => perhaps = true,
                Opening::Closed => {}
            }
        }
        if open.is_empty() {
            if perhaps {
                let reason = "its answer depends on a function or expression that cannot be read";
                findings.not_evaluated(table, policy, reason);
            }
            continue;
        }
        let mut commands: Vec<&str> = open.iter().map(|(command, _)| command.as_str()).collect();
        commands.dedup();
        let message = format!(
            "a caller without an identity passes for {}: the condition is true when the identity \
             is NULL",
            commands.join(", ")
        );
        let open: Vec<String> = open
            .iter()
            .map(|(command, clause)| format!("{} {}", command.as_str(), clause.as_str()))
            .collect();
        let finding = findings.policy(Level::Error, table, policy, message);
        finding.detail.insert("open".to_owned(), json!(open));
    }
    Ok(())
}

/// For each role of the policy a restrictive one keeps callers without an identity out.
fn is_closed(
    context: &Context,
    policy: &ParsedPolicy,
    command: crate::catalog::Command,
    clause: Clause,
) -> bool {
    policy.policy.roles.iter().all(|role: &Oid| {
        floors(context, policy, *role, command, clause).any(|floor| {
            clause.of(floor).is_some_and(|expr| {
                [Caller::Nobody, Caller::NobodyAnyMore].into_iter().all(|caller| {
                    let question = Question { caller, ..Question::PLAIN };
                    !truth_when(context, policy.policy.table, expr, question).can_be(Truth::TRUE)
                })
            })
        })
    })
}
