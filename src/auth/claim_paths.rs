//! The settings that name where in the claims the tenant, the roles and the role stand.
//!
//! Only superusers may set them: who chooses the path chooses which claim is the tenant. A path
//! that cannot be read is refused when somebody types it; from a configuration file or a catalog
//! it is taken and raised by the readers, because refusing it there would fall back to the default
//! path, another claim.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::catch_unwind;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use pgrx::pg_sys;

use super::{path, session};
use crate::error::{AuthError, Error};

/// A setting that holds a claim path; an empty one names no claim.
pub struct ClaimPath {
    name: &'static CStr,
    default: &'static CStr,
    meaning: &'static CStr,
    /// The value, which the server writes and owns.
    value: AtomicPtr<c_char>,
}

/// The claim that `auth.tenant_id()` reads.
pub static TENANT: ClaimPath = ClaimPath {
    name: c"rowguard.tenant_claim",
    default: c"app_metadata.tenant_id",
    meaning: c"Path of the claim that names the tenant, for auth.tenant_id().",
    value: AtomicPtr::new(ptr::null_mut()),
};

/// The claim that `auth.has_role()` looks into.
pub static ROLES: ClaimPath = ClaimPath {
    name: c"rowguard.roles_claim",
    default: c"app_metadata.roles",
    meaning: c"Path of the claim that lists the roles, for auth.has_role().",
    value: AtomicPtr::new(ptr::null_mut()),
};

/// The claim that `auth.role()` reads.
pub static ROLE: ClaimPath = ClaimPath {
    name: c"rowguard.role_claim",
    default: c"role",
    meaning: c"Path of the claim that names the role, for auth.role() and auth.has_role().",
    value: AtomicPtr::new(ptr::null_mut()),
};

/// Defines the three settings.
pub fn define_settings() {
    for setting in [&TENANT, &ROLES, &ROLE] {
        // SAFETY: called once by `_PG_init`; the strings and the variable are static, and the
        // hooks have the signatures that the server expects.
        unsafe {
            pg_sys::DefineCustomStringVariable(
                setting.name.as_ptr(),
                setting.meaning.as_ptr(),
                c"Keys joined by dots, a key with dots in double quotes; empty: no claim.".as_ptr(),
                setting.value.as_ptr(),
                setting.default.as_ptr(),
                pg_sys::GucContext::PGC_SUSET,
                0 as c_int,
                Some(check),
                Some(assign),
                None,
            );
        }
    }
}

impl ClaimPath {
    /// The path's elements; none when the setting is empty; 22023 when it is no path.
    pub fn read(&self) -> Result<Option<Vec<String>>, Error> {
        let value = self.value.load(Relaxed);
        if value.is_null() {
            return Ok(None);
        }
        // SAFETY: a value of the server's, a string that a null byte ends.
        let elements = parse(unsafe { CStr::from_ptr(value) })
            .ok_or_else(|| AuthError::InvalidClaimPath(self.name.to_string_lossy().into_owned()))?;
        Ok((!elements.is_empty()).then_some(elements))
    }
}

fn parse(value: &CStr) -> Option<Vec<String>> {
    path::parse(value.to_str().ok()?)
}

/// Check hook: refuses a path that cannot be read, when it comes from somebody who is told.
unsafe extern "C-unwind" fn check(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    if source < pg_sys::GucSource::PGC_S_INTERACTIVE {
        return true;
    }
    // SAFETY: the server passes a valid pointer to the new value, which may be null.
    let text = unsafe { value.as_ref().and_then(|text| text.as_ref()) };
    // SAFETY: the value is a string that a null byte ends.
    let Some(text) = text.map(|text| unsafe { CStr::from_ptr(text) }) else { return true };
    // A panic must not cross the hook.
    if catch_unwind(|| parse(text)).is_ok_and(|elements| elements.is_some()) {
        return true;
    }
    // SAFETY: the server reports the text while the hook's caller runs, and never frees it.
    unsafe {
        pg_sys::GUC_check_errdetail_string =
            c"Keys are joined by dots; a key with dots or spaces stands in double quotes."
                .as_ptr()
                .cast_mut();
    }
    false
}

/// Assign hook: answers read from another claim are no longer good. Must not fail.
unsafe extern "C-unwind" fn assign(_value: *const c_char, _extra: *mut c_void) {
    session::changed();
}
