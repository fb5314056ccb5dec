//! Where the server refuses to write, so do we, in the words that say why.

use std::ffi::CStr;

use pgrx::pg_sys;

/// Raises 25006 in a read-only transaction, and so on a standby: "cannot execute `what` in a
/// read-only transaction". Asked before the first lock or transaction id is taken: a standby
/// refuses these itself, as 55000 and XX000.
pub fn refuse(what: &CStr) {
    // SAFETY: a C string that lives through the call.
    unsafe { pg_sys::PreventCommandIfReadOnly(what.as_ptr()) };
}
