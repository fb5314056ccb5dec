//! No role of a policy may use the table as the policy allows.
//!
//! Why: Privileges are checked before policies. Where none of the roles that the policy is for, nor
//! anybody with their rights, holds the privilege that its command needs, on the table or on a
//! column, the policy is never asked: every attempt ends in "permission denied".
//!
//! Fix: GRANT the privilege to the roles that are meant to have it, or drop the policy.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! CREATE POLICY own ON notes FOR DELETE TO authenticated USING (owner_id = auth.uid());
//! ```

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Command, Privilege};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_without_privilege",
    level: Level::Info,
    source: include_str!("policy_without_privilege.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let needed: Vec<Privilege> = Command::SINGLE
            .into_iter()
            .filter(|command| policy.policy.command.covers(*command))
            .map(Privilege::for_command)
            .collect();
        let grants = context.grants(table.oid);
        let holds =
            |role: Oid| needed.iter().any(|privilege| context.holds(role, grants, *privilege));
        // An exempt role is not kept from anything by a policy, and is another rule's.
        let exempt = policy.policy.roles.iter().any(|role| context.exposed.is_exempt(*role, table));
        if exempt
            || policy.policy.roles.iter().copied().any(holds)
            || context.bound(table, &policy.policy.roles).any(holds)
        {
            continue;
        }
        let names: Vec<&str> = needed.iter().map(|privilege| privilege.as_str()).collect();
        let message = format!(
            "no role of the policy holds {} on the table: the policy is never asked",
            names.join(" or ")
        );
        let finding = findings.policy(Level::Info, table, policy, message);
        finding.detail.insert("privileges".to_owned(), json!(names));
    }
    Ok(())
}
