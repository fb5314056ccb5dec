//! The table's owner is not bound by its row security.
//!
//! Why: Without FORCE the policies are not applied to the owner, nor to any role that inherits its
//! rights. For information where the owner is only what migrations run as; a warning where the
//! owner may log in or an exposed role can act as it or has its rights. Owners that are superusers
//! or have BYPASSRLS do not count: FORCE does not bind them.
//!
//! Fix: Force row security, and give the owner a policy where it works with the rows. Where views or
//! SECURITY DEFINER functions work with its rights, forced row security binds them too, and a policy
//! that calls one may lead back to itself: that is left to a person.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! ALTER TABLE notes OWNER TO app_login, ENABLE ROW LEVEL SECURITY;
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::reads::Opaque;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Table;
use crate::error::Error;

/// So many functions that may reach any table are named for an owner.
const MAX_NAMES: usize = 20;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "force_rls_missing",
    level: Level::Warning,
    source: include_str!("force_rls_missing.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let tables: Vec<&Table> = context
        .protected_tables()
        .filter(|table| !table.rls_forced && !context.exposed.is_exempt_everywhere(table.owner))
        .collect();
    let mut works_as_owner = works_as_owner(context, &tables)?;
    for table in tables {
        let works_as_owner = works_as_owner.remove(&table.qualified()).unwrap_or_default();
        let login = context.exposed.roles.get(&table.owner).is_some_and(|role| role.login);
        let exposed: Vec<&str> = context
            .exposed
            .identities
            .iter()
            .filter(|identity| identity.holds(table.owner))
            .map(|identity| identity.name.as_str())
            .collect();
        let owner = context.role_name(table.owner);
        let level = if login || !exposed.is_empty() { Level::Warning } else { Level::Info };
        let message = format!("row security does not bind the owner {owner}");
        let finding = findings.table(level, table, message);
        finding.detail.insert("owner".to_owned(), json!(owner));
        finding.detail.insert("owner_may_log_in".to_owned(), json!(login));
        finding.detail.insert("exposed".to_owned(), json!(exposed));
        if works_as_owner.is_empty() {
            finding.fix =
                Some(format!("ALTER TABLE {} FORCE ROW LEVEL SECURITY;", table.qualified()));
        } else {
            finding.detail.insert("works_as_owner".to_owned(), json!(works_as_owner));
        }
    }
    Ok(())
}

/// By table: the views and SECURITY DEFINER functions that reach it past its policies because their
/// owner owns it. Forced, they would be bound, and policies that call them may lead back.
fn works_as_owner(
    context: &Context,
    tables: &[&Table],
) -> Result<HashMap<String, BTreeSet<String>>, Error> {
    let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
    if tables.is_empty() {
        return Ok(found);
    }
    let (views, world) = (context.views()?, context.world()?);
    let owners: HashSet<Oid> = tables.iter().map(|table| table.owner).collect();
    let is_owner = |role: Oid| {
        !context.exposed.is_exempt_everywhere(role)
            && owners.iter().any(|owner| context.exposed.has_rights_of(role, *owner))
    };
    for view in views.all().filter(|view| !views.is_invoker(*view)) {
        let Some(known) = views.relation(context, view) else { continue };
        if !is_owner(known.owner) {
            continue;
        }
        let below = views
            .below(view)
            .filter_map(|oid| views.relation(context, oid))
            .filter(|table| context.exposed.is_exempt(known.owner, table));
        let mut reached = views.exempt_below(context, view, known.owner);
        // A materialized view is filled as its owner.
        reached.extend(below.map(Table::qualified));
        for table in reached {
            found.entry(table).or_default().insert(known.qualified());
        }
    }
    // What those that run any statement reach: whatever their owner owns.
    let mut of_anything: HashMap<Oid, BTreeSet<String>> = HashMap::new();
    for function in context.routines.all().filter(|function| function.security_definer) {
        if !is_owner(function.owner) {
            continue;
        }
        let reach = context.reads_relations(function.oid);
        let mut reached: BTreeSet<String> = BTreeSet::new();
        for at in &reach.relations {
            let Some(reader) = at.as_owner else { continue };
            reached.extend(views.exempt_below(context, at.relation, reader));
        }
        match &*world.opaque(function.oid) {
            Opaque::Nothing => {}
            Opaque::Anything => {
                let names = of_anything.entry(function.owner).or_default();
                if names.len() < MAX_NAMES {
                    names.insert(function.qualified());
                }
            }
            words => reached.extend(
                world
                    .named(words)
                    .into_iter()
                    .filter(|table| context.exposed.is_exempt(function.owner, table))
                    .map(Table::qualified),
            ),
        }
        for table in reached {
            found.entry(table).or_default().insert(function.qualified());
        }
    }
    for table in tables {
        for (owner, names) in &of_anything {
            if context.exposed.is_exempt(*owner, table) {
                found.entry(table.qualified()).or_default().extend(names.iter().cloned());
            }
        }
    }
    Ok(found)
}
