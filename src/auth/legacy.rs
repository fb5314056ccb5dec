//! `rowguard.legacy_claims`: claims that come one by one in settings `request.jwt.claim.<name>`,
//! the way older gateways hand them over.
//!
//! The server knows those settings only by the names that somebody has set, so nothing tells when
//! one of them changes: while this is on, readers look again at every call.

use std::ffi::{CStr, CString, c_int, c_void};

use pgrx::pg_sys;

use super::session;

/// The setting's value, which the server writes.
static mut ENABLED: bool = false;

/// Defines the setting. Only superusers may set it: it decides which settings of the session are
/// an identity.
pub fn define_setting() {
    // SAFETY: called once by `_PG_init`; the strings and the variable are static, and the hook has
    // the signature that the server expects.
    unsafe {
        pg_sys::DefineCustomBoolVariable(
            c"rowguard.legacy_claims".as_ptr(),
            c"Reads claims that request.jwt.claims lacks from request.jwt.claim.<name>.".as_ptr(),
            c"For gateways that set each claim by itself. Readers are slower while it is on."
                .as_ptr(),
            &raw mut ENABLED,
            false,
            pg_sys::GucContext::PGC_SUSET,
            0 as c_int,
            None,
            Some(assign),
            None,
        );
    }
}

/// Assign hook: answers read the other way are no longer good. Must not fail.
unsafe extern "C-unwind" fn assign(_value: bool, _extra: *mut c_void) {
    session::changed();
}

/// Whether such claims count: in verified mode nothing does but the token.
pub fn enabled() -> bool {
    // SAFETY: a backend has one thread.
    unsafe { ENABLED && session::from_gateway() }
}

/// The claim of this name as text; none where they do not count, or the setting is missing or
/// empty, which is what a pooled connection resets it to. As names of settings do, `name` matches
/// in upper and lower case.
pub fn claim(name: &str) -> Option<String> {
    if !enabled() {
        return None;
    }
    let setting = CString::new(format!("request.jwt.claim.{name}")).ok()?;
    // SAFETY: the server returns a string or null, which lives until the setting changes.
    let text = unsafe {
        let text = pg_sys::GetConfigOption(setting.as_ptr(), true, false);
        (!text.is_null()).then(|| CStr::from_ptr(text))?
    };
    // Text that is no UTF-8 cannot be told from another: nobody's.
    let text = text.to_str().ok()?;
    (!text.is_empty()).then(|| text.to_owned())
}
