//! A permissive policy does not look at the row.
//!
//! Why: A clause of it asks only whether somebody is logged in, so every caller passes for every
//! row. It reads no column of the table, neither directly nor from inside a sub-query. A test of a
//! role or claim for a value that only some have does not fire, nor does a look-up of the caller in
//! a table of administrators.
//!
//! Fix: Compare a column of the row with the caller; or, where every caller is meant to pass, accept
//! the finding with a reason.
//!
//! Example:
//! ```sql
//! CREATE POLICY logged_in ON notes USING (auth.uid() IS NOT NULL);
//! ```

use serde_json::json;

use crate::audit::clauses::{Clause, written};
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::depends::depends;
use crate::expr::identity::{Closeness, closeness, is_opaque};
use crate::expr::simplify::simplify;
use crate::expr::truth::{Opaque, Truth, truth};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_ignores_row",
    level: Level::Warning,
    source: include_str!("policy_ignores_row.rs"),
    check,
};

/// What a clause is found to be.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Ignores,
    /// A function that cannot be read would tell.
    Perhaps,
    Fine,
}

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in context.policies.iter().filter(|policy| policy.policy.permissive) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let judged: Vec<(Clause, Verdict)> = written(policy)
            .map(|(clause, expr)| (clause, judge(context, table.oid, expr)))
            .collect();
        let ignoring: Vec<&str> = judged
            .iter()
            .filter(|(_, verdict)| *verdict == Verdict::Ignores)
            .map(|(clause, _)| clause.as_str())
            .collect();
        if !ignoring.is_empty() {
            let message = format!(
                "{} looks at no column of the row: who passes, passes for every row",
                ignoring.join(" and ")
            );
            let finding = findings.policy(Level::Warning, table, policy, message);
            finding.detail.insert("ignores_row".to_owned(), json!(ignoring));
        } else if judged.iter().any(|(_, verdict)| *verdict == Verdict::Perhaps) {
            let reason = "its answer depends on a function or expression that cannot be read";
            findings.not_evaluated(table, policy, reason);
        }
    }
    Ok(())
}

fn judge(context: &Context, relation: pgrx::pg_sys::Oid, clause: &Expr) -> Verdict {
    let truths = truth(context, relation, clause, Opaque::Anything);
    let constant = truths == Truth::TRUE || !truths.can_be(Truth::TRUE);
    let clause = simplify(context, clause);
    if constant || !depends(context, relation, &clause).own().is_empty() {
        return Verdict::Fine;
    }
    match closeness(context, relation, &clause, false) {
        Some(Closeness::None | Closeness::Presence) if is_opaque(context, &clause) => {
            Verdict::Perhaps
        }
        Some(Closeness::None | Closeness::Presence) => Verdict::Ignores,
        _ => Verdict::Fine,
    }
}
