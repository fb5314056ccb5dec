//! A policy is for a role that row security does not bind.
//!
//! Why: Superusers, roles with BYPASSRLS, and the owner of a table without FORCE ROW LEVEL SECURITY,
//! with all that inherit his rights, pass by every policy. The policy neither lets them in nor keeps
//! them out.
//!
//! Fix: Take the role out of the policy; bind an owner who is meant to obey it by FORCE ROW LEVEL
//! SECURITY, and take BYPASSRLS from a role that is.
//!
//! Example:
//! ```sql
//! CREATE ROLE worker BYPASSRLS;
//! CREATE POLICY jobs ON notes TO worker USING (body IS NOT NULL);
//! ```

use serde_json::json;

use crate::audit::context::Context;
use crate::audit::exposed::PUBLIC;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_for_exempt_role",
    level: Level::Info,
    source: include_str!("policy_for_exempt_role.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let (exempt, bound): (Vec<_>, Vec<_>) = policy
            .policy
            .roles
            .iter()
            .copied()
            .partition(|role| *role != PUBLIC && context.exposed.is_exempt(*role, table));
        if exempt.is_empty() {
            continue;
        }
        let because: serde_json::Map<String, serde_json::Value> = exempt
            .iter()
            .map(|role| {
                let reason = match context.exposed.roles.get(role) {
                    Some(known) if known.superuser => "superuser",
                    Some(known) if known.bypass_rls => "BYPASSRLS",
                    _ if *role == table.owner => "owner",
                    _ => "has the owner's rights",
                };
                (context.role_name(*role), json!(reason))
            })
            .collect();
        let names: Vec<String> = because.keys().cloned().collect();
        let message = format!(
            "row security does not bind {}: the policy changes nothing for {}",
            names.join(", "),
            if names.len() == 1 { "this role" } else { "these roles" }
        );
        let finding = findings.policy(Level::Info, table, policy, message);
        finding.detail.insert("exempt".to_owned(), json!(because));
        // What becomes of a policy for nobody else is for a person to say.
        finding.fix = (!bound.is_empty()).then(|| {
            let left = context.role_names(bound);
            format!(
                "ALTER POLICY {} ON {} TO {};",
                quote::ident(&policy.policy.name),
                table.qualified(),
                left.iter().map(|name| quote::ident(name)).collect::<Vec<_>>().join(", ")
            )
        });
    }
    Ok(())
}
