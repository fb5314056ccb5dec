//! Foreign keys and the indexes beside them, read when a rule first asks.

use std::cell::OnceCell;
use std::collections::HashMap;

use pgrx::pg_sys::Oid;

use super::context::Context;
use crate::catalog::{self, ForeignKey, Index};
use crate::error::Error;

/// Those of the audited tables.
pub struct ForeignKeys {
    keys: HashMap<Oid, Vec<ForeignKey>>,
    indexes: HashMap<Oid, Vec<Index>>,
}

impl ForeignKeys {
    /// The foreign keys of a table, by name.
    pub fn of(&self, table: Oid) -> &[ForeignKey] {
        self.keys.get(&table).map_or(&[], Vec::as_slice)
    }

    /// The indexes of a table that has foreign keys.
    pub fn indexes(&self, table: Oid) -> &[Index] {
        self.indexes.get(&table).map_or(&[], Vec::as_slice)
    }
}

/// Read at most once.
pub type Lazy = OnceCell<ForeignKeys>;

impl Context {
    /// Foreign keys and the indexes of their tables.
    pub fn foreign_keys(&self) -> Result<&ForeignKeys, Error> {
        if let Some(known) = self.on_demand.foreign_keys.get() {
            return Ok(known);
        }
        let tables: Vec<Oid> = self.tables.iter().map(|table| table.oid).collect();
        let mut keys: HashMap<Oid, Vec<ForeignKey>> = HashMap::new();
        for key in catalog::foreign_key::of_tables(&tables)? {
            keys.entry(key.table).or_default().push(key);
        }
        let tables: Vec<Oid> = keys.keys().copied().collect();
        let mut indexes: HashMap<Oid, Vec<Index>> = HashMap::new();
        for index in catalog::index::of_tables(&tables)? {
            indexes.entry(index.table).or_default().push(index);
        }
        Ok(self.on_demand.foreign_keys.get_or_init(|| ForeignKeys { keys, indexes }))
    }
}
