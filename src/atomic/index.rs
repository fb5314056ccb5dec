//! What indexes of a ledger's tables are like.

use pgrx::{PgList, PgRelation, pg_sys};

use super::tables::{Column, Table};

/// A unique index of a created ledger's transfers, by which their idempotency keys are found.
pub struct KeyIndex {
    pub table: pg_sys::Oid,
    pub index: pg_sys::Oid,
    /// The columns' numbers in the table.
    pub payer: i16,
    pub key: i16,
}

impl KeyIndex {
    /// The one on these columns, if the table has one that knows every key.
    pub fn of(table: &Table, payer: &Column, key: &Column) -> Option<Self> {
        let columns = [payer.number, key.number];
        let equal = [(pg_sys::UUIDOID, pg_sys::F_UUID_EQ), (pg_sys::TEXTOID, pg_sys::F_TEXTEQ)];
        // SAFETY: an open index has its catalog rows, with as many key columns as they say.
        let index = table.indexes().find(|index| unsafe {
            let Some(form) = index.rd_index.as_ref() else { return false };
            is_usable(index)
                && form.indisunique
                && usize::from(form.indnkeyatts.unsigned_abs()) == columns.len()
                && std::slice::from_raw_parts(form.indkey.values.as_ptr(), columns.len()) == columns
                && (0..).zip(equal).all(|(at, (kind, equal))| compares(index, at, kind, equal))
                && *index.rd_indcollation.add(1) == pg_sys::C_COLLATION_OID
                && match predicate(index) {
                    Predicate::None => true,
                    Predicate::IsNotNull(column) => column == key.number,
                    Predicate::Other => false,
                }
        })?;
        Some(Self { table: table.oid(), index: index.oid(), payer: payer.number, key: key.number })
    }
}

/// Whether the index is a B-tree that knows the rows of every snapshot.
pub fn is_usable(index: &PgRelation) -> bool {
    // SAFETY: an open index has its catalog rows.
    unsafe {
        (*index.rd_rel).relam == pg_sys::BTREE_AM_OID
            && (*index.rd_index).indisvalid
            && (*index.rd_index).indimmediate
            && !(*index.rd_index).indcheckxmin
    }
}

/// Whether the index hashes the uuids of this column alone, of all rows, as every snapshot sees them.
pub fn hashes_uuids(index: &PgRelation, column: i16) -> bool {
    // SAFETY: an open index has its catalog rows and one key column at least.
    unsafe {
        let form = &*index.rd_index;
        (*index.rd_rel).relam == pg_sys::HASH_AM_OID
            && form.indisvalid
            && !form.indcheckxmin
            && *form.indkey.values.as_ptr() == column
            && *index.rd_opfamily == pg_sys::Oid::from(UUID_HASH_FAMILY)
            && matches!(predicate(index), Predicate::None)
    }
}

/// The server's own operator family uuid_ops of hash indexes, a fixed number of its catalog.
const UUID_HASH_FAMILY: u32 = 2969;

/// Whether key column `at`, from 0, of the index compares values of this type by this function.
///
/// # Safety
/// The index must have that key column.
pub unsafe fn compares(index: &PgRelation, at: usize, kind: pg_sys::Oid, function: u32) -> bool {
    let strategy = pg_sys::BTEqualStrategyNumber as i16;
    // SAFETY: as promised.
    unsafe {
        let family = *index.rd_opfamily.add(at);
        let equal = pg_sys::get_opfamily_member(family, kind, kind, strategy);
        *index.rd_opcintype.add(at) == kind
            && equal != pg_sys::InvalidOid
            && pg_sys::get_opcode(equal) == pg_sys::Oid::from(function)
    }
}

/// Which rows an index knows.
pub enum Predicate {
    /// All.
    None,
    /// Those where this column is not NULL.
    IsNotNull(i16),
    /// Some.
    Other,
}

/// Which rows the index knows.
pub fn predicate(index: &PgRelation) -> Predicate {
    // SAFETY: an open index; the list is a copy of the server's own, its nodes are of the kinds that
    // their tags say.
    unsafe {
        let list =
            PgList::<pg_sys::Node>::from_pg(pg_sys::RelationGetIndexPredicate(index.as_ptr()));
        match (list.len(), list.get_ptr(0)) {
            (0, _) => Predicate::None,
            (1, Some(node)) if (*node).type_ == pg_sys::NodeTag::T_NullTest => {
                let test = node.cast::<pg_sys::NullTest>();
                let tested = (*test).arg.cast::<pg_sys::Node>();
                if (*test).nulltesttype == pg_sys::NullTestType::IS_NOT_NULL
                    && (*tested).type_ == pg_sys::NodeTag::T_Var
                {
                    Predicate::IsNotNull((*tested.cast::<pg_sys::Var>()).varattno)
                } else {
                    Predicate::Other
                }
            }
            _ => Predicate::Other,
        }
    }
}
