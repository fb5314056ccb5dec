//! Default privileges open every new table to an exposed role.
//!
//! Why: A table has no row security when it is created. Where default privileges grant rights on
//! tables to an exposed role, each new table is open from its first moment until somebody thinks of
//! row security.
//!
//! Fix: Revoke them, and grant what each table needs once it is protected.
//!
//! Example:
//! ```sql
//! ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated;
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::audit::access;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Grant, default_acl};
use crate::error::Error;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "default_privileges_open",
    level: Level::Warning,
    source: include_str!("default_privileges_open.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for acl in default_acl::for_tables()? {
        let audited = acl
            .schema
            .as_ref()
            .is_none_or(|schema| context.schemas.iter().any(|known| known.oid == schema.oid));
        // What the role grants itself is what it has as the owner anyway.
        let open: Vec<Grant> = acl
            .grants
            .iter()
            .filter(|grant| grant.grantee != acl.role)
            .filter(|grant| context.exposed.includes(&[grant.grantee]))
            .copied()
            .collect();
        if !audited || open.is_empty() {
            continue;
        }
        let mut open_to = Map::new();
        for identity in &context.exposed.identities {
            let privileges: BTreeSet<_> = open
                .iter()
                .filter(|grant| identity.holds(grant.grantee))
                .map(|grant| grant.privilege)
                .collect();
            if !privileges.is_empty() {
                let names: Vec<&str> =
                    privileges.iter().map(|privilege| privilege.as_str()).collect();
                open_to.insert(identity.name.clone(), json!(names));
            }
        }
        let role = context.role_name(acl.role);
        let schema = acl.schema.as_ref().map(|schema| schema.name.as_str());
        let place = schema.map_or("the database".to_owned(), |name| format!("schema {name}"));
        let message =
            format!("every table that {role} creates in {place} is open to exposed roles at once");
        let finding = findings.default_acl(Level::Warning, schema, &role, message);
        finding.detail.insert("open_to".to_owned(), Value::Object(open_to));
        finding.fix = Some(revoke(context, &role, schema, &open));
    }
    Ok(())
}

fn revoke(context: &Context, role: &str, schema: Option<&str>, open: &[Grant]) -> String {
    let mut by_grantee: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
    for grant in open {
        by_grantee.entry(access::grantee(context, grant)).or_default().insert(grant.privilege);
    }
    let place = schema.map_or(String::new(), |name| format!(" IN SCHEMA {}", quote::ident(name)));
    let statements: Vec<String> = by_grantee
        .into_iter()
        .map(|(grantee, privileges)| {
            let names: Vec<&str> = privileges.iter().map(|privilege| privilege.as_str()).collect();
            format!(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {}{place} REVOKE {} ON TABLES FROM {grantee};",
                quote::ident(role),
                names.join(", ")
            )
        })
        .collect();
    statements.join("\n")
}
