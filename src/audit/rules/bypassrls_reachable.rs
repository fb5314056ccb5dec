//! An exposed role can become one that row security does not bind.
//!
//! Why: No policy holds for a superuser, for a role with BYPASSRLS, nor for the owner of a table
//! whose row security is not forced. An exposed role gets there by being one, by SET ROLE along
//! memberships, by granting itself a membership that it administers (before PostgreSQL 16 with
//! CREATEROLE any but a superuser's), or by inheriting an owner's rights. Found wherever an audited
//! schema holds a table with row security.
//!
//! Fix: Revoke the membership; where it is an owner, force row security.
//!
//! Example:
//! ```sql
//! CREATE ROLE service BYPASSRLS;
//! GRANT service TO authenticated;
//! ```

use std::collections::{BTreeMap, BTreeSet, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::exposed::{Exposed, Grants, Identity, PUBLIC};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Membership, Role, Table};
use crate::error::Error;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "bypassrls_reachable",
    level: Level::Error,
    source: include_str!("bypassrls_reachable.rs"),
    check,
};

/// Until 16 CREATEROLE is the right to grant any role but a superuser.
const CREATEROLE_GRANTS_ALL: bool = cfg!(feature = "pg15");

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let tables: Vec<&Table> = context.protected_tables().collect();
    if tables.is_empty() {
        return Ok(());
    }
    let exposed = &context.exposed;
    let ways = Ways { exposed, grants: Grants::new(&exposed.memberships) };
    for identity in exposed.identities.iter().filter(|identity| identity.role != PUBLIC) {
        let reached = ways.from(identity.role, true);
        let named = |holds: fn(&Role) -> bool| -> BTreeSet<&str> {
            ways.roles(&reached).filter(|role| holds(role)).map(|role| role.name.as_str()).collect()
        };
        let superusers = named(|role| role.superuser);
        let bypass = named(|role| role.bypass_rls && !role.superuser);
        let mut owned: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for table in tables.iter().filter(|table| !table.rls_forced) {
            let owns = |role: &Role| {
                !role.superuser && !role.bypass_rls && exposed.has_rights_of(role.oid, table.owner)
            };
            if ways.roles(&reached).any(owns) {
                owned.entry(context.role_name(table.owner)).or_default().push(table.qualified());
            }
        }
        if superusers.is_empty() && bypass.is_empty() && owned.is_empty() {
            continue;
        }
        let message = "the role can act as one that row security does not bind: no policy holds";
        let finding = findings.role(Level::Error, &identity.name, message.to_owned());
        finding.detail.insert("superusers".to_owned(), json!(superusers));
        finding.detail.insert("bypassrls".to_owned(), json!(bypass));
        finding.detail.insert("owner_of".to_owned(), json!(owned));
        let mut statements = ways.cut(identity);
        statements.extend(
            owned
                .values()
                .flatten()
                .map(|table| format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY;")),
        );
        finding.fix = Some(statements.join("\n"));
    }
    Ok(())
}

struct Ways<'a> {
    exposed: &'a Exposed,
    grants: Grants<'a>,
}

impl Ways<'_> {
    fn roles(&self, oids: &HashSet<Oid>) -> impl Iterator<Item = &Role> {
        oids.iter().filter_map(|oid| self.exposed.roles.get(oid))
    }

    /// The roles that `start` can act as, by the memberships that there are and those that it can
    /// give itself. Where `start` itself is only inherited from, only the latter.
    fn from(&self, start: Oid, acts_as: bool) -> HashSet<Oid> {
        let mut found: HashSet<Oid> = HashSet::new();
        let mut open: Vec<Oid> = Vec::new();
        if acts_as {
            found.insert(start);
            open.push(start);
        } else {
            open.extend(self.grantable(start));
            found.extend(&open);
        }
        while let Some(role) = open.pop() {
            let settable = self.grants.of(role).iter().filter(|grant| grant.set);
            let next: Vec<Oid> =
                settable.map(|grant| grant.role).chain(self.grantable(role)).collect();
            open.extend(next.into_iter().filter(|role| found.insert(*role)));
        }
        found
    }

    /// The roles whose membership `role` can grant.
    fn grantable(&self, role: Oid) -> Vec<Oid> {
        let creates = self.exposed.roles.get(&role).is_some_and(|known| known.create_role);
        if CREATEROLE_GRANTS_ALL && creates {
            let others = self.exposed.roles.values().filter(|other| !other.superuser);
            return others.map(|other| other.oid).collect();
        }
        self.grants
            .reachable(role, |grant| grant.inherit)
            .into_iter()
            .flat_map(|held| self.grants.of(held))
            .filter(|grant| grant.admin)
            .map(|grant| grant.role)
            .collect()
    }

    /// The statements after which the role is bound everywhere that it does not own.
    fn cut(&self, identity: &Identity) -> Vec<String> {
        let harmful = |role: &Role| {
            role.superuser || role.bypass_rls || (CREATEROLE_GRANTS_ALL && role.create_role)
        };
        let name = quote::ident(&identity.name);
        let mut statements = Vec::new();
        if let Some(role) = self.exposed.roles.get(&identity.role) {
            let own = [
                (role.superuser, "NOSUPERUSER"),
                (role.bypass_rls, "NOBYPASSRLS"),
                (CREATEROLE_GRANTS_ALL && role.create_role, "NOCREATEROLE"),
            ];
            let taken: Vec<&str> =
                own.iter().filter(|(has, _)| *has).map(|(_, option)| *option).collect();
            if !taken.is_empty() {
                statements.push(format!("ALTER ROLE {name} {};", taken.join(" ")));
            }
        }
        let mut links: Vec<&Membership> = self
            .grants
            .of(identity.role)
            .iter()
            .filter(|grant| grant.grantor != Oid::INVALID)
            .filter(|grant| {
                let reached = self.from(grant.role, grant.set || grant.admin);
                self.roles(&reached).any(harmful)
            })
            .copied()
            .collect();
        links.sort_by_key(|grant| (grant.role.to_u32(), grant.grantor.to_u32()));
        for grant in links {
            let role = self.exposed.roles.get(&grant.role).map_or("", |role| &role.name);
            // From 16 on each grantor's grant stands for itself.
            let by = match self.exposed.roles.get(&grant.grantor) {
                Some(grantor) if !CREATEROLE_GRANTS_ALL => {
                    format!(" GRANTED BY {}", quote::ident(&grantor.name))
                }
                _ => String::new(),
            };
            statements.push(format!("REVOKE {} FROM {name}{by};", quote::ident(role)));
        }
        statements
    }
}
