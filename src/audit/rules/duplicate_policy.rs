//! Two policies of a table are the same.
//!
//! Why: The same condition for the same command, roles and kind: the second changes nothing, costs
//! another look at every row, and stays behind when the first is changed. Conditions are compared as
//! the server understands them, whatever they look like; a WITH CHECK that repeats USING counts as
//! one left out.
//!
//! Fix: Drop one of them.
//!
//! Example:
//! ```sql
//! CREATE POLICY own ON notes USING (owner_id = auth.uid());
//! CREATE POLICY mine ON notes USING (owner_id = auth.uid());
//! ```

use std::collections::BTreeMap;

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Command;
use crate::error::Error;
use crate::expr::without_locations;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "duplicate_policy",
    level: Level::Info,
    source: include_str!("duplicate_policy.rs"),
    check,
};

/// All that tells policies of a table apart but their names.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Meaning {
    permissive: bool,
    command: &'static str,
    roles: Vec<u32>,
    using: Option<String>,
    check: Option<String>,
}

impl Meaning {
    fn of(policy: &ParsedPolicy) -> Self {
        let policy = &policy.policy;
        let mut roles: Vec<u32> = policy.roles.iter().map(|role: &Oid| role.to_u32()).collect();
        roles.sort_unstable();
        let using = policy.using.as_deref().map(without_locations);
        let check = policy.check.as_deref().map(without_locations);
        let implied = matches!(policy.command, Command::All | Command::Update);
        Self {
            permissive: policy.permissive,
            command: policy.command.as_str(),
            roles,
            check: if implied { check.or_else(|| using.clone()) } else { check },
            using,
        }
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in &context.tables {
        let mut alike: BTreeMap<Meaning, &ParsedPolicy> = BTreeMap::new();
        // By name: the first of several is the one to keep.
        for policy in context.policies_of(table.oid) {
            let first = *alike.entry(Meaning::of(policy)).or_insert(policy);
            if first.index == policy.index {
                continue;
            }
            let message = format!(
                "the policy is the same as {}: it changes nothing",
                quote::ident(&first.policy.name)
            );
            let finding = findings.policy(Level::Info, table, policy, message);
            finding.detail.insert("same_as".to_owned(), json!(first.policy.name));
            finding.fix = Some(format!(
                "DROP POLICY {} ON {};",
                quote::ident(&policy.policy.name),
                table.qualified()
            ));
        }
    }
    Ok(())
}
