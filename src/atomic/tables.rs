//! What the ledger's tables are like now: checked when a ledger is attached, and again whenever its
//! statements are prepared.

use std::ffi::CStr;
use std::ptr;

use pgrx::{PgRelation, pg_sys};

use super::index::{hashes_uuids, orders_uuids};
use crate::catalog::table::owner_of;
use crate::error::{Error, LedgerError};
use crate::operation::direct::find::Method;
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
        .or_else(|| match form.relpersistence.cast_unsigned() {
            pg_sys::RELPERSISTENCE_TEMP => Some("a temporary table"),
            // A crash empties it.
            pg_sys::RELPERSISTENCE_UNLOGGED => Some("an unlogged table"),
            _ => None,
        });
        if let Some(kind) = wrong {
            return Err(LedgerError::WrongKind { table: table.name(), kind }.into());
        }
        // Not `relhasrules`, which stays when the last rule is dropped.
        if !table.relation.rd_rules.is_null() {
            return Err(LedgerError::HasRules(table.name()).into());
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

    /// Whether rows of it can be written one by one with nothing of the owner's before them: an
    /// ordinary table in the server's own storage, without triggers for this event but those after
    /// each row and `guard`, and without columns that are computed when a row is stored.
    pub fn is_plain(&self, event: u32, guard: pg_sys::Oid) -> Result<bool, Error> {
        let form = self.form()?;
        let ordinary = form.relkind.cast_unsigned() == b'r'
            && !form.relispartition
            && form.relam == pg_sys::HEAP_TABLE_AM_OID;
        // SAFETY: an open relation; its description lives as long.
        let computed = unsafe {
            (*self.description()).constr.as_ref().is_some_and(|more| more.has_generated_stored)
        };
        Ok(ordinary && !computed && self.triggers().iter().all(|one| may_stay(one, event, guard)))
    }

    /// Whether a trigger that is not `guard` fires for this event.
    pub fn has_triggers_but(&self, event: u32, guard: pg_sys::Oid) -> bool {
        self.triggers().iter().any(|one| fires(one, event) && one.tgfoid != guard)
    }

    /// Whether the role has each of these privileges on the whole table.
    pub fn grants(&self, role: pg_sys::Oid, privileges: &[u32]) -> bool {
        privileges.iter().all(|privilege| {
            // SAFETY: a plain look-up.
            let answer = unsafe {
                pg_sys::pg_class_aclcheck(self.oid(), role, pg_sys::AclMode::from(*privilege))
            };
            answer == pg_sys::AclResult::ACLCHECK_OK
        })
    }

    fn triggers(&self) -> &[pg_sys::Trigger] {
        // SAFETY: an open relation; the server's description of its triggers lives as long.
        unsafe {
            match self.relation.trigdesc.as_ref() {
                Some(all) if all.numtriggers > 0 => std::slice::from_raw_parts(
                    all.triggers,
                    usize::try_from(all.numtriggers).unwrap_or_default(),
                ),
                _ => &[],
            }
        }
    }

    /// Its number.
    pub fn oid(&self) -> pg_sys::Oid {
        self.relation.oid()
    }

    /// Where its rows lie: another file after it was written anew.
    pub fn file(&self) -> Result<pg_sys::Oid, Error> {
        Ok(self.form()?.relfilenode)
    }

    /// As the server has it open.
    pub fn relation(&self) -> pg_sys::Relation {
        self.relation.as_ptr()
    }

    /// Its columns as the server describes them.
    pub fn description(&self) -> pg_sys::TupleDesc {
        self.relation.rd_att
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
        let columns = self.relation.tuple_desc();
        let Some(found) = columns.iter().find(|one| !one.attisdropped && one.name() == name) else {
            return Err(Error::UnknownColumn { relation: self.name(), column: name.to_owned() });
        };
        let column = Column::of(found);
        if !types.contains(&column.base_type) {
            return Err(LedgerError::ColumnType {
                table: self.name(),
                column: name.to_owned(),
                found: type_name(found.atttypid),
                wanted: types.iter().map(|oid| type_name(*oid)).collect::<Vec<_>>().join(", "),
            }
            .into());
        }
        if found.attgenerated != 0 {
            return Err(Error::ColumnGenerated { table: self.name(), column: name.to_owned() });
        }
        Ok(column)
    }

    /// Its columns but these, and but those that are computed.
    pub fn columns_but(&self, numbers: &[i16]) -> Vec<Column> {
        self.relation
            .tuple_desc()
            .iter()
            .filter(|one| !one.attisdropped && one.attgenerated == 0)
            .filter(|one| !numbers.contains(&one.attnum))
            .map(Column::of)
            .collect()
    }

    /// Refuses a column whose values may repeat.
    pub fn need_unique(&self, column: &Column) -> Result<(), LedgerError> {
        if self.unique_indexes(column).next().is_some() {
            return Ok(());
        }
        Err(LedgerError::NotUnique { table: self.name(), column: column.name.clone() })
    }

    /// An index by which rows are found by a uuid in this column, whose values never repeat: one that
    /// hashes where there is one, which takes fewer pages than a tree.
    pub fn uuid_index(&self, column: &Column) -> Option<(pg_sys::Oid, Method)> {
        let tree = self.uuid_tree(column)?;
        let hash = self.indexes().find(|index| hashes_uuids(index, column.number));
        Some(hash.map_or((tree, Method::BTree), |hash| (hash.oid(), Method::Hash)))
    }

    /// The unique index by which rows are found by a uuid in this column.
    pub fn uuid_tree(&self, column: &Column) -> Option<pg_sys::Oid> {
        self.unique_indexes(column).find(orders_uuids).map(|index| index.oid())
    }

    /// Its indexes, open.
    pub fn indexes(&self) -> impl Iterator<Item = PgRelation> {
        self.relation.indices(pg_sys::AccessShareLock.cast_signed())
    }

    /// Only a valid, immediate, complete unique index on the column alone says that its values never
    /// repeat.
    fn unique_indexes(&self, column: &Column) -> impl Iterator<Item = PgRelation> {
        let number = column.number;
        self.indexes().filter(move |index| {
            // SAFETY: an open index has its catalog row, with one key column at least.
            unsafe {
                index.rd_index.as_ref().is_some_and(|form| {
                    form.indisunique
                        && form.indimmediate
                        && form.indisvalid
                        && form.indnkeyatts == 1
                        && *form.indkey.values.as_ptr() == number
                        && pg_sys::heap_attisnull(
                            index.rd_indextuple,
                            pg_sys::Anum_pg_index_indpred.cast_signed(),
                            ptr::null_mut(),
                        )
                })
            }
        })
    }
}

/// Whether a trigger changes nothing about a row before it is written by this event, and asks for no
/// more than the row itself.
fn may_stay(trigger: &pg_sys::Trigger, event: u32, guard: pg_sys::Oid) -> bool {
    let after_row = fires(trigger, pg_sys::TRIGGER_TYPE_ROW)
        && !fires(trigger, pg_sys::TRIGGER_TYPE_BEFORE)
        && !fires(trigger, pg_sys::TRIGGER_TYPE_INSTEAD);
    let takes_tables = !trigger.tgoldtable.is_null() || !trigger.tgnewtable.is_null();
    !fires(trigger, event) || trigger.tgfoid == guard || (after_row && !takes_tables)
}

/// Whether a trigger has this bit: an event, or a time.
fn fires(trigger: &pg_sys::Trigger, bit: u32) -> bool {
    u32::from(trigger.tgtype.cast_unsigned()) & bit != 0
}

/// A checked column.
#[derive(Clone)]
pub struct Column {
    /// Quoted where needed.
    pub name: String,
    /// Its number in the table.
    pub number: i16,
    /// Its type, or the type under its domain.
    pub base_type: pg_sys::Oid,
    /// The type's modifier, as the domain or the column declares it.
    pub typmod: i32,
    /// Whether its type is a domain.
    pub is_domain: bool,
}

impl Column {
    fn of(attribute: &pg_sys::FormData_pg_attribute) -> Self {
        let mut typmod = attribute.atttypmod;
        // SAFETY: a look-up of a type that a live column has.
        let base_type =
            unsafe { pg_sys::getBaseTypeAndTypmod(attribute.atttypid, &raw mut typmod) };
        Self {
            name: quote::ident(attribute.name()),
            number: attribute.attnum,
            base_type,
            typmod,
            is_domain: base_type != attribute.atttypid,
        }
    }

    /// Its place in a row, from 0.
    pub fn place(&self) -> usize {
        usize::from(self.number.unsigned_abs()) - 1
    }
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
