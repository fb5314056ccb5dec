//! What indexes of a ledger's tables are like.

use pgrx::{PgList, PgRelation, pg_sys};

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

/// Whether the index is a B-tree that knows the rows of every snapshot, and its first column compares uuids
/// as the server does.
pub fn orders_uuids(index: &PgRelation) -> bool {
    let kind = pg_sys::UUIDOID;
    let strategy = pg_sys::BTEqualStrategyNumber as i16;
    // SAFETY: an open index has one key column at least.
    unsafe {
        let equal = pg_sys::get_opfamily_member(*index.rd_opfamily, kind, kind, strategy);
        is_usable(index)
            && *index.rd_opcintype == kind
            && equal != pg_sys::InvalidOid
            && pg_sys::get_opcode(equal) == pg_sys::Oid::from(pg_sys::F_UUID_EQ)
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
