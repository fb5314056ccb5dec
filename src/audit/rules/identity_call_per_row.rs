//! A policy asks who is calling once for each row.
//!
//! Why: A function that tells who is asking gives the same answer for the whole statement. Called
//! bare it is called for every row of the table, or of a table that a sub-query scans; inside of a
//! sub-select of its own, (SELECT app.me()), it is called once. The readers of schema auth,
//! CURRENT_USER and SESSION_USER are as cheap as a constant and do not count; functions that call
//! them do.
//!
//! Fix: Write (SELECT app.me()) for app.me(). In a table that policies read again, see first that its
//! own policies for SELECT may hold a sub-query: see policy_recursion.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION me() RETURNS uuid LANGUAGE plpgsql STABLE AS
//!   $$ BEGIN RETURN nullif(current_setting('app.user_id', true), '')::uuid; END $$;
//! CREATE POLICY own ON notes USING (owner_id = me());
//! ```

use std::collections::{BTreeMap, BTreeSet, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Volatility;
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::depends::{Call, Rate, depends};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "identity_call_per_row",
    level: Level::Warning,
    source: include_str!("identity_call_per_row.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut unknown = false;
        for clause in policy.using.iter().chain(&policy.check) {
            let found = depends(context, table.oid, clause);
            unknown |= found.unknown;
            // What a call does inside of its body goes without saying.
            let mut inside: HashSet<*const Expr> = HashSet::new();
            for call in &found.calls {
                if inside.contains(&std::ptr::from_ref(call.expr)) || !is_dear(context, call) {
                    continue;
                }
                let Rate::PerRow { relations, .. } = &call.rate else { continue };
                let scanned: Vec<String> = relations
                    .iter()
                    .filter_map(|oid| context.relation(*oid))
                    .map(|relation| relation.qualified())
                    .collect();
                // Rows that are of no table are few.
                if scanned.is_empty() {
                    continue;
                }
                call.expr.walk(0, &mut |part, _| {
                    inside.insert(std::ptr::from_ref(part));
                });
                calls.entry(name(context, call)).or_default().extend(scanned);
            }
        }
        if calls.is_empty() {
            if unknown {
                findings.not_evaluated(table, policy, "it holds an expression that cannot be read");
            }
            continue;
        }
        let words: Vec<String> = calls
            .iter()
            .map(|(call, tables)| {
                let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
                format!("{call} for each row of {}", tables.join(", "))
            })
            .collect();
        let message = format!("the policy calls {}", words.join("; "));
        let finding = findings.policy(Level::Warning, table, policy, message);
        finding.detail.insert("calls".to_owned(), json!(calls));
    }
    Ok(())
}

/// The call tells who is asking, is no reader of ours, and is not computed while planning.
fn is_dear(context: &Context, call: &Call<'_>) -> bool {
    let Some(function) = call.function else { return false };
    if !call.identity || !context.is_identity_call(call.expr) {
        return false;
    }
    let Some(known) = context.function(function) else { return true };
    let native = known.ours
        || (known.schema == "pg_catalog"
            && matches!(known.name.as_str(), "current_user" | "session_user" | "getpgusername"));
    let planned = known.volatility == Volatility::Immutable && !call.takes_column;
    !native && !planned
}

fn name(context: &Context, call: &Call<'_>) -> String {
    let function: Option<Oid> = call.function;
    match function.and_then(|oid| context.function(oid)) {
        Some(known) => known.qualified(),
        None => "a function that is gone".to_owned(),
    }
}
