//! What a plan stands on beside the catalogs: what the steps before it will have done. So a plan of
//! many calls is the same whether its steps run or not.

use pgrx::pg_sys::Oid;

/// What earlier steps of the same plan do.
#[derive(Debug, Default)]
pub struct Ground {
    /// Tables whose row security they switch on.
    pub enabled: Vec<Oid>,
    /// Tables whose owner they bind, too.
    pub forced: Vec<Oid>,
    /// Indexes that they make.
    pub indexes: Vec<PlannedIndex>,
}

/// An index that a step makes.
#[derive(Debug)]
pub struct PlannedIndex {
    /// Its table.
    pub table: Oid,
    /// Its schema, that of the table.
    pub schema: Oid,
    /// Its columns, in order.
    pub columns: Vec<i16>,
    /// Unquoted name.
    pub name: String,
}
