//! A policy calls a function declared IMMUTABLE that reads the session.
//!
//! Why: The planner computes an IMMUTABLE call once and keeps the answer in the plan. A prepared
//! statement, a function's kept plan or an index then holds one caller's identity for whoever comes
//! next. Functions that the policy's functions call count, too.
//!
//! Fix: Declare the function STABLE.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION me() RETURNS uuid LANGUAGE sql IMMUTABLE AS 'SELECT auth.uid()';
//! CREATE POLICY own ON notes USING (owner_id = me());
//! ```

use std::collections::{BTreeMap, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Function, Volatility};
use crate::error::Error;
use crate::expr::Expr;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "immutable_reads_session",
    level: Level::Error,
    source: include_str!("immutable_reads_session.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let mut frozen: BTreeMap<String, &Function> = BTreeMap::new();
        let mut unread = false;
        for function in called(context, policy) {
            if function.volatility != Volatility::Immutable {
                continue;
            }
            if context.reads_session(function.oid) {
                frozen.insert(function.qualified(), function);
            } else {
                unread |= !context.is_session_known(function);
            }
        }
        if frozen.is_empty() {
            if unread {
                let reason = "it calls an IMMUTABLE function whose body cannot be read";
                findings.not_evaluated(table, policy, reason);
            }
            continue;
        }
        let names = Vec::from_iter(frozen.keys().map(String::as_str)).join(", ");
        let message = format!(
            "{names} reads the session and is declared IMMUTABLE: a plan keeps one caller's answer \
             for the next"
        );
        let finding = findings.policy(Level::Error, table, policy, message);
        finding.detail.insert("functions".to_owned(), json!(frozen.keys().collect::<Vec<_>>()));
        if frozen.values().all(|function| !function.of_extension) {
            let statements: Vec<String> = frozen
                .values()
                .map(|function| format!("ALTER {} STABLE;", function.as_object()))
                .collect();
            finding.fix = Some(statements.join("\n"));
        }
    }
    Ok(())
}

/// The functions that a policy calls, by itself or through the bodies of others.
fn called<'a>(context: &'a Context, policy: &ParsedPolicy) -> Vec<&'a Function> {
    let mut open: Vec<Oid> = Vec::new();
    for clause in policy.using.iter().chain(&policy.check) {
        clause.walk(0, &mut |part, _| {
            if let Expr::Function { function, .. }
            | Expr::Inlined { function, .. }
            | Expr::Aggregate { function, .. } = part
            {
                open.push(*function);
            }
        });
    }
    let mut seen: HashSet<Oid> = HashSet::new();
    let mut found = Vec::new();
    while let Some(oid) = open.pop() {
        if !seen.insert(oid) {
            continue;
        }
        open.extend(context.called_by(oid));
        found.extend(context.function(oid));
    }
    found
}
