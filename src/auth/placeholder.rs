//! What was known of a setting before this library defined it.
//!
//! Any user may give a value at the start of a connection for a setting that nobody has defined
//! yet. It displaces what the configuration files and the catalog say, for the whole session; when
//! the setting is defined, the server throws it away, but what it displaced is gone and the built-in
//! default comes in its place.

use std::ffi::CStr;

use pgrx::pg_sys::GucSource;

use crate::settings::find;

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
