//! A role of a policy may not execute a function that the policy calls.
//!
//! Why: Functions and operators in a policy are called with the rights of whoever runs the query,
//! also through SQL functions without SECURITY DEFINER. Without EXECUTE every query of that role
//! fails, even where the call would never be reached. USAGE on the function's schema is not needed. Of
//! a policy for PUBLIC those roles count that hold the table privilege for its command.
//!
//! Fix: GRANT EXECUTE on the function to the roles of the policy.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION is_staff() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT auth.has_role(''staff'')';
//! REVOKE EXECUTE ON FUNCTION is_staff() FROM PUBLIC;
//! CREATE POLICY staff ON notes TO authenticated USING (is_staff());
//! ```

use std::collections::{BTreeMap, BTreeSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::exposed::PUBLIC;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Privilege, Table};
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::tree::Cast;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_function_not_executable",
    level: Level::Error,
    source: include_str!("policy_function_not_executable.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let mut called = BTreeSet::new();
        for clause in policy.using.iter().chain(&policy.check) {
            calls(context, clause, &mut called);
            if clause.has_unknown() {
                findings.not_evaluated(table, policy, "it holds an expression that cannot be read");
            }
        }
        // Most functions are everybody's.
        let kept: Vec<Oid> = called
            .into_iter()
            .map(Oid::from_u32)
            .filter(|function| !executes(context, PUBLIC, *function))
            .collect();
        if kept.is_empty() {
            continue;
        }
        let mut lacking: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut fixes = Vec::new();
        for function in kept {
            let roles: Vec<Oid> = asked(context, table, policy)
                .into_iter()
                .filter(|role| !executes(context, *role, function))
                .collect();
            let Some(known) = context.function(function) else { continue };
            if roles.is_empty() {
                continue;
            }
            let names = context.role_names(roles.iter().copied());
            let quoted: Vec<String> = names
                .iter()
                .map(
                    |name| if roles == [PUBLIC] { "PUBLIC".to_owned() } else { quote::ident(name) },
                )
                .collect();
            fixes.push(format!(
                "GRANT EXECUTE ON FUNCTION {} TO {};",
                known.qualified(),
                quoted.join(", ")
            ));
            lacking.insert(known.qualified(), names);
        }
        if lacking.is_empty() {
            continue;
        }
        let words: Vec<String> = lacking
            .iter()
            .map(|(function, roles)| format!("{} may not execute {function}", roles.join(", ")))
            .collect();
        let message = format!("{}: every query that meets the policy fails", words.join("; "));
        let finding = findings.policy(Level::Error, table, policy, message);
        finding.detail.insert("lacking".to_owned(), json!(lacking));
        fixes.sort();
        finding.fix = Some(fixes.join("\n"));
    }
    Ok(())
}

/// The functions that are called with the rights of whoever runs the query.
fn calls(context: &Context, expr: &Expr, called: &mut BTreeSet<u32>) {
    let mut visit = |oid: Oid| {
        called.insert(oid.to_u32());
    };
    match expr {
        Expr::Function { function, .. }
        | Expr::Aggregate { function, .. }
        | Expr::Cast { how: Cast::Array(Some(function)), .. } => visit(*function),
        Expr::Operator { operator, .. }
        | Expr::Distinct { operator, .. }
        | Expr::NullIf { operator, .. }
        | Expr::OverArray { operator, .. } => {
            if let Some(known) = context.operator(*operator) {
                visit(known.function);
            }
        }
        Expr::Inlined { function, arguments, .. } => {
            visit(*function);
            // Its body runs with its owner's rights, its arguments do not.
            if context.function(*function).is_some_and(|known| known.security_definer) {
                arguments.iter().for_each(|argument| calls(context, argument, called));
                return;
            }
        }
        Expr::SubLink { query, .. } => {
            query.each_query(&mut |query| {
                query.each_own(&mut |part| calls(context, part, called));
            });
        }
        _ => {}
    }
    expr.each_part(&mut |part| calls(context, part, called));
}

/// The roles that come to the policy: each that it names, and of PUBLIC those who may use the table.
fn asked(context: &Context, table: &Table, policy: &ParsedPolicy) -> Vec<Oid> {
    if policy.is_for_public() {
        return context.users_of(table, policy);
    }
    let bound = |role: &&Oid| !context.exposed.is_exempt(**role, table);
    policy.policy.roles.iter().filter(bound).copied().collect()
}

fn executes(context: &Context, role: Oid, function: Oid) -> bool {
    // What is gone cannot be judged and will not be called.
    context.function(function).is_none()
        || context.holds(role, context.grants(function), Privilege::Execute)
}
