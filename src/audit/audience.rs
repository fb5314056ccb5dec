//! Whom a policy is for, and what a table's policies give them.

use pgrx::pg_sys::Oid;

use super::context::{Context, ParsedPolicy};
use super::exposed::PUBLIC;
use crate::catalog::{Command, Grant, Privilege, Table};
use crate::expr::Expr;
use crate::expr::truth::{Opaque, Truth, truth};

/// Roles below are the server's own, which nobody works as; the one superuser among them is exempt
/// from row security anyway.
const FIRST_USER_ROLE: u32 = 16384;

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

impl Context {
    /// Everybody that the row security of a table binds and that has the rights of one of `roles`:
    /// each such role of the cluster, and PUBLIC where it is among them, for roles to come.
    pub fn bound<'a>(
        &'a self,
        table: &'a Table,
        roles: &'a [Oid],
    ) -> impl Iterator<Item = Oid> + 'a {
        let public = roles.contains(&PUBLIC).then_some(PUBLIC);
        let named = self.exposed.roles.keys().copied().filter(move |role| {
            role.to_u32() >= FIRST_USER_ROLE
                && self.exposed.applies(roles, *role)
                && !self.exposed.is_exempt(*role, table)
        });
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
            Privilege::Select => "pg_read_all_data",
            Privilege::Insert | Privilege::Update | Privilege::Delete => "pg_write_all_data",
            _ => return false,
        };
        self.exposed
            .roles
            .values()
            .any(|known| known.name == through && self.has_rights_of(role, known.oid))
    }

    fn has_rights_of(&self, role: Oid, other: Oid) -> bool {
        role != PUBLIC && self.exposed.has_rights_of(role, other)
    }

    /// The policies let some row pass for a command of a role that they bind: a permissive one that
    /// applies can be true, and each restrictive one, too.
    pub fn admits(
        &self,
        policies: &[&ParsedPolicy],
        table: &Table,
        command: Command,
        role: Oid,
    ) -> bool {
        let can_be_true =
            |clause: &Expr| truth(self, table.oid, clause, Opaque::Anything).can_be(Truth::TRUE);
        let mut applying = policies.iter().filter_map(|policy| {
            let clause = policy.asks(command)?;
            self.exposed
                .applies(&policy.policy.roles, role)
                .then_some((policy.policy.permissive, clause))
        });
        let (permissive, restrictive): (Vec<_>, Vec<_>) =
            applying.by_ref().partition(|(permissive, _)| *permissive);
        permissive.iter().any(|(_, clause)| can_be_true(clause))
            && restrictive.iter().all(|(_, clause)| can_be_true(clause))
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
