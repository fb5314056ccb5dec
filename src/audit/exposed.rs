//! The roles that application traffic runs as, and what they can use.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::names;
use crate::catalog::{Grant, Membership, Privilege, Role, Table};
use crate::error::{AuditError, Error};
use crate::settings::EXPOSED_ROLES;

/// PUBLIC, as access lists and policies write it.
pub const PUBLIC: Oid = Oid::INVALID;

/// The default names, where they exist.
const USUAL: [&str; 2] = ["anon", "authenticated"];

/// One exposed role and everything whose rights it can use. The rights of all that it can act as
/// add up: a statement prepared as one role, who may look into the schema, can be executed as
/// another, who holds the privilege.
#[derive(Debug)]
pub struct Identity {
    /// Unquoted name; `public` for PUBLIC.
    pub name: String,
    /// `pg_roles.oid`; 0 for PUBLIC.
    pub role: Oid,
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
    /// Every role of the cluster.
    pub roles: HashMap<Oid, Role>,
    /// Every membership of the cluster.
    pub memberships: Vec<Membership>,
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
                None => return Err(AuditError::UnknownExposedRole(name).into()),
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
        let grants = Grants::new(memberships);
        let inherited: HashMap<Oid, HashSet<Oid>> = roles
            .iter()
            .map(|role| (role.oid, grants.reachable(role.oid, |grant| grant.inherit)))
            .collect();
        let mut identities = vec![Identity {
            name: "public".to_owned(),
            role: PUBLIC,
            superuser: false,
            reads_everything: false,
            writes_everything: false,
            holds: HashSet::from([PUBLIC]),
        }];
        for role in chosen {
            // SET ROLE is judged by the role that logged in, so every link of the way must allow
            // it; what the role arrived at inherits comes on top. No attribute is inherited.
            let acts_as = grants.reachable(role.oid, |grant| grant.set);
            let superuser = roles.iter().any(|role| role.superuser && acts_as.contains(&role.oid));
            let mut holds: HashSet<Oid> =
                acts_as.iter().filter_map(|role| inherited.get(role)).flatten().copied().collect();
            let reads_everything = holds.contains(&readers);
            let writes_everything = holds.contains(&writers);
            holds.insert(PUBLIC);
            identities.push(Identity {
                name: role.name.clone(),
                role: role.oid,
                superuser,
                reads_everything,
                writes_everything,
                holds,
            });
        }
        Ok(Self {
            identities,
            roles: roles.iter().map(|role| (role.oid, role.clone())).collect(),
            memberships: memberships.to_vec(),
            inherited,
        })
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

impl Exposed {
    /// `role` has the rights of `other` without SET ROLE.
    pub fn has_rights_of(&self, role: Oid, other: Oid) -> bool {
        role == other
            || self.roles.get(&role).is_some_and(|known| known.superuser)
            || self.inherited.get(&role).is_some_and(|held| held.contains(&other))
    }

    /// Each role with all whose rights it has without SET ROLE, itself among them.
    pub fn rights(&self) -> impl Iterator<Item = (Oid, &HashSet<Oid>)> {
        self.inherited.iter().map(|(role, held)| (*role, held))
    }

    /// Row security binds `role` nowhere.
    pub fn is_exempt_everywhere(&self, role: Oid) -> bool {
        self.roles.get(&role).is_some_and(|known| known.superuser || known.bypass_rls)
    }

    /// The policies of a table with row security are not applied to `role`.
    pub fn is_exempt(&self, role: Oid, table: &Table) -> bool {
        self.is_exempt_everywhere(role)
            || (!table.rls_forced && self.has_rights_of(role, table.owner))
    }
}

impl Identity {
    /// The role may act as `role`, or has its rights.
    pub fn holds(&self, role: Oid) -> bool {
        self.holds.contains(&role)
    }

    /// What the role may do with an object of these grants, as far as it may look into the schema;
    /// by name of the privilege, with the columns it is limited to, where none stands for the whole
    /// object.
    pub fn reaches(
        &self,
        schema: &[Grant],
        object: &[Grant],
    ) -> BTreeMap<Privilege, BTreeSet<i16>> {
        if self.uses_schema(schema) { self.privileges(object) } else { BTreeMap::new() }
    }

    fn uses_schema(&self, grants: &[Grant]) -> bool {
        self.superuser
            || self.reads_everything
            || self.writes_everything
            || grants.iter().any(|grant| {
                grant.privilege == Privilege::Usage && self.holds.contains(&grant.grantee)
            })
    }

    /// The same, whatever the schema.
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
        || AuditError::InvalidSetting { name: "rowguard.exposed_roles", value: setting.to_owned() };
    names::members(setting)
        .ok_or_else(invalid)?
        .into_iter()
        .map(|member| match names::parts(member).as_deref() {
            Some([name]) => Ok(name.clone()),
            _ => Err(invalid().into()),
        })
        .collect()
}

/// Memberships by member.
pub struct Grants<'a> {
    by_member: HashMap<Oid, Vec<&'a Membership>>,
}

impl<'a> Grants<'a> {
    /// Sorts them.
    pub fn new(memberships: &'a [Membership]) -> Self {
        let mut by_member: HashMap<Oid, Vec<&Membership>> = HashMap::new();
        for grant in memberships {
            by_member.entry(grant.member).or_default().push(grant);
        }
        Self { by_member }
    }

    /// The memberships of a role.
    pub fn of(&self, member: Oid) -> &[&'a Membership] {
        self.by_member.get(&member).map_or(&[], Vec::as_slice)
    }

    /// The role and all that it reaches by memberships that `follow` lets pass.
    pub fn reachable(&self, role: Oid, follow: impl Fn(&Membership) -> bool) -> HashSet<Oid> {
        let mut found = HashSet::from([role]);
        let mut open = vec![role];
        while let Some(member) = open.pop() {
            for grant in self.of(member).iter().filter(|grant| follow(grant)) {
                if found.insert(grant.role) {
                    open.push(grant.role);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(number: u32) -> Oid {
        Oid::from_u32(number)
    }

    fn membership(member: u32, role: u32, inherit: bool, set: bool) -> Membership {
        let (member, role) = (oid(member), oid(role));
        Membership { role, member, inherit, set, admin: false, grantor: oid(10) }
    }

    #[test]
    fn memberships_are_followed_as_far_as_each_link_allows_and_cycles_end() {
        let memberships = [
            membership(1, 2, true, true),
            membership(2, 3, false, true),
            membership(2, 4, true, false),
            membership(4, 5, false, true),
            membership(3, 1, true, true),
        ];
        let grants = Grants::new(&memberships);
        let inherited = grants.reachable(oid(1), |grant| grant.inherit);
        assert_eq!(inherited, HashSet::from([oid(1), oid(2), oid(4)]));
        let settable = grants.reachable(oid(1), |grant| grant.set);
        assert_eq!(settable, HashSet::from([oid(1), oid(2), oid(3)]));
    }
}
