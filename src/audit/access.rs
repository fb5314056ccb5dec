//! What exposed roles may do with an object, as evidence and as the REVOKE that ends it.

use std::collections::{BTreeMap, BTreeSet};

use pgrx::pg_sys::Oid;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::exposed::PUBLIC;
use crate::catalog::{Function, Grant, Privilege, Table};
use crate::quote;

/// The exposed roles that reach an audited table, each with its privileges among those wanted, and
/// the columns where a privilege is limited to some.
pub fn open_to(
    context: &Context,
    table: &Table,
    wanted: impl Fn(Privilege) -> bool,
) -> Map<String, Value> {
    reaching(context, table, context.grants(table.schema_oid), context.grants(table.oid), wanted)
}

/// The same for any relation, by the grants on its schema and on itself.
pub fn reaching(
    context: &Context,
    table: &Table,
    on_schema: &[Grant],
    on_table: &[Grant],
    wanted: impl Fn(Privilege) -> bool,
) -> Map<String, Value> {
    let mut found = Map::new();
    for identity in &context.exposed.identities {
        let privileges: Vec<String> = identity
            .reaches(on_schema, on_table)
            .into_iter()
            .filter(|(privilege, _)| wanted(*privilege))
            .map(|(privilege, columns)| {
                let names: Vec<&str> = columns
                    .iter()
                    .filter_map(|number| table.column(*number))
                    .map(|column| column.name.as_str())
                    .collect();
                if names.is_empty() {
                    privilege.as_str().to_owned()
                } else {
                    format!("{} ({})", privilege.as_str(), names.join(", "))
                }
            })
            .collect();
        if !privileges.is_empty() {
            found.insert(identity.name.clone(), json!(privileges));
        }
    }
    found
}

/// The statements that take the wanted privileges on a relation from exposed roles and from those
/// whose rights they use. Nothing where a REVOKE would not end it: the owner and superusers need no
/// grant.
pub fn revoke(
    context: &Context,
    table: &Table,
    grants: &[Grant],
    wanted: impl Fn(Privilege) -> bool,
) -> Option<String> {
    let mut revoked: BTreeMap<Revoke, BTreeMap<Privilege, BTreeSet<i16>>> = BTreeMap::new();
    for grant in grants.iter().filter(|grant| wanted(grant.privilege)) {
        if !context.exposed.includes(&[grant.grantee]) {
            continue;
        }
        if grant.grantee == table.owner {
            return None;
        }
        let revoke = Revoke::of(context, table.owner, grants, grant)?;
        let privileges = revoked.entry(revoke).or_default();
        privileges.entry(grant.privilege).or_default().insert(grant.column);
    }
    let mut statements = Vec::new();
    for (revoke, privileges) in revoked {
        let listed: Vec<String> = privileges
            .iter()
            .map(|(privilege, columns)| {
                // Revoking a privilege on the table takes it from each column, too.
                let names: Vec<String> = columns
                    .iter()
                    .filter(|_| !columns.contains(&0))
                    .filter_map(|number| table.column(*number))
                    .map(|column| quote::ident(&column.name))
                    .collect();
                if names.is_empty() {
                    privilege.as_str().to_owned()
                } else {
                    format!("{} ({})", privilege.as_str(), names.join(", "))
                }
            })
            .collect();
        statements.push(revoke.statement(&listed.join(", "), &table.qualified()));
    }
    (!statements.is_empty()).then(|| statements.join("\n"))
}

/// The statements that take EXECUTE of a function from exposed roles and from those whose rights
/// they use. Nothing where one is the owner.
pub fn revoke_execute(context: &Context, function: &Function, grants: &[Grant]) -> Option<String> {
    let mut revoked: BTreeSet<Revoke> = BTreeSet::new();
    for grant in grants.iter().filter(|grant| grant.privilege == Privilege::Execute) {
        if !context.exposed.includes(&[grant.grantee]) {
            continue;
        }
        if grant.grantee == function.owner {
            return None;
        }
        revoked.insert(Revoke::of(context, function.owner, grants, grant)?);
    }
    let statements: Vec<String> =
        revoked.iter().map(|revoke| revoke.statement("EXECUTE", &function.as_object())).collect();
    (!statements.is_empty()).then(|| statements.join("\n"))
}

/// From whom a privilege is revoked so that a grant ends.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Revoke {
    grantee: String,
    /// The grant comes from somebody who was only allowed to pass it on: that is revoked, and what
    /// was passed on goes with it.
    passed_on: bool,
    /// The grantee passed it on itself.
    passes_on: bool,
}

impl Revoke {
    /// What the owner of the object, or a superuser in its place, revokes to end `grant`. Nothing
    /// where the way back to the owner is lost.
    pub fn of(context: &Context, owner: Oid, grants: &[Grant], grant: &Grant) -> Option<Self> {
        let mut at = grant;
        let mut steps = 0;
        while at.grantor != owner {
            at = grants.iter().find(|from| {
                from.grantee == at.grantor
                    && from.privilege == grant.privilege
                    && (from.column == 0 || from.column == grant.column)
            })?;
            steps += 1;
            if steps > grants.len() {
                return None;
            }
        }
        Some(Self {
            grantee: grantee(context, at),
            passed_on: steps > 0,
            passes_on: grants
                .iter()
                .any(|other| other.grantor == at.grantee && other.privilege == at.privilege),
        })
    }

    /// The statement, for privileges and an object as REVOKE names them.
    pub fn statement(&self, privileges: &str, object: &str) -> String {
        let option = if self.passed_on { "GRANT OPTION FOR " } else { "" };
        let cascade = if self.passes_on { " CASCADE" } else { "" };
        format!("REVOKE {option}{privileges} ON {object} FROM {}{cascade};", self.grantee)
    }
}

/// Who holds a grant, as GRANT and REVOKE name it.
pub fn grantee(context: &Context, grant: &Grant) -> String {
    if grant.grantee == PUBLIC {
        "PUBLIC".to_owned()
    } else {
        quote::ident(&context.role_name(grant.grantee))
    }
}
