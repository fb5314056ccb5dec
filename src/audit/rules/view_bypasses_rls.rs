//! A view shows rows that policies hide.
//!
//! Why: A view reads and writes its tables with its owner's rights, so it is the owner whom row
//! security must bind, not the caller. An owner that is a superuser, has BYPASSRLS or owns the table
//! without FORCE sees every row, and so does everybody who may use the view. So does any owner
//! where the view names a partition or child whose own row security is off: the parent's policies
//! are not asked. Views below are followed, except those with security_invoker: they are read with
//! the caller's rights. Rules on a view act with its owner's rights, whatever security_invoker says.
//!
//! Fix: Let the view be read with the caller's rights; the caller then needs privileges on what is
//! below. A view that policies read is left to a person: with the caller's rights its tables ask
//! their policies again, which may be the same ones.
//!
//! Example:
//! ```sql
//! CREATE VIEW all_notes AS SELECT * FROM notes;
//! GRANT SELECT ON all_notes TO authenticated;
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::reads::Bodies;
use crate::audit::rule::{Level, Rule};
use crate::audit::views::{Reach, Views};
use crate::catalog::{self, Kind};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "view_bypasses_rls",
    level: Level::Error,
    source: include_str!("view_bypasses_rls.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let (views, family) = (context.views()?, context.family()?);
    let reached: Vec<(&str, HashMap<Oid, Reach>)> = context
        .exposed
        .identities
        .iter()
        .map(|identity| (identity.name.as_str(), views.reached(context, identity)))
        .collect();
    let asked = read_by_policies(context, views)?;
    for view in views.audited(context, Kind::View) {
        let mut tables: BTreeSet<String> = BTreeSet::new();
        let mut open_to: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut through: BTreeSet<&String> = BTreeSet::new();
        for (name, reached) in &reached {
            let Some(reach) = reached.get(&view.oid) else { continue };
            let leaks = views.leaks(context, family, view.oid, &reach.itself);
            if !leaks.is_empty() {
                tables.extend(leaks);
                open_to.insert(
                    name,
                    reach.itself.keys().map(|privilege| privilege.as_str()).collect(),
                );
                through.extend(&reach.through);
            }
        }
        if tables.is_empty() {
            continue;
        }
        let owner = context.role_name(view.owner);
        let listed = Vec::from_iter(tables.iter().map(String::as_str)).join(", ");
        let message = format!(
            "the view works with its owner's rights and goes around the row security of {listed}"
        );
        let finding = findings.table(Level::Error, view, message);
        finding.detail.insert("owner".to_owned(), json!(owner));
        finding.detail.insert("tables".to_owned(), json!(tables));
        finding.detail.insert("open_to".to_owned(), json!(open_to));
        if !through.is_empty() {
            finding.detail.insert("through".to_owned(), json!(through));
        }
        // A rule keeps the owner's rights: what to do in its place is for a person to say. So is what
        // becomes of a view that a policy reads so as not to lead back to itself.
        if !views.is_invoker(view.oid) && !asked.contains(&view.oid) {
            finding.fix =
                Some(format!("ALTER VIEW {} SET (security_invoker = true);", view.qualified()));
        }
    }
    Ok(())
}

/// The relations that policies read, by themselves, through views or in the bodies of functions.
fn read_by_policies(context: &Context, views: &Views) -> Result<HashSet<Oid>, Error> {
    let mut read = catalog::view::read_by_policies()?;
    let mut open: Vec<Oid> = context
        .policies
        .iter()
        .flat_map(|policy| {
            let reads = context.policy_reads(policy, Bodies::All);
            reads.relations().collect::<Vec<_>>()
        })
        .collect();
    while let Some(relation) = open.pop() {
        if read.insert(relation) {
            open.extend(views.below(relation));
        }
    }
    Ok(read)
}
