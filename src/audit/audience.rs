//! Whom a policy is for, and what a table's policies give them.

use std::collections::HashMap;

use pgrx::pg_sys::Oid;

use super::context::{Context, ParsedPolicy};
use super::exposed::PUBLIC;
use crate::catalog::{Command, Grant, Privilege, Table};
use crate::expr::Expr;
use crate::expr::truth::{Opaque, Truth, truth};

/// Roles below are the server's own, which nobody works as; the one superuser among them is exempt
/// from row security anyway.
const FIRST_USER_ROLE: u32 = 16384;

/// The roles of the server that hold SELECT, or what changes rows, on every table; their ids are
/// fixed.
const PG_READ_ALL_DATA: u32 = 6181;
const PG_WRITE_ALL_DATA: u32 = 6182;

impl ParsedPolicy {
    /// What the policy asks of a row that a command reads or, for INSERT, adds; nothing where it has
    /// no say in the command.
    pub fn asks(&self, command: Command) -> Option<&Expr> {
        if !self.policy.command.covers(command) {
            return None;
        }
        match command {
            Command::Insert => self.effective_check(),
            _ => self.using.as_ref(),
        }
    }

    /// The policy is for everybody.
    pub fn is_for_public(&self) -> bool {
        self.policy.roles.contains(&PUBLIC)
    }
}

/// Who gets anything from a table's policies for one command.
pub struct Gate<'a> {
    /// The permissive policies that can be true.
    open: Vec<&'a ParsedPolicy>,
    /// The restrictive ones that never are.
    shut: Vec<&'a ParsedPolicy>,
}

impl Gate<'_> {
    /// Some row may pass for a role that row security binds.
    pub fn admits(&self, context: &Context, role: Oid) -> bool {
        let applies = |policy: &&ParsedPolicy| context.exposed.applies(&policy.policy.roles, role);
        self.open.iter().any(applies) && !self.shut.iter().any(applies)
    }

    /// Nobody gets anything.
    pub fn is_shut(&self) -> bool {
        self.open.is_empty()
    }
}

impl Context {
    /// Everybody that the row security of a table binds and that has the rights of one of `roles`:
    /// each such role of the cluster, and PUBLIC where it is among them, for roles to come.
    pub fn bound<'a>(
        &'a self,
        table: &'a Table,
        roles: &'a [Oid],
    ) -> impl Iterator<Item = Oid> + 'a {
        let public = roles.contains(&PUBLIC).then_some(PUBLIC);
        let heirs = self.on_demand.heirs.get_or_init(|| {
            let mut heirs: HashMap<Oid, Vec<Oid>> = HashMap::new();
            for (role, held) in self.exposed.rights() {
                if role.to_u32() >= FIRST_USER_ROLE {
                    heirs.entry(PUBLIC).or_default().push(role);
                    held.iter().for_each(|other| heirs.entry(*other).or_default().push(role));
                }
            }
            heirs
        });
        // Everybody has what is for PUBLIC, and nobody comes twice.
        let of: &[Oid] = if public.is_some() { &[PUBLIC] } else { roles };
        let named = of
            .iter()
            .enumerate()
            .flat_map(|(at, role)| {
                heirs.get(role).into_iter().flatten().map(move |heir| (at, heir))
            })
            .filter(move |(at, heir)| {
                !self.exposed.applies(of.get(..*at).unwrap_or_default(), **heir)
                    && !self.exposed.is_exempt(**heir, table)
            })
            .map(|(_, heir)| *heir);
        public.into_iter().chain(named)
    }

    /// The role holds the privilege on an object of these grants, or on some column of it.
    pub fn holds(&self, role: Oid, grants: &[Grant], privilege: Privilege) -> bool {
        self.holds_everywhere(role, privilege)
            || grants.iter().any(|grant| {
                grant.privilege == privilege
                    && (grant.grantee == PUBLIC || self.has_rights_of(role, grant.grantee))
            })
    }

    /// The role holds the privilege on each of these columns, or on the whole.
    pub fn holds_columns(
        &self,
        role: Oid,
        grants: &[Grant],
        privilege: Privilege,
        columns: &[i16],
    ) -> bool {
        let held = |column: i16| {
            grants.iter().any(|grant| {
                grant.privilege == privilege
                    && (grant.column == 0 || grant.column == column)
                    && (grant.grantee == PUBLIC || self.has_rights_of(role, grant.grantee))
            })
        };
        self.holds_everywhere(role, privilege)
            || (!columns.is_empty() && columns.iter().all(|column| held(*column)))
            // Reading no column takes the right to read any.
            || (columns.is_empty() && self.holds(role, grants, privilege))
    }

    /// By a role of the server that holds the privilege on every table.
    fn holds_everywhere(&self, role: Oid, privilege: Privilege) -> bool {
        let through = match privilege {
            Privilege::Select => PG_READ_ALL_DATA,
            Privilege::Insert | Privilege::Update | Privilege::Delete => PG_WRITE_ALL_DATA,
            _ => return false,
        };
        self.has_rights_of(role, Oid::from_u32(through))
    }

    fn has_rights_of(&self, role: Oid, other: Oid) -> bool {
        role != PUBLIC && self.exposed.has_rights_of(role, other)
    }

    /// What a table's policies for a command come to.
    pub fn gate<'a>(
        &self,
        policies: &[&'a ParsedPolicy],
        table: &Table,
        command: Command,
    ) -> Gate<'a> {
        let mut gate = Gate { open: Vec::new(), shut: Vec::new() };
        for policy in policies {
            let Some(clause) = policy.asks(command) else { continue };
            let open = truth(self, table.oid, clause, Opaque::Anything).can_be(Truth::TRUE);
            match (policy.policy.permissive, open) {
                (true, true) => gate.open.push(policy),
                (false, false) => gate.shut.push(policy),
                _ => {}
            }
        }
        gate
    }

    /// Names of roles, in order.
    pub fn role_names(&self, roles: impl IntoIterator<Item = Oid>) -> Vec<String> {
        let mut names: Vec<String> = roles.into_iter().map(|role| self.role_name(role)).collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Context {
    /// The roles that come to a policy: bound by row security, and holding the privilege that its
    /// command needs. A privilege of PUBLIC's is used by the exposed roles.
    pub fn users_of(&self, table: &Table, policy: &ParsedPolicy) -> Vec<Oid> {
        let grants = self.grants(table.oid);
        let uses = |role: Oid| {
            Command::SINGLE.into_iter().any(|command| {
                policy.policy.command.covers(command)
                    && self.holds(role, grants, Privilege::for_command(command))
            })
        };
        let roles = &policy.policy.roles;
        let mut found: Vec<Oid> = if policy.is_for_public() && uses(PUBLIC) {
            let named: Vec<Oid> = self
                .exposed
                .identities
                .iter()
                .map(|identity| identity.role)
                .filter(|role| *role != PUBLIC && !self.exposed.is_exempt(*role, table))
                .collect();
            if named.is_empty() { vec![PUBLIC] } else { named }
        } else if policy.is_for_public() {
            self.bound(table, roles).filter(|role| uses(*role)).collect()
        } else {
            roles
                .iter()
                .copied()
                .filter(|role| !self.exposed.is_exempt(*role, table) && uses(*role))
                .collect()
        };
        found.sort_by_key(|role| self.role_name(*role));
        found
    }
}
