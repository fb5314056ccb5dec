//! A policy lets a role write rows that no policy lets it read.
//!
//! Why: A command with WHERE or RETURNING must also pass the policies for SELECT. Where none of them
//! admits the role, its UPDATE and DELETE touch no row and raise no error.
//!
//! Fix: Write the policy for SELECT that the role needs, with the same condition.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
//! CREATE POLICY own ON notes FOR UPDATE USING (owner_id = auth.uid());
//! ```

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::audience::Gate;
use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::exposed::PUBLIC;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Command, Table};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "write_without_select_policy",
    level: Level::Warning,
    source: include_str!("write_without_select_policy.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in context.tables.iter().filter(|table| table.rls_enabled) {
        let policies: Vec<&ParsedPolicy> = context.policies_of(table.oid).collect();
        let mut gate = None;
        for policy in &policies {
            let command = policy.policy.command;
            if !policy.policy.permissive || !matches!(command, Command::Update | Command::Delete) {
                continue;
            }
            let gate = gate.get_or_insert_with(|| context.gate(&policies, table, Command::Select));
            let blind: Vec<Oid> = policy
                .policy
                .roles
                .iter()
                .copied()
                .filter(|role| !sees(context, table, gate, *role))
                .collect();
            if blind.is_empty() {
                continue;
            }
            let blind = context.role_names(blind);
            let message = format!(
                "no policy lets {} read a row: {} with WHERE or RETURNING touches nothing",
                blind.join(", "),
                command.as_str()
            );
            let finding = findings.policy(Level::Warning, table, policy, message);
            finding.detail.insert("roles_without_select".to_owned(), json!(blind));
        }
    }
    Ok(())
}

/// A policy for SELECT admits the role, or row security does not bind it. PUBLIC and a role that
/// stands for a group see what any of their members does.
fn sees(context: &Context, table: &Table, gate: &Gate<'_>, role: Oid) -> bool {
    let admits = |role: Oid| gate.admits(context, role);
    if gate.is_shut() {
        return context.exposed.is_exempt(role, table);
    }
    if role == PUBLIC {
        return context.bound(table, &[PUBLIC]).any(admits);
    }
    if context.exposed.is_exempt(role, table) || admits(role) {
        return true;
    }
    let is_group = context.exposed.roles.get(&role).is_some_and(|known| !known.login)
        && !context.exposed.identities.iter().any(|identity| identity.role == role);
    is_group && context.bound(table, &[role]).any(admits)
}
