//! Default privileges, `pg_default_acl`.

use pgrx::pg_sys::Oid;

use super::{Grant, Privilege, Schema, select};
use crate::error::Error;

/// What is granted on each table that a role creates from now on.
#[derive(Debug, Clone)]
pub struct DefaultAcl {
    /// Whoever creates the table.
    pub role: Oid,
    /// The schema it is limited to; none for all of them.
    pub schema: Option<Schema>,
    /// The privileges; the object of each is `pg_default_acl.oid`.
    pub grants: Vec<Grant>,
}

/// Those of tables and views, by the oid of their entry.
pub fn for_tables() -> Result<Vec<DefaultAcl>, Error> {
    let mut found: Vec<DefaultAcl> = Vec::new();
    let rows = select(
        "SELECT d.oid, d.defaclrole, n.oid, n.nspname::pg_catalog.text, a.grantee,
                a.privilege_type, a.grantor
           FROM pg_catalog.pg_default_acl d
           LEFT JOIN pg_catalog.pg_namespace n
             ON n.oid OPERATOR(pg_catalog.=) d.defaclnamespace,
                LATERAL pg_catalog.aclexplode(d.defaclacl) a
          WHERE d.defaclobjtype OPERATOR(pg_catalog.=) 'r'::pg_catalog.\"char\"
          ORDER BY d.oid",
        &[],
        |row| {
            let schema = match (row.optional(3)?, row.optional(4)?) {
                (Some(oid), Some(name)) => Some(Schema { oid, name }),
                _ => None,
            };
            let grant = Grant {
                object: row.required(1)?,
                column: 0,
                grantee: row.required(5)?,
                privilege: Privilege::from_name(&row.required::<String>(6)?)?,
                grantor: row.required(7)?,
            };
            Ok((row.required::<Oid>(2)?, schema, grant))
        },
    )?;
    for (role, schema, grant) in rows {
        match found.last_mut() {
            Some(last) if last.grants.iter().any(|known| known.object == grant.object) => {
                last.grants.push(grant);
            }
            _ => found.push(DefaultAcl { role, schema, grants: vec![grant] }),
        }
    }
    Ok(found)
}
