//! The table that policies are written for, checked before anything is planned.

use pgrx::pg_sys::{self, Oid};

use crate::catalog::{Column, Kind, Table, schema, table};
use crate::error::{Error, PolicyError};
use crate::quote;

/// What a set is made for: a table, or for some generators a view or a schema. The caller owns it.
pub struct Target {
    /// The relation; of a schema only its schema is meant.
    pub table: Table,
    /// How marks name it.
    pub label: String,
}

impl Target {
    /// Reads and checks the table: 42P01 when there is none, 42809 when it is no table or a
    /// temporary one, 42501 when it is a system catalog or the caller does not own it.
    pub fn read(relation: Oid) -> Result<Self, Error> {
        Self::check(table::by_oid(relation)?.ok_or(Error::UnknownRelation(relation))?)
    }

    /// Checks a table that was read.
    pub fn check(table: Table) -> Result<Self, Error> {
        if !matches!(table.kind, Kind::Table | Kind::Partitioned) {
            return Err(Error::NotATable(table.qualified()));
        }
        Self::owned(table)
    }

    /// Reads and checks a view, with the same errors.
    pub fn read_view(relation: Oid) -> Result<Self, Error> {
        let view = table::by_oid(relation)?.ok_or(Error::UnknownRelation(relation))?;
        if view.kind != Kind::View {
            return Err(PolicyError::NotAView(view.qualified()).into());
        }
        Self::owned(view)
    }

    /// Reads and checks whatever a set can lie on.
    pub fn read_any(relation: Oid) -> Result<Self, Error> {
        let table = table::by_oid(relation)?.ok_or(Error::UnknownRelation(relation))?;
        if table.kind == Kind::View { Self::owned(table) } else { Self::check(table) }
    }

    /// Reads a schema: 3F000 when there is none, 42501 when it is the server's.
    pub fn read_schema(name: &str) -> Result<Self, Error> {
        let schema = schema::by_names(&[name.to_owned()])?
            .pop()
            .ok_or_else(|| Error::UnknownSchema(name.to_owned()))?;
        if is_system(schema.oid) || name.starts_with("pg_") || name == "information_schema" {
            return Err(PolicyError::SystemCatalog(name.to_owned()).into());
        }
        Ok(Self {
            label: quote::ident(name),
            table: Table {
                oid: Oid::INVALID,
                schema_oid: schema.oid,
                name: schema.name.clone(),
                schema: schema.name,
                kind: Kind::Other,
                temporary: false,
                unlogged: false,
                owner: Oid::INVALID,
                rls_enabled: false,
                rls_forced: false,
                reltuples: 0.0,
                of_extension: false,
                columns: Vec::new(),
            },
        })
    }

    fn owned(table: Table) -> Result<Self, Error> {
        if table.temporary {
            return Err(PolicyError::TemporaryTable(table.name).into());
        }
        if is_system(table.oid) {
            return Err(PolicyError::SystemCatalog(table.qualified()).into());
        }
        // The owner of now: the caller's snapshot may show one from before.
        let owner = table::owner_of(table.oid).ok_or(Error::UnknownRelation(table.oid))?;
        // SAFETY: a catalog look-up of two role ids.
        if !unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner) } {
            return Err(Error::NotOwner(table.qualified()));
        }
        Ok(Self { label: table.qualified(), table })
    }

    /// 0A000 when other tables inherit from this one: its triggers do not fire for their rows.
    pub fn refuse_inheritors(&self) -> Result<(), Error> {
        let inheritors = table::inheritors(self.table.oid)?;
        match inheritors.first() {
            Some(first) => Err(PolicyError::Inherited {
                table: self.table.qualified(),
                inheritor: first.clone(),
            }
            .into()),
            None => Ok(()),
        }
    }

    /// The column of this name; 42703 when there is none.
    pub fn column(&self, name: &str) -> Result<&Column, Error> {
        self.table.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            Error::UnknownColumn { relation: self.table.qualified(), column: name.to_owned() }
        })
    }
}

/// The server's own test: initdb gives its objects the ids below this one.
fn is_system(object: Oid) -> bool {
    object.to_u32() < pg_sys::FirstNormalObjectId && object.to_u32() != PG_PUBLIC
}

/// Schema `public` is made by initdb, and people's.
const PG_PUBLIC: u32 = 2200;
