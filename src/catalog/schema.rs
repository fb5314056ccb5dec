//! Schemas, `pg_namespace`.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};

use super::select;
use crate::error::Error;

/// A schema.
#[derive(Debug, Clone)]
pub struct Schema {
    /// `pg_namespace.oid`.
    pub oid: Oid,
    /// Unquoted name.
    pub name: String,
}

/// The schemas that may hold people's own tables: all but the server's, temporary ones, and those
/// that an extension made.
pub fn of_users() -> Result<Vec<Schema>, Error> {
    select(
        "SELECT n.oid, n.nspname::pg_catalog.text
           FROM pg_catalog.pg_namespace n
          WHERE n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'
            AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
            AND n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast|temp)'
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_depend d
                 WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
                   AND d.objid OPERATOR(pg_catalog.=) n.oid
                   AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\")
          ORDER BY n.oid",
        &[],
        |row| Ok(Schema { oid: row.required(1)?, name: row.required(2)? }),
    )
}

/// The schemas of these names, those that exist.
pub fn by_names(names: &[String]) -> Result<Vec<Schema>, Error> {
    select(
        "SELECT n.oid, n.nspname::pg_catalog.text
           FROM pg_catalog.pg_namespace n
          WHERE n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY n.oid",
        &[DatumWithOid::from(names.to_vec())],
        |row| Ok(Schema { oid: row.required(1)?, name: row.required(2)? }),
    )
}

/// The owner of a schema, if there is one of this name.
pub fn owner(name: &str) -> Result<Option<Oid>, Error> {
    let found = select(
        "SELECT n.nspowner FROM pg_catalog.pg_namespace n
          WHERE n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) $1",
        &[DatumWithOid::from(name)],
        |row| row.required(1),
    )?;
    Ok(found.into_iter().next())
}

/// Makes those who call this for the same schema take turns until their transactions end. Nobody else
/// waits, but who drops the schema or the extension.
pub fn take_turns(schema: Oid) {
    // SAFETY: a lock on an id; whether it is still there, the caller finds out.
    unsafe {
        pg_sys::LockDatabaseObject(
            pg_sys::NamespaceRelationId,
            schema,
            0,
            pg_sys::ShareUpdateExclusiveLock.cast_signed(),
        );
    }
}

/// The `search_path` that sessions of this database begin with, where it has one of its own.
pub fn database_search_path() -> Result<Option<String>, Error> {
    let found = select(
        "SELECT s.setting
           FROM pg_catalog.pg_db_role_setting c
           JOIN pg_catalog.pg_database d
             ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
            AND d.oid OPERATOR(pg_catalog.=) c.setdatabase,
                LATERAL pg_catalog.unnest(c.setconfig) s (setting)
          WHERE c.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid
            AND pg_catalog.starts_with(s.setting, 'search_path=')",
        &[],
        |row| row.required::<String>(1),
    )?;
    Ok(found.first().and_then(|setting| setting.strip_prefix("search_path=")).map(str::to_owned))
}

/// What there is to know before something is put into a schema.
pub struct Hands {
    /// `pg_namespace.oid`.
    pub oid: Oid,
    /// Whether it is a member of this extension.
    pub ours: bool,
    /// Its owner's name.
    pub owner: String,
    /// Whether the owner is a superuser, the database's owner, or the role that stands for that one.
    pub trusted_owner: bool,
    /// Whether everybody may create objects in it.
    pub open: bool,
}

/// In whose hands a schema is, if there is one of this name.
pub fn hands(name: &str) -> Result<Option<Hands>, Error> {
    let found = select(
        "SELECT n.oid,
                EXISTS (
                  SELECT FROM pg_catalog.pg_depend d
                    JOIN pg_catalog.pg_extension e ON e.oid OPERATOR(pg_catalog.=) d.refobjid
                   WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
                     AND d.objid OPERATOR(pg_catalog.=) n.oid
                     AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
                     AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\"
                     AND e.extname OPERATOR(pg_catalog.=) 'rowguard'),
                r.rolname::pg_catalog.text,
                r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) 'pg_database_owner'
                  OR r.oid OPERATOR(pg_catalog.=) (
                       SELECT b.datdba FROM pg_catalog.pg_database b
                        WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()),
                EXISTS (
                  SELECT FROM pg_catalog.aclexplode(n.nspacl) a
                   WHERE a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid
                     AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE')
           FROM pg_catalog.pg_namespace n
           JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
          WHERE n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) $1",
        &[DatumWithOid::from(name)],
        |row| {
            Ok(Hands {
                oid: row.required(1)?,
                ours: row.required(2)?,
                owner: row.required(3)?,
                trusted_owner: row.required(4)?,
                open: row.required(5)?,
            })
        },
    )?;
    Ok(found.into_iter().next())
}
