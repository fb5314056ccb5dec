//! The rows that a set-returning function answers with.

use pgrx::pg_sys;

use super::boundary::Call;
use super::statement::Rows;
use crate::error::Error;

/// The rows of one call, kept by the server until the query that asked is done.
pub struct RowSet {
    store: *mut pg_sys::Tuplestorestate,
    columns: pg_sys::TupleDesc,
}

impl RowSet {
    /// An empty set for a call of a function that returns SETOF record. 0A000 where the call says
    /// no columns, or cannot take a set.
    pub fn of(call: &Call) -> Result<Self, Error> {
        let mut info = call.set_info().ok_or(Error::NoPlaceForRows)?;
        // SAFETY: the server's own record, which nobody else uses during the call.
        let info = unsafe { info.as_mut() };
        let modes = info.allowedModes.cast_unsigned();
        if modes & pg_sys::SetFunctionReturnMode::SFRM_Materialize == 0
            || info.expectedDesc.is_null()
        {
            return Err(Error::NoPlaceForRows);
        }
        let random = modes & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random != 0;
        // SAFETY: the server's own record of the call; what is made lives in the memory of the
        // query that asked, as the server wants it.
        unsafe {
            let memory = (*info.econtext).ecxt_per_query_memory;
            let before = pg_sys::MemoryContextSwitchTo(memory);
            let store = pg_sys::tuplestore_begin_heap(random, false, pg_sys::work_mem);
            let columns = pg_sys::CreateTupleDescCopy(info.expectedDesc);
            pg_sys::MemoryContextSwitchTo(before);
            info.returnMode = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
            info.setResult = store;
            info.setDesc = columns;
            Ok(Self { store, columns })
        }
    }

    /// Adds the rows of a statement; false when their columns are not those that the call wants.
    #[must_use]
    pub fn add(&self, rows: Rows) -> bool {
        // SAFETY: made by `of`, and alive while the call lasts.
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
