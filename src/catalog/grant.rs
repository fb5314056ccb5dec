//! Privileges as granted, from the access lists of the catalogs.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::{Command, Row, select};
use crate::error::{CatalogError, Error};

/// A privilege on a table, column, schema or function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privilege {
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// TRUNCATE.
    Truncate,
    /// REFERENCES.
    References,
    /// TRIGGER.
    Trigger,
    /// MAINTAIN, from PostgreSQL 17.
    Maintain,
    /// USAGE of a schema.
    Usage,
    /// CREATE in a schema.
    Create,
    /// EXECUTE of a function.
    Execute,
}

impl Privilege {
    /// What a command needs; for ALL that is SELECT.
    pub fn for_command(command: Command) -> Self {
        match command {
            Command::Select | Command::All => Self::Select,
            Command::Insert => Self::Insert,
            Command::Update => Self::Update,
            Command::Delete => Self::Delete,
        }
    }

    /// The key word of the privilege.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::References => "REFERENCES",
            Self::Trigger => "TRIGGER",
            Self::Maintain => "MAINTAIN",
            Self::Usage => "USAGE",
            Self::Create => "CREATE",
            Self::Execute => "EXECUTE",
        }
    }

    /// The privilege of this key word.
    pub fn from_name(name: &str) -> Result<Self, CatalogError> {
        Ok(match name {
            "SELECT" => Self::Select,
            "INSERT" => Self::Insert,
            "UPDATE" => Self::Update,
            "DELETE" => Self::Delete,
            "TRUNCATE" => Self::Truncate,
            "REFERENCES" => Self::References,
            "TRIGGER" => Self::Trigger,
            "MAINTAIN" => Self::Maintain,
            "USAGE" => Self::Usage,
            "CREATE" => Self::Create,
            "EXECUTE" => Self::Execute,
            other => return Err(CatalogError::UnknownPrivilege(other.to_owned())),
        })
    }
}

/// One privilege of one grantee.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// The table, schema or function.
    pub object: Oid,
    /// The column the grant is limited to; 0 for the whole object.
    pub column: i16,
    /// Who holds it; 0 is PUBLIC.
    pub grantee: Oid,
    /// What is held.
    pub privilege: Privilege,
    /// Who granted it.
    pub grantor: Oid,
}

/// Privileges on these relations and their columns. An access list never touched stands for its
/// default, the owner's own rights.
pub fn on_tables(tables: &[Oid]) -> Result<Vec<Grant>, Error> {
    select(
        "SELECT c.oid, 0::pg_catalog.int2, a.grantee, a.privilege_type, a.grantor
           FROM pg_catalog.pg_class c,
                LATERAL pg_catalog.aclexplode(
                    COALESCE(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
          WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1)
          UNION ALL
         SELECT t.attrelid, t.attnum, a.grantee, a.privilege_type, a.grantor
           FROM pg_catalog.pg_attribute t, LATERAL pg_catalog.aclexplode(t.attacl) a
          WHERE t.attrelid OPERATOR(pg_catalog.=) ANY ($1)
            AND t.attacl IS NOT NULL
            AND NOT t.attisdropped",
        &[DatumWithOid::from(tables.to_vec())],
        read,
    )
}

/// Privileges on these schemas.
pub fn on_schemas(schemas: &[Oid]) -> Result<Vec<Grant>, Error> {
    select(
        "SELECT n.oid, 0::pg_catalog.int2, a.grantee, a.privilege_type, a.grantor
           FROM pg_catalog.pg_namespace n,
                LATERAL pg_catalog.aclexplode(
                    COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
          WHERE n.oid OPERATOR(pg_catalog.=) ANY ($1)",
        &[DatumWithOid::from(schemas.to_vec())],
        read,
    )
}

/// Privileges on these functions.
pub fn on_functions(functions: &[Oid]) -> Result<Vec<Grant>, Error> {
    select(
        "SELECT p.oid, 0::pg_catalog.int2, a.grantee, a.privilege_type, a.grantor
           FROM pg_catalog.pg_proc p,
                LATERAL pg_catalog.aclexplode(
                    COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
          WHERE p.oid OPERATOR(pg_catalog.=) ANY ($1)",
        &[DatumWithOid::from(functions.to_vec())],
        read,
    )
}

/// Who may create schemas in the database.
pub fn on_database() -> Result<Vec<Grant>, Error> {
    select(
        "SELECT d.oid, 0::pg_catalog.int2, a.grantee, a.privilege_type, a.grantor
           FROM pg_catalog.pg_database d,
                LATERAL pg_catalog.aclexplode(
                    COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
          WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
            AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'",
        &[],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Grant, Error> {
    Ok(Grant {
        object: row.required(1)?,
        column: row.required(2)?,
        grantee: row.required(3)?,
        privilege: Privilege::from_name(&row.required::<String>(4)?)?,
        grantor: row.required(5)?,
    })
}
