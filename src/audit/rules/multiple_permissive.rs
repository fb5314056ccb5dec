//! Several permissive policies admit one role for one command.
//!
//! Why: Permissive policies are joined by OR: every row is put to each of them until one lets it
//! pass, and an index serves the query only where it serves every arm. What a role may see is also
//! harder to tell from several conditions than from one. One finding per table and command.
//!
//! Fix: Join them into one policy, or give each role one policy per command.
//!
//! Example:
//! ```sql
//! CREATE POLICY own ON notes FOR SELECT USING (owner_id = auth.uid());
//! CREATE POLICY shared ON notes FOR SELECT USING (body IS NOT NULL);
//! ```

use std::collections::BTreeSet;

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Command, Table};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "multiple_permissive",
    level: Level::Info,
    source: include_str!("multiple_permissive.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in &context.tables {
        for command in Command::SINGLE {
            let policies: Vec<&ParsedPolicy> = context
                .policies_of(table.oid)
                .filter(|policy| policy.policy.permissive && policy.asks(command).is_some())
                .collect();
            if policies.len() < 2 {
                continue;
            }
            let (names, roles) = together(context, table, &policies);
            if names.is_empty() {
                continue;
            }
            let message = format!(
                "{} permissive policies admit one role for {}: every row is put to each of them",
                names.len(),
                command.as_str()
            );
            let finding = findings.table(Level::Info, table, message);
            finding.part = Some(command.as_str().to_owned());
            finding.detail.insert("command".to_owned(), json!(command.as_str()));
            finding.detail.insert("policies".to_owned(), json!(names));
            finding.detail.insert("roles".to_owned(), json!(context.role_names(roles)));
        }
    }
    Ok(())
}

/// The policies of which some role has several, by name, and those of their roles that have them.
fn together<'a>(
    context: &Context,
    table: &Table,
    policies: &[&'a ParsedPolicy],
) -> (BTreeSet<&'a str>, Vec<Oid>) {
    let mut names = BTreeSet::new();
    let mut roles = Vec::new();
    let mut named: Vec<Oid> =
        policies.iter().flat_map(|policy| &policy.policy.roles).copied().collect();
    named.sort_by_key(|role| role.to_u32());
    named.dedup();
    // Whoever has the rights of two of these roles comes after them: it is named where they are not.
    let mut others: Vec<Oid> =
        context.bound(table, &named).filter(|role| !named.contains(role)).collect();
    others.sort_by_key(|role| context.role_name(*role));
    let bound = named.iter().copied().filter(|role| !context.exposed.is_exempt(*role, table));
    for role in bound.chain(others) {
        let theirs: Vec<&ParsedPolicy> = policies
            .iter()
            .filter(|policy| context.exposed.applies(&policy.policy.roles, role))
            .copied()
            .collect();
        let news = theirs.iter().any(|policy| !names.contains(policy.policy.name.as_str()));
        if theirs.len() > 1 && (news || named.contains(&role)) {
            names.extend(theirs.iter().map(|policy| policy.policy.name.as_str()));
            roles.push(role);
        }
    }
    (names, roles)
}
