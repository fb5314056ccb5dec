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

use std::collections::{BTreeMap, HashMap};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{AT_ONCE, Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::policy::{self, Trees};
use crate::catalog::{Command, Table};
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

/// What a policy is for: all that tells policies of a table apart but names and conditions.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Purpose {
    permissive: bool,
    command: &'static str,
    roles: Vec<u32>,
}

impl Purpose {
    fn of(policy: &ParsedPolicy) -> Self {
        let policy = &policy.policy;
        let mut roles: Vec<u32> = policy.roles.iter().map(|role: &Oid| role.to_u32()).collect();
        roles.sort_unstable();
        Self { permissive: policy.permissive, command: policy.command.as_str(), roles }
    }
}

/// The conditions of a policy.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Conditions {
    using: Option<String>,
    check: Option<String>,
}

impl Conditions {
    fn of(policy: &ParsedPolicy, (using, check): &Trees) -> Self {
        let using = using.as_deref().map(without_locations);
        let check = check.as_deref().map(without_locations);
        let implied = matches!(policy.policy.command, Command::All | Command::Update);
        Self { check: if implied { check.or_else(|| using.clone()) } else { check }, using }
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for tables in context.tables.chunks(AT_ONCE) {
        let groups: Vec<(&Table, Vec<&ParsedPolicy>)> = tables
            .iter()
            .flat_map(|table| groups(context, table).into_iter().map(move |group| (table, group)))
            .collect();
        let oids: Vec<Oid> =
            groups.iter().flat_map(|(_, group)| group).map(|policy| policy.policy.oid).collect();
        let trees = policy::trees(&oids)?;
        for (table, group) in &groups {
            report(findings, table, group, &trees);
        }
    }
    Ok(())
}

/// The policies of a table that are for the same, where there are several.
fn groups<'a>(context: &'a Context, table: &Table) -> Vec<Vec<&'a ParsedPolicy>> {
    let mut by_purpose: BTreeMap<Purpose, Vec<&ParsedPolicy>> = BTreeMap::new();
    for policy in context.policies_of(table.oid) {
        by_purpose.entry(Purpose::of(policy)).or_default().push(policy);
    }
    by_purpose.into_values().filter(|policies| policies.len() > 1).collect()
}

/// Among policies for the same.
fn report(
    findings: &mut Findings<'_>,
    table: &Table,
    policies: &[&ParsedPolicy],
    trees: &HashMap<Oid, Trees>,
) {
    let mut alike: BTreeMap<Conditions, &ParsedPolicy> = BTreeMap::new();
    // By name: the first of several is the one to keep.
    for policy in policies {
        let Some(trees) = trees.get(&policy.policy.oid) else { continue };
        let first = *alike.entry(Conditions::of(policy, trees)).or_insert(policy);
        if first.index != policy.index {
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
}
