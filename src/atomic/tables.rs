//! What the ledger's tables are like now: checked when a ledger is attached, and again whenever its
//! statements are prepared.

use std::ffi::CStr;

use pgrx::{PgRelation, pg_sys};

use crate::catalog::table::owner_of;
use crate::error::Error;
use crate::quote;

/// A table of a ledger, open and checked.
pub struct Table {
    relation: PgRelation,
}

impl Table {
    /// Opens a table that the caller has locked. `None` when it is gone; 42809 for what is no
    /// lasting table of a user, 0A000 for a table with rules.
    pub fn open(oid: pg_sys::Oid) -> Result<Option<Self>, Error> {
        if owner_of(oid).is_none() {
            return Ok(None);
        }
        // SAFETY: it exists, and the lock keeps it so.
        let table = Self { relation: unsafe { PgRelation::open(oid) } };
        let form = table.form()?;
        let kind = char::from(form.relkind.cast_unsigned());
        let wrong = match kind {
            'r' | 'p' => None,
            'v' => Some("a view"),
            'm' => Some("a materialized view"),
            'f' => Some("a foreign table"),
            'S' => Some("a sequence"),
            'i' | 'I' => Some("an index"),
            't' => Some("a TOAST table"),
            _ => Some("no table"),
        }
        .or_else(|| (oid.to_u32() < pg_sys::FirstNormalObjectId).then_some("a system catalog"))
        .or_else(|| (form.relpersistence.cast_unsigned() == b't').then_some("a temporary table"));
        if let Some(kind) = wrong {
            return Err(Error::WrongKind { table: table.name(), kind });
        }
        if form.relhasrules {
            return Err(Error::HasRules(table.name()));
        }
        Ok(Some(table))
    }

    fn form(&self) -> Result<&pg_sys::FormData_pg_class, Error> {
        // SAFETY: an open relation has its catalog row.
        unsafe { self.relation.rd_rel.as_ref() }.ok_or(Error::Unexpected("a relation is not open"))
    }

    /// Whose it is.
    pub fn owner(&self) -> Result<pg_sys::Oid, Error> {
        Ok(self.form()?.relowner)
    }

    /// Its qualified name, quoted as the server would.
    pub fn name(&self) -> String {
        quote::qualified(self.relation.namespace(), self.relation.name())
    }

    /// As it stands after FROM or UPDATE: without tables that merely inherit from it, because its
    /// unique index does not reach into them.
    pub fn source(&self) -> Result<String, Error> {
        let partitioned = self.form()?.relkind.cast_unsigned() == b'p';
        Ok(if partitioned { self.name() } else { format!("ONLY {}", self.name()) })
    }

    /// Whether a trigger may change a row, or skip it, before it is updated.
    pub fn has_update_triggers(&self) -> bool {
        self.has_triggers(|triggers| triggers.trig_update_before_row)
    }

    /// Whether a trigger may change a row, or skip it, before it is inserted.
    pub fn has_insert_triggers(&self) -> bool {
        self.has_triggers(|triggers| triggers.trig_insert_before_row)
    }

    /// The parts of a partitioned table may have triggers of their own.
    fn has_triggers(&self, kind: fn(&pg_sys::TriggerDesc) -> bool) -> bool {
        // SAFETY: an open relation; the server's description of its triggers lives as long.
        let own = unsafe { self.relation.trigdesc.as_ref() }.is_some_and(kind);
        own || self.form().map_or(true, |form| form.relkind.cast_unsigned() == b'p')
    }

    /// The column of that name: 42703 when there is none, 42804 when its type (under a domain, if
    /// there is one) is not among `types`.
    pub fn column(&self, name: &str, types: &[pg_sys::Oid]) -> Result<Column, Error> {
        let found = self
            .relation
            .tuple_desc()
            .iter()
            .find(|attribute| !attribute.attisdropped && attribute.name() == name)
            .map(|attribute| {
                (attribute.attnum, attribute.atttypid, attribute.atttypmod, attribute.attgenerated)
            });
        let Some((number, declared, typmod, generated)) = found else {
            return Err(Error::UnknownColumn { relation: self.name(), column: name.to_owned() });
        };
        let mut typmod = typmod;
        // SAFETY: a look-up of a type that a live column has.
        let base_type = unsafe { pg_sys::getBaseTypeAndTypmod(declared, &raw mut typmod) };
        if !types.contains(&base_type) {
            return Err(Error::ColumnType {
                table: self.name(),
                column: name.to_owned(),
                found: type_name(declared),
                wanted: types.iter().map(|oid| type_name(*oid)).collect::<Vec<_>>().join(", "),
            });
        }
        if generated != 0 {
            return Err(Error::ColumnGenerated { table: self.name(), column: name.to_owned() });
        }
        Ok(Column { name: quote::ident(name), number, base_type, typmod })
    }

    /// Refuses a column whose values may repeat: only a valid, immediate, complete unique index on
    /// it alone says they never do.
    pub fn need_unique(&self, column: &Column) -> Result<(), Error> {
        let unique = self.relation.indices(pg_sys::AccessShareLock.cast_signed()).any(|index| {
            // SAFETY: an open index has its catalog row, with one key column at least.
            unsafe {
                index.rd_index.as_ref().is_some_and(|form| {
                    form.indisunique
                        && form.indimmediate
                        && form.indisvalid
                        && form.indnkeyatts == 1
                        && *form.indkey.values.as_ptr() == column.number
                        && pg_sys::heap_attisnull(
                            index.rd_indextuple,
                            pg_sys::Anum_pg_index_indpred.cast_signed(),
                            std::ptr::null_mut(),
                        )
                })
            }
        });
        if unique {
            return Ok(());
        }
        Err(Error::NotUnique { table: self.name(), column: column.name.clone() })
    }
}

/// A checked column.
pub struct Column {
    /// Quoted where needed.
    pub name: String,
    number: i16,
    /// Its type, or the type under its domain.
    pub base_type: pg_sys::Oid,
    /// The type's modifier, as the domain or the column declares it.
    pub typmod: i32,
}

/// The name of a role, for messages.
pub fn role_name(role: pg_sys::Oid) -> String {
    if role == pg_sys::InvalidOid {
        return "PUBLIC".to_owned();
    }
    // SAFETY: the server returns a string of its own, or null for a role that is gone.
    unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        if name.is_null() {
            role.to_u32().to_string()
        } else {
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }
}

fn type_name(oid: pg_sys::Oid) -> String {
    // SAFETY: the server returns a string of its own for any number.
    unsafe { CStr::from_ptr(pg_sys::format_type_be(oid)).to_string_lossy().into_owned() }
}
