//! The roles that application traffic runs as, and what they can use.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::names;
use crate::catalog::{Grant, Membership, Privilege, Role};
use crate::error::Error;
use crate::settings::EXPOSED_ROLES;

/// PUBLIC, as access lists and policies write it.
pub const PUBLIC: Oid = Oid::INVALID;

/// The default names, where they exist.
const USUAL: [&str; 2] = ["anon", "authenticated"];

/// One exposed role and everything whose rights it can use.
#[derive(Debug)]
pub struct Identity {
    /// Unquoted name; `public` for PUBLIC.
    pub name: String,
    superuser: bool,
    reads_everything: bool,
    writes_everything: bool,
    holds: HashSet<Oid>,
}

/// The exposed roles; PUBLIC is always one.
#[derive(Debug)]
pub struct Exposed {
    /// By name, PUBLIC first.
    pub identities: Vec<Identity>,
    /// Which roles a role has the rights of without SET ROLE, itself among them.
    inherited: HashMap<Oid, HashSet<Oid>>,
}

impl Exposed {
    /// By the setting, or its default. `owners` are the owners of the audited tables. 42704 for a
    /// role that does not exist, 22023 for a setting that is no list of names.
    pub fn read(
        roles: &[Role],
        memberships: &[Membership],
        owners: &HashSet<Oid>,
    ) -> Result<Self, Error> {
        let mut chosen: Vec<&Role> = Vec::new();
        let setting = EXPOSED_ROLES.get();
        let setting = setting.as_deref().map(std::ffi::CStr::to_string_lossy).unwrap_or_default();
        for name in listed(&setting)? {
            if name == "public" {
                continue;
            }
            match roles.iter().find(|role| role.name == name) {
                Some(role) => chosen.push(role),
                None => return Err(Error::UnknownExposedRole(name)),
            }
        }
        if setting.trim().is_empty() {
            chosen = roles.iter().filter(|role| USUAL.contains(&role.name.as_str())).collect();
            if chosen.is_empty() {
                chosen = roles
                    .iter()
                    .filter(|role| {
                        role.login
                            && !role.superuser
                            && !role.bypass_rls
                            && !owners.contains(&role.oid)
                    })
                    .collect();
            }
        }
        chosen.sort_by(|one, two| one.name.cmp(&two.name));
        chosen.dedup_by_key(|role| role.oid);

        let predefined = |name: &str| {
            roles.iter().find(|role| role.name == name).map_or(Oid::INVALID, |role| role.oid)
        };
        let (readers, writers) = (predefined("pg_read_all_data"), predefined("pg_write_all_data"));
        let superusers: HashSet<Oid> =
            roles.iter().filter(|role| role.superuser).map(|role| role.oid).collect();
        let mut identities = vec![Identity {
            name: "public".to_owned(),
            superuser: false,
            reads_everything: false,
            writes_everything: false,
            holds: HashSet::from([PUBLIC]),
        }];
        for role in chosen {
            let mut holds = reachable(role.oid, memberships, |grant| grant.inherit || grant.set);
            let superuser = !holds.is_disjoint(&superusers);
            let reads_everything = holds.contains(&readers);
            let writes_everything = holds.contains(&writers);
            holds.insert(PUBLIC);
            identities.push(Identity {
                name: role.name.clone(),
                superuser,
                reads_everything,
                writes_everything,
                holds,
            });
        }
        let inherited = roles
            .iter()
            .map(|role| (role.oid, reachable(role.oid, memberships, |grant| grant.inherit)))
            .collect();
        Ok(Self { identities, inherited })
    }

    /// Some exposed role is one of these, or can act as one; PUBLIC is everybody.
    pub fn includes(&self, roles: &[Oid]) -> bool {
        self.identities
            .iter()
            .any(|identity| roles.iter().any(|role| identity.holds.contains(role)))
    }

    /// A policy TO `roles` applies to whoever `role` is.
    pub fn applies(&self, roles: &[Oid], role: Oid) -> bool {
        roles.contains(&PUBLIC)
            || roles.contains(&role)
            || self
                .inherited
                .get(&role)
                .is_some_and(|held| roles.iter().any(|other| held.contains(other)))
    }
}

impl Identity {
    /// The role may look into a schema of these grants.
    pub fn uses_schema(&self, grants: &[Grant]) -> bool {
        self.superuser
            || self.reads_everything
            || self.writes_everything
            || grants.iter().any(|grant| {
                grant.privilege == Privilege::Usage && self.holds.contains(&grant.grantee)
            })
    }

    /// What the role may do with a table of these grants, by name of the privilege, with the
    /// columns it is limited to; none stands for the whole table.
    pub fn privileges(&self, grants: &[Grant]) -> BTreeMap<Privilege, BTreeSet<i16>> {
        let mut found: BTreeMap<Privilege, BTreeSet<i16>> = BTreeMap::new();
        let mut whole: BTreeSet<Privilege> = BTreeSet::new();
        if self.superuser || self.reads_everything {
            whole.insert(Privilege::Select);
        }
        if self.superuser || self.writes_everything {
            whole.extend([Privilege::Insert, Privilege::Update, Privilege::Delete]);
        }
        for grant in grants.iter().filter(|grant| self.holds.contains(&grant.grantee)) {
            if grant.column == 0 {
                whole.insert(grant.privilege);
            } else {
                found.entry(grant.privilege).or_default().insert(grant.column);
            }
        }
        for privilege in whole {
            found.insert(privilege, BTreeSet::new());
        }
        found
    }
}

fn listed(setting: &str) -> Result<Vec<String>, Error> {
    let invalid =
        || Error::InvalidSetting { name: "rowguard.exposed_roles", value: setting.to_owned() };
    names::members(setting)
        .ok_or_else(invalid)?
        .into_iter()
        .map(|member| match names::parts(member).as_deref() {
            Some([name]) => Ok(name.clone()),
            _ => Err(invalid()),
        })
        .collect()
}

/// The role and all that it reaches by memberships that `follow` lets pass.
fn reachable(
    role: Oid,
    memberships: &[Membership],
    follow: impl Fn(&Membership) -> bool,
) -> HashSet<Oid> {
    let mut found = HashSet::from([role]);
    let mut open = vec![role];
    while let Some(member) = open.pop() {
        for grant in memberships.iter().filter(|grant| grant.member == member && follow(grant)) {
            if found.insert(grant.role) {
                open.push(grant.role);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(number: u32) -> Oid {
        Oid::from_u32(number)
    }

    fn membership(member: u32, role: u32, inherit: bool, set: bool) -> Membership {
        Membership { role: oid(role), member: oid(member), inherit, set }
    }

    #[test]
    fn memberships_are_followed_by_either_option_and_cycles_end() {
        let grants = [
            membership(1, 2, true, false),
            membership(2, 3, false, true),
            membership(3, 4, false, false),
            membership(3, 1, true, true),
        ];
        let all = reachable(oid(1), &grants, |grant| grant.inherit || grant.set);
        assert_eq!(all, HashSet::from([oid(1), oid(2), oid(3)]));
        let inherited = reachable(oid(1), &grants, |grant| grant.inherit);
        assert_eq!(inherited, HashSet::from([oid(1), oid(2)]));
    }
}
