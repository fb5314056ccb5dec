//! Reading our own private tables the way the server reads its catalogs.
//!
//! What is read for every statement of a caller must cost less than a statement does. Row security
//! and rights, whatever somebody did to the table, play no part. The snapshot is the latest where one
//! can be taken, whatever the isolation level: what is registered is looked up as a table would be.

use std::ffi::CStr;

use pgrx::{FromDatum, pg_sys};

use crate::catalog::table::named;
use crate::error::Error;

/// A private table of the extension.
pub struct PrivateTable {
    /// Its schema.
    pub schema: &'static CStr,
    /// Its name.
    pub name: &'static CStr,
    /// How many columns it has; one that has others is not ours.
    pub columns: usize,
    /// Said when it is missing or has another shape.
    pub defect: &'static str,
}

/// A row, in the order of the columns.
pub struct Row(Vec<Option<pg_sys::Datum>>);

impl Row {
    /// Column `number`, from 1; `None` for NULL. `T` is the type that its declaration says.
    pub fn get<T: FromDatum>(&self, number: usize) -> Option<T> {
        // SAFETY: callers name the declared type.
        self.0
            .get(number - 1)
            .copied()
            .flatten()
            .and_then(|value| unsafe { T::from_datum(value, false) })
    }

    /// The same, where NULL is not possible.
    pub fn need<T: FromDatum>(&self, number: usize) -> Result<T, Error> {
        self.get(number).ok_or(Error::Unexpected("a private table holds a null"))
    }
}

impl PrivateTable {
    /// Its id.
    pub fn oid(&self) -> Result<pg_sys::Oid, Error> {
        named(self.schema, self.name).ok_or(Error::Unexpected(self.defect))
    }

    /// The owner of the extension's private tables: the role that created the extension.
    pub fn owner(&self) -> Result<pg_sys::Oid, Error> {
        crate::catalog::table::owner_of(self.oid()?).ok_or(Error::Unexpected(self.defect))
    }

    /// The rows whose first column of the primary key, an id, is `key`; without one, all of them.
    pub fn rows(&self, key: Option<pg_sys::Oid>) -> Result<Vec<Row>, Error> {
        let oid = self.oid()?;
        let lock = pg_sys::AccessShareLock.cast_signed();
        let mut rows = Vec::new();
        // SAFETY: table, scan and snapshot are closed below, or by the abort that follows an error;
        // each row is copied before the scan moves on.
        unsafe {
            let table = pg_sys::table_open(oid, lock);
            let columns = (*table).rd_att;
            if usize::try_from((*columns).natts) != Ok(self.columns) {
                return Err(Error::Unexpected(self.defect));
            }
            // The server takes no new snapshot while a plan runs in parallel.
            let snapshot = pg_sys::RegisterSnapshot(if pg_sys::IsInParallelMode() {
                pg_sys::GetActiveSnapshot()
            } else {
                pg_sys::GetLatestSnapshot()
            });
            let mut condition = pg_sys::ScanKeyData::default();
            pg_sys::ScanKeyInit(
                &raw mut condition,
                1,
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                pg_sys::Oid::from(pg_sys::F_OIDEQ),
                key.unwrap_or(pg_sys::InvalidOid).into(),
            );
            let scan = pg_sys::systable_beginscan(
                table,
                primary_key(table),
                key.is_some(),
                snapshot,
                i32::from(key.is_some()),
                &raw mut condition,
            );
            loop {
                let found = pg_sys::systable_getnext(scan);
                if found.is_null() {
                    break;
                }
                let copy = pg_sys::heap_copytuple(found);
                let mut values = vec![pg_sys::Datum::null(); self.columns];
                let mut nulls = vec![true; self.columns];
                pg_sys::heap_deform_tuple(copy, columns, values.as_mut_ptr(), nulls.as_mut_ptr());
                rows.push(Row(values
                    .into_iter()
                    .zip(nulls)
                    .map(|(value, null)| (!null).then_some(value))
                    .collect()));
            }
            pg_sys::systable_endscan(scan);
            pg_sys::UnregisterSnapshot(snapshot);
            pg_sys::table_close(table, lock);
        }
        Ok(rows)
    }
}

/// The index behind its primary key.
///
/// # Safety
/// `table` must be open.
pub unsafe fn primary_key(table: pg_sys::Relation) -> pg_sys::Oid {
    // SAFETY: as promised. Ours is not deferrable, so the question that 18 asks does not matter.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        return pg_sys::RelationGetPrimaryKeyIndex(table);
        #[cfg(feature = "pg18")]
        return pg_sys::RelationGetPrimaryKeyIndex(table, false);
    }
}
