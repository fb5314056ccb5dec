//! What exposed roles may do with an object, as evidence and as the REVOKE that ends it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::context::Context;
use super::exposed::PUBLIC;
use crate::catalog::{Grant, Privilege, Table};
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
    let mut by_grantee: BTreeMap<String, BTreeMap<Privilege, BTreeSet<i16>>> = BTreeMap::new();
    for grant in grants.iter().filter(|grant| wanted(grant.privilege)) {
        if !context.exposed.includes(&[grant.grantee]) {
            continue;
        }
        if grant.grantee == table.owner {
            return None;
        }
        by_grantee
            .entry(grantee(context, grant))
            .or_default()
            .entry(grant.privilege)
            .or_default()
            .insert(grant.column);
    }
    let mut statements = Vec::new();
    for (grantee, privileges) in by_grantee {
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
        statements.push(format!(
            "REVOKE {} ON {} FROM {grantee};",
            listed.join(", "),
            table.qualified()
        ));
    }
    (!statements.is_empty()).then(|| statements.join("\n"))
}

/// Who holds a grant, as GRANT and REVOKE name it.
pub fn grantee(context: &Context, grant: &Grant) -> String {
    if grant.grantee == PUBLIC {
        "PUBLIC".to_owned()
    } else {
        quote::ident(&context.role_name(grant.grantee))
    }
}
