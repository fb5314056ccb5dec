//! Running a query tree.

use std::ffi::c_char;

use pgrx::pg_sys;

use super::answer::Each;
use super::server;

/// Plans and runs a query; `text` is what stands for it where it is logged.
///
/// # Safety
/// Inside a trial's guard, with an active snapshot; the receiver is one for the query's columns.
pub unsafe fn run(
    query: *mut pg_sys::Query,
    text: *const c_char,
    receiver: *mut pg_sys::DestReceiver,
) {
    // SAFETY: as promised; the receiver outlives the run.
    unsafe {
        let plan = server::pg_plan_query(query, text, 0, std::ptr::null_mut());
        let running = server::CreateQueryDesc(
            plan,
            text,
            server::GetActiveSnapshot(),
            std::ptr::null_mut(),
            receiver,
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

/// The same, and hands each row to `take`, whose values live as long as its call.
///
/// # Safety
/// As for [`run`]; the result has so many columns, and `take` does not panic.
pub unsafe fn rows<T: FnMut(&[pg_sys::Datum], &[bool])>(
    query: *mut pg_sys::Query,
    text: *const c_char,
    columns: u16,
    take: T,
) {
    let mut each = Each::new(columns, take);
    // SAFETY: as promised.
    unsafe { run(query, text, each.receiver()) };
}
