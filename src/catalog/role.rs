//! Roles and who may become whom, `pg_roles` and `pg_auth_members`.

use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// `pg_roles.oid`.
    pub oid: Oid,
    /// Unquoted name.
    pub name: String,
    /// Superuser.
    pub superuser: bool,
    /// Row security does not bind it.
    pub bypass_rls: bool,
    /// It may log in.
    pub login: bool,
    /// It may create roles; before PostgreSQL 16 it may also grant itself any but superusers.
    pub create_role: bool,
}

/// One grant of a role to another.
#[derive(Debug, Clone, Copy)]
pub struct Membership {
    /// The role granted.
    pub role: Oid,
    /// The role that received it.
    pub member: Oid,
    /// The member uses its privileges without SET ROLE.
    pub inherit: bool,
    /// The member may SET ROLE to it. Always so before PostgreSQL 16.
    pub set: bool,
    /// The member may grant it, to itself too.
    pub admin: bool,
    /// Who granted it. PostgreSQL 16 and later keep the grants of several grantors apart.
    pub grantor: Oid,
}

/// Every role of the cluster.
pub fn all() -> Result<Vec<Role>, Error> {
    select(
        "SELECT r.oid, r.rolname::pg_catalog.text, r.rolsuper, r.rolbypassrls, r.rolcanlogin,
                r.rolcreaterole
           FROM pg_catalog.pg_roles r ORDER BY r.oid",
        &[],
        |row| {
            Ok(Role {
                oid: row.required(1)?,
                name: row.required(2)?,
                superuser: row.required(3)?,
                bypass_rls: row.required(4)?,
                login: row.required(5)?,
                create_role: row.required(6)?,
            })
        },
    )
}

/// Every membership of the cluster, and that of the database's owner in `pg_database_owner`, which
/// no catalog holds.
pub fn memberships() -> Result<Vec<Membership>, Error> {
    // Until 16 whether a membership is inherited is a property of the member.
    #[cfg(feature = "pg15")]
    const STORED: &str = "
        SELECT m.roleid, m.member, r.rolinherit, true, m.admin_option, m.grantor
          FROM pg_catalog.pg_auth_members m
          JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) m.member";
    #[cfg(not(feature = "pg15"))]
    const STORED: &str = "
        SELECT m.roleid, m.member, m.inherit_option, m.set_option, m.admin_option, m.grantor
          FROM pg_catalog.pg_auth_members m";
    let sql = format!(
        "{STORED}
         UNION ALL
        SELECT o.oid, d.datdba, true, true, false, 0::pg_catalog.oid
          FROM pg_catalog.pg_database d, pg_catalog.pg_roles o
         WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
           AND o.rolname OPERATOR(pg_catalog.=) 'pg_database_owner'
         ORDER BY 1, 2, 6"
    );
    select(&sql, &[], |row| {
        Ok(Membership {
            role: row.required(1)?,
            member: row.required(2)?,
            inherit: row.required(3)?,
            set: row.required(4)?,
            admin: row.required(5)?,
            grantor: row.required(6)?,
        })
    })
}
