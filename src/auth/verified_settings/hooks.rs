//! What the server calls when a setting is about to change, and when it has.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::catch_unwind;
use std::sync::atomic::Ordering::Relaxed;

use pgrx::pg_sys;

use super::define::DEFINING;
use super::mode::{self, Mode};
use super::{CHANGES, JWKS_IS_PUBLIC, KEY_CHANGES, changes, durations, key_changes};
use crate::auth::keys::{KeyDefect, KeySet, Place};
use crate::auth::session;

/// Whether an invalid value is refused: only to whoever sets it this moment and sees the error.
/// Refused while the setting is being defined, the value would give way to the default; in a
/// parallel worker, to an error in a query that may be anybody's.
fn refuses(source: pg_sys::GucSource::Type) -> bool {
    // SAFETY: a plain variable of the server.
    let in_worker = unsafe { pg_sys::InitializingParallelWorker };
    matches!(source, pg_sys::GucSource::PGC_S_SESSION | pg_sys::GucSource::PGC_S_INTERACTIVE)
        && !DEFINING.load(Relaxed)
        && !in_worker
}

/// # Safety
/// `value` is what the server passes to a check hook; the result is good while the hook runs.
unsafe fn new_value<'a>(value: *mut *mut c_char) -> Option<&'a CStr> {
    // SAFETY: a valid pointer to a string that a null byte ends, or to null.
    unsafe { value.as_ref().filter(|value| !value.is_null()).map(|value| CStr::from_ptr(*value)) }
}

/// Of `rowguard.identity_mode`: one of the two modes.
pub(super) unsafe extern "C-unwind" fn check_mode(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server calls its hook.
    let mode = Mode::named(unsafe { new_value(value) });
    let good = matches!(mode, Mode::Gateway | Mode::Verified);
    good || !refuses(source) || refuse(c"Available values: gateway, verified.")
}

/// Of `rowguard.jwt_leeway`.
pub(super) unsafe extern "C-unwind" fn check_leeway(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server calls its hook.
    let good = durations::leeway(unsafe { new_value(value) }).is_some();
    good || !refuses(source) || refuse(c"A duration of 0 to 300 seconds, such as 30s.")
}

/// Of `rowguard.jwt_max_lifetime`.
pub(super) unsafe extern "C-unwind" fn check_max_lifetime(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server calls its hook.
    let good = durations::max_lifetime(unsafe { new_value(value) }).is_some();
    good || !refuses(source) || refuse(c"off, or a duration of at least a second, such as 15min.")
}

/// Refuses a value whose text may stand in the server's message.
fn refuse(hint: &'static CStr) -> bool {
    // SAFETY: the server reads the hint when the hook has returned, and frees nothing.
    unsafe { pg_sys::GUC_check_errhint_string = hint.as_ptr().cast_mut() };
    false
}

/// Keeps beside the value whether it came from a configuration file: a symmetric key is taken from
/// nowhere else. The server's message about a refused value would hold the keys: ours does not.
pub(super) unsafe extern "C-unwind" fn check_jwks(
    value: *mut *mut c_char,
    extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    thread_local! {
        // What the server reads when the hook has returned.
        static DETAIL: RefCell<CString> = RefCell::default();
    }
    // SAFETY: the server calls its hook.
    let Some(jwks) = (unsafe { new_value(value) }) else { return true };
    if refuses(source) && !jwks.is_empty() {
        // A panic must not cross the hook, and a set that makes the parser panic is none.
        let outcome = catch_unwind(|| KeySet::parse(jwks.to_bytes(), Place::Public).map(drop))
            .unwrap_or(Err(KeyDefect::NotASet));
        if let Err(defect) = outcome {
            let detail = CString::new(format!("The key set cannot be used: {defect}."));
            DETAIL.set(detail.unwrap_or_default());
            // SAFETY: as in `refuse`; the detail is kept until the next.
            unsafe {
                pg_sys::GUC_check_errmsg_string =
                    c"invalid value for parameter \"rowguard.jwks\"".as_ptr().cast_mut();
                pg_sys::GUC_check_errdetail_string =
                    DETAIL.with_borrow(|detail| detail.as_ptr().cast_mut());
            }
            return false;
        }
    }
    let block = session::allocate(size_of::<bool>()).cast::<bool>();
    if block.is_null() {
        return false;
    }
    // SAFETY: the block is as large as a bool, and the server passes a valid place for it.
    unsafe {
        block.write(source == pg_sys::GucSource::PGC_S_FILE);
        *extra = block.cast();
    }
    true
}

/// Of `rowguard.identity_mode`.
pub(super) unsafe extern "C-unwind" fn assign_mode(value: *const c_char, extra: *mut c_void) {
    // SAFETY: the server passes the new value, a string that a null byte ends, or null.
    let mode = Mode::named(unsafe { (!value.is_null()).then(|| CStr::from_ptr(value)) });
    mode::set(mode);
    // SAFETY: the server's own call.
    unsafe { assign(value, extra) };
}

/// Of `rowguard.jwks`.
pub(super) unsafe extern "C-unwind" fn assign_jwks(value: *const c_char, extra: *mut c_void) {
    // SAFETY: null, or the block that `check_jwks` made.
    let private = unsafe { extra.cast::<bool>().as_ref() }.is_some_and(|private| *private);
    JWKS_IS_PUBLIC.store(!private, Relaxed);
    // SAFETY: the server's own call.
    unsafe { assign_keys(value, extra) };
}

/// Of a setting that names keys.
pub(super) unsafe extern "C-unwind" fn assign_keys(value: *const c_char, extra: *mut c_void) {
    KEY_CHANGES.store(key_changes().wrapping_add(1), Relaxed);
    // SAFETY: the server's own call.
    unsafe { assign(value, extra) };
}

/// Of any setting here.
pub(super) unsafe extern "C-unwind" fn assign(_value: *const c_char, _extra: *mut c_void) {
    CHANGES.store(changes().wrapping_add(1), Relaxed);
    session::changed();
}
