//! A policy is for everybody although the application has roles of its own.
//!
//! Why: Without TO a policy is for PUBLIC: for each role there is and each that will be made. It is
//! checked for callers it was never meant for, anonymous ones among them, and every role that is
//! added later walks in. Only where roles of the application are known.
//!
//! Fix: Name the roles that the policy is meant for; the printed fix names the exposed ones, and those
//! others that use the table today. A restrictive policy is safest for everybody:
//! accept the finding with a reason.
//!
//! Example:
//! ```sql
//! CREATE POLICY own ON notes USING (owner_id = auth.uid());
//! ```

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::exposed::PUBLIC;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Table;
use crate::error::Error;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_for_public",
    level: Level::Info,
    source: include_str!("policy_for_public.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let named: Vec<&str> = context
        .exposed
        .identities
        .iter()
        .filter(|identity| identity.role != PUBLIC)
        .map(|identity| identity.name.as_str())
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    for policy in context.policies.iter().filter(|policy| policy.is_for_public()) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let message = "the policy is for PUBLIC, every role there is and will be, although the \
                       application's roles are known";
        let finding = findings.policy(Level::Info, table, policy, message.to_owned());
        finding.detail.insert("exposed_roles".to_owned(), json!(named));
        // To narrow a restrictive policy would set the others free.
        finding.fix = policy.policy.permissive.then(|| {
            let mut roles: Vec<String> = named.iter().map(|name| quote::ident(name)).collect();
            let others = others(context, table, policy);
            roles.extend(others.into_iter().map(|role| quote::ident(&context.role_name(role))));
            format!(
                "ALTER POLICY {} ON {} TO {};",
                quote::ident(&policy.policy.name),
                table.qualified(),
                roles.join(", ")
            )
        });
    }
    Ok(())
}

/// Roles that are not exposed, use the policy, and would lose it if only exposed ones were named.
fn others(context: &Context, table: &Table, policy: &ParsedPolicy) -> Vec<Oid> {
    let exposed: Vec<Oid> = context
        .exposed
        .identities
        .iter()
        .map(|identity| identity.role)
        .filter(|role| *role != PUBLIC)
        .collect();
    let users: Vec<Oid> = context
        .users_of(table, policy)
        .into_iter()
        .filter(|role| *role != PUBLIC && !context.exposed.applies(&exposed, *role))
        .collect();
    // Members of one that is named have what it has.
    let through = |role: Oid| {
        users.iter().any(|other| *other != role && context.exposed.has_rights_of(role, *other))
    };
    users.iter().copied().filter(|role| !through(*role)).collect()
}
