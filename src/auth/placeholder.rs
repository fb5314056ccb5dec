//! What was known of a setting before this library defined it.
//!
//! Any user may give a value at the start of a connection for a setting that nobody has defined
//! yet. It displaces what the configuration files and the catalog say, for the whole session; when
//! the setting is defined, the server throws it away, but what it displaced is gone and the built-in
//! default comes in its place.

use std::ffi::CStr;

use pgrx::pg_sys::{self, GucSource};

/// Where settings had their values from before they were defined.
pub struct Origins(Vec<(&'static CStr, Option<GucSource::Type>)>);

impl Origins {
    /// Looks at settings that are about to be defined.
    pub fn of(names: &[&'static CStr]) -> Self {
        Self(names.iter().map(|name| (*name, origin(name))).collect())
    }

    /// Whether the server threw a value away, and perhaps another with it, when they were defined.
    pub fn lost(&self) -> bool {
        self.0.iter().any(|(name, before)| before.is_some() && origin(name) != *before)
    }
}

/// Where the value comes from that the setting has when nobody sets it; none: there is no such
/// setting, or only its built-in value.
fn origin(name: &CStr) -> Option<GucSource::Type> {
    // SAFETY: the server's own record of the setting, read at once.
    let origin = unsafe { find(name).as_ref() }?.reset_source;
    (origin != GucSource::PGC_S_DEFAULT).then_some(origin)
}

#[cfg(feature = "pg15")]
fn find(name: &CStr) -> *const pg_sys::config_generic {
    // SAFETY: the server's list of settings and its length; every entry has a name.
    unsafe {
        let count = usize::try_from(pg_sys::GetNumConfigOptions()).unwrap_or_default();
        let all = std::slice::from_raw_parts(pg_sys::get_guc_variables(), count);
        let named = |setting: &&*mut pg_sys::config_generic| {
            CStr::from_ptr((***setting).name).to_bytes().eq_ignore_ascii_case(name.to_bytes())
        };
        all.iter().find(named).map_or(std::ptr::null(), |setting| setting.cast_const())
    }
}

#[cfg(not(feature = "pg15"))]
fn find(name: &CStr) -> *const pg_sys::config_generic {
    // SAFETY: the name ends with a null byte; a missing setting is no error.
    unsafe { pg_sys::find_option(name.as_ptr(), false, true, pg_sys::LOG.cast_signed()) }
}
