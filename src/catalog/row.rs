//! The one way statements are run against the catalogs, and rows taken apart.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiHeapTupleData;

use crate::error::{CatalogError, Error};

/// One row of a catalog read; columns are counted from 1.
pub struct Row<'conn> {
    tuple: SpiHeapTupleData<'conn>,
}

impl Row<'_> {
    /// A column that may be NULL.
    pub fn optional<T: FromDatum + IntoDatum>(&self, column: usize) -> Result<Option<T>, Error> {
        Ok(self.tuple.get::<T>(column)?)
    }

    /// A column that the catalogs declare NOT NULL, or that the statement makes so.
    pub fn required<T: FromDatum + IntoDatum>(&self, column: usize) -> Result<T, Error> {
        self.optional(column)?.ok_or(CatalogError::Null { column }.into())
    }
}

/// Runs a read-only statement in the caller's snapshot and converts each row.
pub fn select<T>(
    sql: &str,
    arguments: &[DatumWithOid<'_>],
    mut convert: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    Spi::connect(|client| {
        let mut values = Vec::new();
        for tuple in client.select(sql, None, arguments)? {
            values.push(convert(&Row { tuple })?);
        }
        Ok(values)
    })
}
