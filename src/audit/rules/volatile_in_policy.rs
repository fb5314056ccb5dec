//! A policy calls a VOLATILE function.
//!
//! Why: A volatile function may answer anew for each row: it is called per row, no index serves the
//! condition, and one statement may see rows by different answers. Functions are volatile unless
//! they say otherwise. Counted are the functions that the policy itself names, those of its
//! operators, and those in the defaults of arguments that its calls leave out.
//!
//! Fix: Declare the function STABLE where its answer is the same within a statement. Only its author
//! knows, unless its body was read and calls nothing volatile.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION me() RETURNS uuid LANGUAGE sql AS 'SELECT auth.uid()';
//! CREATE POLICY own ON notes USING (owner_id = me());
//! ```

use std::collections::{BTreeSet, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{AT_ONCE, Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Volatility;
use crate::catalog::policy::{self, Trees};
use crate::error::Error;
use crate::expr::{self, Expr};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "volatile_in_policy",
    level: Level::Warning,
    source: include_str!("volatile_in_policy.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let suspects: Vec<&ParsedPolicy> =
        context.policies.iter().filter(|policy| may_be_volatile(context, policy)).collect();
    for part in suspects.chunks(AT_ONCE) {
        let oids: Vec<Oid> = part.iter().map(|policy| policy.policy.oid).collect();
        let trees = policy::trees(&oids)?;
        for policy in part {
            if let Some(trees) = trees.get(&policy.policy.oid) {
                judge(context, findings, policy, trees)?;
            }
        }
    }
    Ok(())
}

fn judge(
    context: &Context,
    findings: &mut Findings<'_>,
    policy: &ParsedPolicy,
    (using, check): &Trees,
) -> Result<(), Error> {
    let Some(table) = context.relation(policy.policy.table) else { return Ok(()) };
    let mut functions: BTreeSet<u32> = BTreeSet::new();
    let mut operators: BTreeSet<String> = BTreeSet::new();
    // As stored: what the bodies of functions call is not the policy's own.
    for text in using.iter().chain(check) {
        let stored = expr::expression(text)?;
        // A call has what its function's declaration says where it leaves an argument out.
        let mut open: Vec<&Expr> = vec![&stored];
        let mut seen: HashSet<*const Expr> = HashSet::new();
        while let Some(expr) = open.pop() {
            expr.walk(0, &mut |part, _| match part {
                Expr::Function { function, arguments, .. } => {
                    if is_volatile(context, *function) {
                        functions.insert(function.to_u32());
                    }
                    let left_out = context.left_out(*function, arguments).into_iter();
                    open.extend(left_out.filter(|value| seen.insert(std::ptr::from_ref(*value))));
                }
                Expr::Aggregate { function, .. } => {
                    if is_volatile(context, *function) {
                        functions.insert(function.to_u32());
                    }
                }
                _ => operators.extend(volatile_operator(context, part)),
            });
        }
    }
    if functions.is_empty() && operators.is_empty() {
        return Ok(());
    }
    let functions: Vec<_> =
        functions.into_iter().filter_map(|oid| context.function(Oid::from_u32(oid))).collect();
    let mut names: Vec<String> = functions.iter().map(|function| function.qualified()).collect();
    names.sort();
    names.extend(operators.iter().cloned());
    let message = format!(
        "the policy calls {}, which is VOLATILE: it runs for each row and no index helps",
        names.join(", ")
    );
    let finding = findings.policy(Level::Warning, table, policy, message);
    finding.detail.insert("volatile".to_owned(), json!(names));
    let mendable = operators.is_empty()
        && functions
            .iter()
            .all(|function| !function.of_extension && context.is_steady_by_its_body(function.oid));
    if mendable {
        let statements: Vec<String> = functions
            .iter()
            .map(|function| format!("ALTER {} STABLE;", function.as_object()))
            .collect();
        finding.fix = Some(statements.join("\n"));
    }
    Ok(())
}

/// Something in the policy, at whatever depth, is volatile: most have nothing.
fn may_be_volatile(context: &Context, policy: &ParsedPolicy) -> bool {
    let mut found = false;
    let mut note = |part: &Expr| {
        found |= match part {
            Expr::Function { function, .. }
            | Expr::Inlined { function, .. }
            | Expr::Aggregate { function, .. } => is_volatile(context, *function),
            _ => volatile_operator(context, part).is_some(),
        };
        // An argument that a body leaves out stands nowhere else.
        found |= matches!(part, Expr::Inlined { .. });
    };
    for clause in policy.using.iter().chain(&policy.check) {
        clause.walk(0, &mut |part, _| note(part));
    }
    found
}

fn is_volatile(context: &Context, function: Oid) -> bool {
    context.function(function).is_some_and(|known| known.volatility == Volatility::Volatile)
}

/// The operator of a comparison or call, where its function is volatile.
fn volatile_operator(context: &Context, part: &Expr) -> Option<String> {
    let operators: &[Oid] = match part {
        Expr::Operator { operator, .. }
        | Expr::Distinct { operator, .. }
        | Expr::NullIf { operator, .. }
        | Expr::OverArray { operator, .. } => std::slice::from_ref(operator),
        Expr::RowCompare { operators, .. } => operators,
        _ => &[],
    };
    operators
        .iter()
        .filter_map(|operator| context.operator(*operator))
        .find(|known| known.volatile)
        .map(|known| format!("operator {}", known.name))
}
