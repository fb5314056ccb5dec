//! A restrictive policy restricts nothing.
//!
//! Why: Its condition is true for every row and every caller, however it is written, or it has none:
//! the floor that it was meant to be is not there. A clause that is not always true is enough to
//! clear it.
//!
//! Fix: Say what the policy is to keep out, or drop it.
//!
//! Example:
//! ```sql
//! CREATE POLICY floor ON notes AS RESTRICTIVE USING (true);
//! ```

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::truth::{Opaque, Truth, truth};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "restrictive_always_true",
    level: Level::Warning,
    source: include_str!("restrictive_always_true.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in context.policies.iter().filter(|policy| !policy.policy.permissive) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let clauses: Vec<&Expr> = policy.using.iter().chain(&policy.check).collect();
        let all_true = |opaque: Opaque| {
            clauses.iter().all(|clause| truth(context, table.oid, clause, opaque) == Truth::TRUE)
        };
        if all_true(Opaque::Anything) {
            let message = if clauses.is_empty() {
                "the restrictive policy has no condition: it restricts nothing"
            } else {
                "the condition is always true: the restrictive policy restricts nothing"
            };
            findings.policy(Level::Warning, table, policy, message.to_owned());
        } else if all_true(Opaque::InFavour) {
            let reason = "its answer depends on a function or expression that cannot be read";
            findings.not_evaluated(table, policy, reason);
        }
    }
    Ok(())
}
