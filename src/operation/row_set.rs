//! Rows as the answer of a function.

use pgrx::pg_sys;

use super::boundary::Call;
use super::statement::Rows;
use crate::error::Error;

/// The rows that a function returns, all at once.
pub struct RowSet {
    store: *mut pg_sys::Tuplestorestate,
    columns: pg_sys::TupleDesc,
}

impl RowSet {
    /// Begins an empty set, in the memory of the caller's query. 0A000 where the call cannot take
    /// one, or where neither it nor the declaration says of what columns.
    pub fn begin(call: &Call) -> Result<Self, Error> {
        // SAFETY: the server's own record of the call; the set and its description live in the
        // memory of the query, as the server asks of a materialized answer.
        unsafe {
            let info = (*call.record()).resultinfo.cast::<pg_sys::ReturnSetInfo>();
            if info.is_null()
                || (*info).type_ != pg_sys::NodeTag::T_ReturnSetInfo
                || (*info).allowedModes
                    & pg_sys::SetFunctionReturnMode::SFRM_Materialize.cast_signed()
                    == 0
            {
                return Err(Error::NoRowsHere);
            }
            if (*info).expectedDesc.is_null() {
                return Err(Error::NoColumnsHere);
            }
            let before = pg_sys::MemoryContextSwitchTo((*(*info).econtext).ecxt_per_query_memory);
            let store = pg_sys::tuplestore_begin_heap(true, false, pg_sys::work_mem);
            let columns = pg_sys::CreateTupleDescCopy((*info).expectedDesc);
            pg_sys::MemoryContextSwitchTo(before);
            (*info).returnMode = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
            (*info).setResult = store;
            (*info).setDesc = columns;
            Ok(Self { store, columns })
        }
    }

    /// Adds a row; the values are copied, and have the types of the declaration.
    pub fn push<const N: usize>(&self, row: [Option<pg_sys::Datum>; N]) -> Result<(), Error> {
        let mut values = row.map(|value| value.unwrap_or(pg_sys::Datum::null()));
        let mut nulls = row.map(|value| value.is_none());
        // SAFETY: the arrays are as long as the row has columns, which is checked first.
        unsafe {
            if usize::try_from((*self.columns).natts) != Ok(N) {
                return Err(Error::Unexpected("a function returns other columns"));
            }
            pg_sys::tuplestore_putvalues(
                self.store,
                self.columns,
                values.as_mut_ptr(),
                nulls.as_mut_ptr(),
            );
        }
        Ok(())
    }

    /// Adds the rows of a statement; false when their columns are not those that the call wants.
    #[must_use]
    pub fn add(&self, rows: Rows) -> bool {
        // SAFETY: made by `begin`, and alive while the call lasts.
        unsafe {
            if !rows.have_types_of(self.columns) {
                return false;
            }
            for tuple in rows.tuples() {
                pg_sys::tuplestore_puttuple(self.store, *tuple);
            }
        }
        true
    }
}
