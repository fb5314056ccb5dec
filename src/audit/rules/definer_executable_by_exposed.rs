//! An exposed role may call a SECURITY DEFINER function that row security does not bind.
//!
//! Why: The function runs as its owner. Where that is a superuser, has BYPASSRLS or owns a table
//! that the body reaches without FORCE, the function's own conditions are all that stands between
//! the caller and every row. A body that cannot be read, as in PL/pgSQL or C, counts where some
//! table's row security does not bind the owner. EXECUTE belongs to PUBLIC unless it is revoked.
//!
//! Fix: Revoke EXECUTE from exposed roles. Where they need it, read the function and say so:
//! COMMENT ON FUNCTION ... IS 'rowguard:reviewed <who>: <why>'. They do where a policy, view or
//! other stored expression calls it, which runs with the caller's rights: no REVOKE is printed then.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION all_notes() RETURNS SETOF notes LANGUAGE sql SECURITY DEFINER
//!   SET search_path = public, pg_temp AS 'SELECT * FROM notes';
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::access;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::reads::Bodies;
use crate::audit::review;
use crate::audit::routines::Reach;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{self, Function, Privilege, Table};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "definer_executable_by_exposed",
    level: Level::Warning,
    source: include_str!("definer_executable_by_exposed.rs"),
    check,
};

/// A function that exposed roles may call, by their names, and what it reaches.
struct Candidate<'a> {
    function: &'a Function,
    open_to: Vec<&'a str>,
    reach: Reach,
}

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let candidates: Vec<Candidate<'_>> = context
        .audited_functions()
        .filter(|function| function.security_definer && !function.for_triggers)
        .filter(|function| function.comment.as_deref().and_then(review::in_comment).is_none())
        .filter_map(|function| {
            let open_to = open_to(context, function);
            (!open_to.is_empty()).then(|| Candidate {
                function,
                open_to,
                reach: context.reads_relations(function.oid),
            })
        })
        .collect();
    if candidates.is_empty() {
        return Ok(());
    }
    let views = context.views()?;
    let unknown: HashSet<Oid> = candidates
        .iter()
        .flat_map(|candidate| &candidate.reach.relations)
        .map(|reached| reached.relation)
        .filter(|oid| views.relation(context, *oid).is_none())
        .collect();
    let others: HashMap<Oid, Table> = catalog::table::by_oids(&Vec::from_iter(unknown))?
        .into_iter()
        .map(|table| (table.oid, table))
        .collect();

    let needed = needed(context, &candidates)?;
    for Candidate { function, open_to, reach } in candidates {
        let mut tables: BTreeSet<String> = BTreeSet::new();
        for reached in &reach.relations {
            let Some(reader) = reached.as_owner else { continue };
            match others.get(&reached.relation) {
                Some(table) if table.rls_enabled && context.exposed.is_exempt(reader, table) => {
                    tables.insert(table.qualified());
                }
                Some(_) => {}
                None => tables.extend(views.exempt_below(context, reached.relation, reader)),
            }
        }
        let owner = context.role_name(function.owner);
        let exempt = |table: &&Table| context.exposed.is_exempt(function.owner, table);
        let message = if !tables.is_empty() {
            format!(
                "exposed roles may call it, and it works past the row security of {}",
                Vec::from_iter(tables.iter().map(String::as_str)).join(", ")
            )
        } else if reach.incomplete && context.protected_tables().any(|table| exempt(&table)) {
            format!(
                "exposed roles may call it, its body cannot be read in full, and row security does \
                 not bind its owner {owner}"
            )
        } else {
            continue;
        };
        let finding = findings.function(Level::Warning, function, message);
        finding.detail.insert("owner".to_owned(), json!(owner));
        finding.detail.insert("open_to".to_owned(), json!(open_to));
        finding.detail.insert("tables".to_owned(), json!(tables));
        finding.detail.insert("language".to_owned(), json!(function.language));
        if !needed.contains(&function.oid) {
            finding.fix = access::revoke_execute(context, function, context.grants(function.oid));
        }
    }
    Ok(())
}

/// The functions that queries of the exposed roles call without naming them.
fn needed(context: &Context, candidates: &[Candidate<'_>]) -> Result<HashSet<Oid>, Error> {
    let oids: Vec<Oid> = candidates.iter().map(|candidate| candidate.function.oid).collect();
    let mut needed = catalog::function::stored_calls(&oids)?;
    for policy in &context.policies {
        needed.extend(context.policy_reads(policy, Bodies::Invoker).functions());
    }
    Ok(needed)
}

fn open_to<'a>(context: &'a Context, function: &Function) -> Vec<&'a str> {
    let on_schema = context.grants(function.schema_oid);
    let on_function = context.grants(function.oid);
    context
        .exposed
        .identities
        .iter()
        .filter(|identity| {
            identity.reaches(on_schema, on_function).contains_key(&Privilege::Execute)
        })
        .map(|identity| identity.name.as_str())
        .collect()
}
