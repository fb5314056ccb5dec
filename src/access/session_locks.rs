//! Advisory locks of the session, which no rollback gives back and none takes again: refused while
//! access is tried.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use pgrx::pg_sys::panic::{ErrorReport, ErrorReportable};
use pgrx::pg_sys::{self, Oid};

use crate::error::AccessError;

/// How many of these live: trials may run inside trials.
static DEPTH: AtomicU32 = AtomicU32::new(0);

/// The hook that was there before ours.
static mut BEFORE: pg_sys::object_access_hook_type = None;

/// While this lives, functions that take or give back such a lock raise 0A000.
pub struct SessionLocks(());

impl SessionLocks {
    pub fn refuse() -> Self {
        if DEPTH.fetch_add(1, Relaxed) == 0 {
            // SAFETY: backends have one thread; the hook is taken out again by the drop.
            unsafe {
                BEFORE = pg_sys::object_access_hook;
                pg_sys::object_access_hook = Some(on_access);
            }
        }
        Self(())
    }
}

impl Drop for SessionLocks {
    fn drop(&mut self) {
        if DEPTH.fetch_sub(1, Relaxed) == 1 {
            // SAFETY: puts back what the first one found.
            unsafe { pg_sys::object_access_hook = BEFORE };
        }
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_access(
    access: pg_sys::ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    part: c_int,
    argument: *mut c_void,
) {
    // SAFETY: the arguments are the server's own; an error of the other hook passes as one.
    unsafe {
        if let Some(before) = BEFORE {
            pg_sys::ffi::pg_guard_ffi_boundary(|| before(access, class, object, part, argument));
        }
    }
    if access == pg_sys::ObjectAccessType::OAT_FUNCTION_EXECUTE
        && class == pg_sys::ProcedureRelationId
        && is_of_session(object.to_u32())
    {
        Err::<(), ErrorReport>(AccessError::SessionLock.into()).unwrap_or_report();
    }
}

/// The functions on advisory locks but for those that end with the transaction.
fn is_of_session(function: u32) -> bool {
    (pg_sys::F_PG_ADVISORY_LOCK_INT8..=pg_sys::F_PG_ADVISORY_UNLOCK_ALL).contains(&function)
}
