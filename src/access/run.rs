//! Running a query tree and taking its rows.

use std::ffi::{c_char, c_int};

use pgrx::pg_sys;

use super::server;

/// Where rows go.
#[repr(C)]
struct Receiver<T> {
    base: pg_sys::DestReceiver,
    columns: c_int,
    take: T,
}

/// # Safety
/// The server calls it with a row and the receiver that it was given.
unsafe extern "C-unwind" fn receive<T: FnMut(&[pg_sys::Datum], &[bool])>(
    slot: *mut pg_sys::TupleTableSlot,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: as promised; the row has as many columns as whoever runs the query says.
    unsafe {
        let receiver = &mut *receiver.cast::<Receiver<T>>();
        if c_int::from((*slot).tts_nvalid) < receiver.columns {
            server::slot_getsomeattrs_int(slot, receiver.columns);
        }
        let columns = receiver.columns.cast_unsigned() as usize;
        (receiver.take)(
            std::slice::from_raw_parts((*slot).tts_values, columns),
            std::slice::from_raw_parts((*slot).tts_isnull, columns),
        );
    }
    true
}

unsafe extern "C-unwind" fn start(
    _receiver: *mut pg_sys::DestReceiver,
    _operation: c_int,
    _columns: pg_sys::TupleDesc,
) {
}

unsafe extern "C-unwind" fn end(_receiver: *mut pg_sys::DestReceiver) {}

/// Plans and runs a query; `take` gets each row, whose values live as long as its call.
/// `text` is what stands for the query where it is logged.
///
/// # Safety
/// Inside a trial's guard, with an active snapshot; the result has `columns` columns; `take` does
/// not panic, and owns nothing with a destructor.
pub unsafe fn rows<T: FnMut(&[pg_sys::Datum], &[bool])>(
    query: *mut pg_sys::Query,
    text: *const c_char,
    columns: c_int,
    take: T,
) {
    let mut receiver = Receiver {
        base: pg_sys::DestReceiver {
            receiveSlot: Some(receive::<T>),
            rStartup: Some(start),
            rShutdown: Some(end),
            rDestroy: Some(end),
            mydest: pg_sys::CommandDest::DestNone,
        },
        columns,
        take,
    };
    // SAFETY: as promised; the receiver outlives the run.
    unsafe {
        let plan = server::pg_plan_query(query, text, 0, std::ptr::null_mut());
        let running = server::CreateQueryDesc(
            plan,
            text,
            server::GetActiveSnapshot(),
            std::ptr::null_mut(),
            (&raw mut receiver).cast(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
        );
        server::ExecutorStart(running, 0);
        let forward = pg_sys::ScanDirection::ForwardScanDirection;
        #[cfg(not(feature = "pg18"))]
        server::ExecutorRun(running, forward, 0, true);
        #[cfg(feature = "pg18")]
        server::ExecutorRun(running, forward, 0);
        server::ExecutorFinish(running);
        server::ExecutorEnd(running);
        server::FreeQueryDesc(running);
    }
}

/// The bigint that a query results in.
///
/// # Safety
/// As for [`rows`]; the only column is a bigint that is not NULL.
pub unsafe fn number(query: *mut pg_sys::Query, text: *const c_char) -> i64 {
    let mut number = 0;
    // SAFETY: as promised.
    unsafe {
        rows(query, text, 1, |values, _| {
            if let [value] = values {
                number = value.value() as i64;
            }
        });
        // Written by the server through a pointer.
        std::ptr::read_volatile(&raw const number)
    }
}
