//! The roles that application traffic runs as, and what they can use.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::names;
use crate::catalog::{Grant, Membership, Privilege, Role, Table};
use crate::error::Error;
use crate::settings::EXPOSED_ROLES;

/// PUBLIC, as access lists and policies write it.
pub const PUBLIC: Oid = Oid::INVALID;

/// The default names, where they exist.
const USUAL: [&str; 2] = ["anon", "authenticated"];

/// One exposed role, and what it can act as.
#[derive(Debug)]
pub struct Identity {
    /// Unquoted name; `public` for PUBLIC.
    pub name: String,
    /// `pg_roles.oid`; 0 for PUBLIC.
    pub role: Oid,
    /// Itself first, then each role that it may SET ROLE to.
    personas: Vec<Persona>,
    holds: HashSet<Oid>,
}

/// A role that an exposed role can act as, with all whose rights it has then. What one persona may
/// is not added to what another may: SET ROLE leaves the rights of the role before behind.
#[derive(Debug)]
struct Persona {
    role: Oid,
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
        let grants = Grants::new(memberships);
        let inherited: HashMap<Oid, HashSet<Oid>> = roles
            .iter()
            .map(|role| (role.oid, grants.reachable(role.oid, |grant| grant.inherit)))
            .collect();
        let persona = |role: &Role| {
            let mut holds = inherited.get(&role.oid).cloned().unwrap_or_default();
            holds.insert(PUBLIC);
            Persona {
                role: role.oid,
                superuser: role.superuser,
                reads_everything: holds.contains(&readers),
                writes_everything: holds.contains(&writers),
                holds,
            }
        };
        let mut identities = vec![Identity {
            name: "public".to_owned(),
            role: PUBLIC,
            personas: vec![Persona {
                role: PUBLIC,
                superuser: false,
                reads_everything: false,
                writes_everything: false,
                holds: HashSet::from([PUBLIC]),
            }],
            holds: HashSet::from([PUBLIC]),
        }];
        for role in chosen {
            // SET ROLE is judged by the role that logged in, so every link of the way must allow
            // it; what the role arrived at inherits comes on top.
            let settable = grants.reachable(role.oid, |grant| grant.set);
            let mut personas = vec![persona(role)];
            personas.extend(
                roles
                    .iter()
                    .filter(|other| other.oid != role.oid && settable.contains(&other.oid))
                    .map(persona),
            );
            let holds = personas.iter().flat_map(|persona| &persona.holds).copied().collect();
            identities.push(Identity { name: role.name.clone(), role: role.oid, personas, holds });
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

    /// The roles that it can act as, itself first. PUBLIC is none.
    pub fn acts_as(&self) -> impl Iterator<Item = Oid> {
        self.personas.iter().map(|persona| persona.role).filter(|role| *role != PUBLIC)
    }

    /// What the role may do with an object of these grants, by name of the privilege, with the
    /// columns it is limited to; none stands for the whole object.
    pub fn privileges(&self, grants: &[Grant]) -> BTreeMap<Privilege, BTreeSet<i16>> {
        merged(self.personas.iter().map(|persona| persona.privileges(grants)))
    }

    /// The same, as far as the role may look into the schema, too.
    pub fn reaches(
        &self,
        schema: &[Grant],
        object: &[Grant],
    ) -> BTreeMap<Privilege, BTreeSet<i16>> {
        merged(
            self.personas
                .iter()
                .filter(|persona| persona.uses_schema(schema))
                .map(|persona| persona.privileges(object)),
        )
    }
}

impl Persona {
    fn uses_schema(&self, grants: &[Grant]) -> bool {
        self.superuser
            || self.reads_everything
            || self.writes_everything
            || grants.iter().any(|grant| {
                grant.privilege == Privilege::Usage && self.holds.contains(&grant.grantee)
            })
    }

    fn privileges(&self, grants: &[Grant]) -> BTreeMap<Privilege, BTreeSet<i16>> {
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

/// What any of several may.
fn merged(
    each: impl Iterator<Item = BTreeMap<Privilege, BTreeSet<i16>>>,
) -> BTreeMap<Privilege, BTreeSet<i16>> {
    let mut found: BTreeMap<Privilege, BTreeSet<i16>> = BTreeMap::new();
    for (privilege, columns) in each.flatten() {
        match found.get_mut(&privilege) {
            Some(known) if known.is_empty() || columns.is_empty() => known.clear(),
            Some(known) => known.extend(columns),
            None => {
                found.insert(privilege, columns);
            }
        }
    }
    found
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

    /// The role and all that it reaches by memberships that `follow` lets pass.
    pub fn reachable(&self, role: Oid, follow: impl Fn(&Membership) -> bool) -> HashSet<Oid> {
        let mut found = HashSet::from([role]);
        let mut open = vec![role];
        while let Some(member) = open.pop() {
            let grants = self.by_member.get(&member).map_or(&[][..], Vec::as_slice);
            for grant in grants.iter().filter(|grant| follow(grant)) {
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

    #[test]
    fn rights_of_several_roles_are_the_widest() {
        let columns = |numbers: &[i16]| numbers.iter().copied().collect::<BTreeSet<i16>>();
        let of = |privilege, numbers: &[i16]| BTreeMap::from([(privilege, columns(numbers))]);
        let found = merged(
            [
                of(Privilege::Select, &[1]),
                of(Privilege::Select, &[2]),
                of(Privilege::Update, &[]),
                of(Privilege::Update, &[1]),
            ]
            .into_iter(),
        );
        assert_eq!(found[&Privilege::Select], columns(&[1, 2]));
        assert_eq!(found[&Privilege::Update], columns(&[]));
    }
}
