//! A guard around the server that keeps its errors whole.
//!
//! The bridge's own guard copies message, detail and hint and drops the rest, so that a trigger's
//! own SQLSTATE, the CONTEXT and the names of constraint, table and column never reach the client.
//! Statements that run users' code go through this guard instead: it keeps the server's ErrorData,
//! and the boundary raises it again as it was.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use cee_scape::{SigJmpBufFields, call_with_sigsetjmp};
use pgrx::pg_sys;

/// An error of the server, taken out of its error stack, to be raised again by the boundary. It
/// must not be dropped: the transaction is in an unknown state until it is raised.
#[must_use = "a caught error has to be raised again"]
#[derive(Debug)]
pub struct Caught(NonNull<pg_sys::ErrorData>);

impl Caught {
    /// The server's own record, for the boundary.
    pub fn into_raw(self) -> NonNull<pg_sys::ErrorData> {
        self.0
    }
}

/// Runs `f`, which calls the server, and returns the error it raises, whole.
///
/// # Safety
/// `f` must call functions of the server directly, not through the bridge's guarded bindings, must
/// not panic, and must own nothing with a destructor: an error jumps out of the middle of it.
pub unsafe fn catch<T: Copy>(f: impl FnOnce() -> T) -> Result<T, Caught> {
    // SAFETY: backends have one thread, so the server's globals are ours while we run; the jump
    // lands in `call_with_sigsetjmp`, whose frame is alive, and crosses only the frames of `f`.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let exception_stack = pg_sys::PG_exception_stack;
        let context_stack = pg_sys::error_context_stack;
        let mut result: MaybeUninit<T> = MaybeUninit::uninit();
        let jumped = call_with_sigsetjmp(false, |buffer| {
            pg_sys::PG_exception_stack =
                std::ptr::from_ref::<SigJmpBufFields>(buffer).cast_mut().cast();
            result.write(f());
            0
        });
        pg_sys::PG_exception_stack = exception_stack;
        pg_sys::error_context_stack = context_stack;
        if jumped == 0 {
            return Ok(result.assume_init());
        }
        pg_sys::CurrentMemoryContext = context;
        let error = pg_sys::CopyErrorData();
        pg_sys::FlushErrorState();
        Err(Caught(NonNull::new_unchecked(error)))
    }
}

/// The server's functions as they are, for use inside [`catch`] and by the boundary: the bridge's
/// bindings of the same names carry its own guard, which would break errors up.
pub mod raw {
    use core::ffi::{c_char, c_int, c_long};

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub fn SPI_connect() -> c_int;
        pub fn SPI_finish() -> c_int;
        pub fn SPI_prepare_cursor(
            src: *const c_char,
            nargs: c_int,
            argtypes: *mut pg_sys::Oid,
            cursorOptions: c_int,
        ) -> pg_sys::SPIPlanPtr;
        pub fn SPI_plan_get_cached_plan(plan: pg_sys::SPIPlanPtr) -> *mut pg_sys::CachedPlan;
        pub fn ReleaseCachedPlan(plan: *mut pg_sys::CachedPlan, owner: pg_sys::ResourceOwner);
        pub fn SPI_keepplan(plan: pg_sys::SPIPlanPtr) -> c_int;
        pub fn SPI_execute_plan(
            plan: pg_sys::SPIPlanPtr,
            values: *mut pg_sys::Datum,
            nulls: *const c_char,
            read_only: bool,
            count: c_long,
        ) -> c_int;
        pub fn LockRelationOid(relid: pg_sys::Oid, lockmode: pg_sys::LOCKMODE);
        pub fn AcceptInvalidationMessages();
        pub fn ReThrowError(error: *mut pg_sys::ErrorData) -> !;
        pub fn ThrowErrorData(error: *mut pg_sys::ErrorData);
    }
}
