//! New rows are checked less strictly than old ones.
//!
//! Why: USING says which rows a caller may change, WITH CHECK what they may become. Where WITH CHECK
//! is always true, or does not ask for the caller as USING does, a caller can write rows that are
//! not his: give a row to somebody else, or put one into another tenant.
//!
//! Fix: Repeat the test of USING in WITH CHECK, as the printed fix does, or create the policy anew
//! without WITH CHECK: USING then counts for both.
//!
//! Example:
//! ```sql
//! CREATE POLICY own ON notes FOR UPDATE USING (owner_id = auth.uid()) WITH CHECK (true);
//! ```

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Command;
use crate::catalog::policy::clauses;
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::identity::{Closeness, asks, closeness, is_opaque};
use crate::expr::simplify::simplify;
use crate::expr::truth::{Opaque, Truth, truth};
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "with_check_looser_than_using",
    level: Level::Error,
    source: include_str!("with_check_looser_than_using.rs"),
    check,
};

/// What a WITH CHECK is found to be.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    AlwaysTrue,
    Drops,
    /// A function that cannot be read would tell.
    Perhaps,
    Fine,
}

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let mut looser = Vec::new();
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let (Some(using), Some(check)) = (&policy.using, &policy.check) else { continue };
        if !matches!(policy.policy.command, Command::Update | Command::All) {
            continue;
        }
        match judge(context, table.oid, using, check) {
            Verdict::Perhaps => {
                let reason = "its WITH CHECK calls a function or holds an expression that cannot \
                              be read";
                findings.not_evaluated(table, policy, reason);
            }
            Verdict::Fine => {}
            verdict => looser.push((table, policy, verdict)),
        }
    }
    let oids: Vec<Oid> = looser.iter().map(|(_, policy, _)| policy.policy.oid).collect();
    let written = clauses(&oids)?;
    for (table, policy, verdict) in looser {
        let always_true = verdict == Verdict::AlwaysTrue;
        let message = if always_true {
            "WITH CHECK is always true: a row may become anything"
        } else {
            "WITH CHECK does not ask for the caller as USING does: a row may become somebody else's"
        };
        let finding = findings.policy(Level::Error, table, policy, message.to_owned());
        finding.detail.insert("check_always_true".to_owned(), json!(always_true));
        let using = written
            .iter()
            .find(|clauses| clauses.policy == policy.policy.oid)
            .and_then(|clauses| clauses.using.as_ref());
        finding.fix = using.map(|using| {
            format!(
                "ALTER POLICY {} ON {} WITH CHECK ({using});",
                quote::ident(&policy.policy.name),
                table.qualified()
            )
        });
    }
    Ok(())
}

fn judge(context: &Context, relation: Oid, using: &Expr, check: &Expr) -> Verdict {
    let truths = |expr| truth(context, relation, expr, Opaque::Anything);
    if truths(using) == Truth::TRUE {
        // Nothing is looser than that.
        return Verdict::Fine;
    }
    match truths(check) {
        Truth::TRUE => return Verdict::AlwaysTrue,
        never if !never.can_be(Truth::TRUE) => return Verdict::Fine,
        _ => {}
    }
    let (using, check) = (simplify(context, using), simplify(context, check));
    // A value that the caller has and the row that is his are as good as each other.
    let grade = |expr: &Expr| {
        closeness(context, relation, expr, true).map(|closeness| closeness.min(Closeness::Value))
    };
    let (of_using, of_check) = (grade(&using), grade(&check));
    let drops = match (of_using, of_check) {
        (Some(of_using), Some(of_check)) if of_check < of_using => true,
        // USING asks on some ways only; the check asks on none, and names other ones.
        (Some(Closeness::None), Some(Closeness::None)) => {
            asks(context, &using)
                && !asks(context, &check)
                && !arms(&check).into_iter().all(|arm| arms(&using).contains(&arm))
        }
        _ => false,
    };
    match drops {
        true if is_opaque(context, &check) => Verdict::Perhaps,
        true => Verdict::Drops,
        false => Verdict::Fine,
    }
}

fn arms(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Or(parts) => parts.iter().flat_map(arms).collect(),
        other => vec![other],
    }
}
