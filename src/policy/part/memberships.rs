//! The registration by which the policies of a set may read memberships.

use pgrx::pg_sys::Oid;

use crate::error::{Error, MembershipError};
use crate::policy::managed::Existing;
use crate::policy::membership::Membership;
use crate::policy::membership_registry::Registration;
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;
use crate::quote;

const KIND: &str = "memberships";

/// What the policies of a set read, in the order of its arguments.
pub struct DesiredMemberships {
    /// What is read.
    pub memberships: Vec<Membership>,
    /// Whose each junction is.
    pub owners: Vec<Oid>,
}

impl DesiredMemberships {
    /// What is registered is compared with what shall be, and registered anew where it differs.
    pub fn plan(&self, set: &Template<'_>, existing: &Existing) -> Result<Step, Error> {
        let tbl = set.target.table.oid;
        let mut wanted: Vec<Registration> = Vec::new();
        for (what, owner) in self.memberships.iter().zip(&self.owners) {
            let new =
                Registration::new(tbl, set.name(), set.template.to_owned(), *owner, what.clone());
            // Two levels may ask the same.
            if !wanted.iter().any(|known| known.same(&new)) {
                wanted.push(new);
            }
        }
        let found = existing.registrations(&set.name())?;
        if found.iter().any(|found| found.template != set.template) {
            return Err(MembershipError::NotOurs(set.name()).into());
        }
        let object = objects(&wanted);
        if found.len() == wanted.len()
            && found.iter().zip(&wanted).all(|(found, wanted)| found.same(wanted))
        {
            return Ok(Step::unchanged(KIND, object));
        }
        let action = if found.is_empty() { Action::Create } else { Action::Alter };
        let mut statements = Vec::new();
        if !found.is_empty() {
            statements.push(forget(&set.target.table.qualified(), &set.name()));
        }
        for new in &wanted {
            statements.push(format!(
                "SELECT rls.register_memberships({}, {}, {},\n  {})",
                quote::literal(&set.target.table.qualified()),
                quote::literal(&new.name),
                quote::literal(&new.template),
                new.membership.arguments(None)
            ));
        }
        Ok(Step::new(KIND, object, action, statements))
    }
}

/// What some registrations permit to read, for people.
pub fn objects(registrations: &[Registration]) -> String {
    let each: Vec<String> = registrations.iter().map(|known| known.membership.describe()).collect();
    each.join(", ")
}

fn forget(table: &str, name: &str) -> String {
    format!("SELECT rls.forget_memberships({}, {})", quote::literal(table), quote::literal(name))
}

/// The step that takes back what was registered for a set.
pub fn forget_memberships(object: String, table: &str, name: &str) -> Step {
    Step::new(KIND, object, Action::Drop, vec![forget(table, name)])
}
