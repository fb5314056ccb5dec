//! The values of rows that are about to be written.

use core::ffi::c_int;

use pgrx::pg_sys;

use super::server;
use super::target::{Fit, Target};
use super::write::Row;

/// Forgets the values of rows that were written, and makes room for those of others; answers the
/// memory to go back to.
///
/// # Safety
/// For `catch` alone; the state must have a context for rows.
pub unsafe fn begin_rows(estate: *mut pg_sys::EState) -> pg_sys::MemoryContext {
    // SAFETY: as promised.
    unsafe {
        let memory = (*(*estate).es_per_tuple_exprcontext).ecxt_per_tuple_memory;
        server::MemoryContextReset(memory);
        let before = pg_sys::CurrentMemoryContext;
        pg_sys::CurrentMemoryContext = memory;
        before
    }
}

/// Stores the values of a row over what is in the slot.
///
/// # Safety
/// For `catch` alone; the slot must have the table's columns, all of them set.
pub unsafe fn store(target: &Target, row: &Row, slot: *mut pg_sys::TupleTableSlot) {
    // SAFETY: as promised.
    unsafe {
        for (column, value) in target.columns.iter().zip(row) {
            let Some(column) = column else { continue };
            *(*slot).tts_isnull.add(column.place) = value.is_none();
            if let Some(value) = value {
                *(*slot).tts_values.add(column.place) = fitted(*value, column.fit);
            }
        }
        server::ExecStoreVirtualTuple(slot);
        // Constraints may ask for it.
        (*slot).tts_tableOid = target.table;
    }
}

/// # Safety
/// For `catch` alone; the value must be a numeric where the fit is about numerics.
unsafe fn fitted(value: pg_sys::Datum, fit: Fit) -> pg_sys::Datum {
    let none = pg_sys::InvalidOid;
    // SAFETY: as promised.
    unsafe {
        match fit {
            Fit::AsIs => value,
            Fit::Numeric(modifier) => server::DirectFunctionCall2Coll(
                server::numeric,
                none,
                value,
                pg_sys::Datum::from(modifier as c_int),
            ),
            Fit::Int4 => server::DirectFunctionCall1Coll(server::numeric_int4, none, value),
            Fit::Int8 => server::DirectFunctionCall1Coll(server::numeric_int8, none, value),
        }
    }
}
