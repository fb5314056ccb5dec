//! Every setting of rowguard in one place: name, flags, default, why.

use std::ffi::{CStr, CString};

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::pg_sys;

use crate::atomic::shared;
use crate::auth;
use crate::error::Error;

/// The roles that application traffic runs as, by the administrator's word: a comma list of names.
/// Empty: anon and authenticated where they exist, else whoever may log in.
pub static EXPOSED_ROLES: GucSetting<Option<CString>> =
    GucSetting::<Option<CString>>::new(Some(c""));

/// Functions that say who is asking besides those that the audit finds itself: a comma list of
/// schema-qualified names, with or without argument types.
pub static IDENTITY_FUNCTIONS: GucSetting<Option<CString>> =
    GucSetting::<Option<CString>>::new(Some(c""));

/// Objects that a restore has left out, as a JSON array; the audit says of each that it was not
/// judged. Set by `rowguard-audit` alone.
pub static NOT_RESTORED: GucSetting<Option<CString>> =
    GucSetting::<Option<CString>>::new(Some(c""));

/// How many counters of rate limits there is room for in shared memory. Each takes some 60 bytes.
static RATE_LIMIT_COUNTERS: GucSetting<i32> = GucSetting::<i32>::new(65_536);

/// How many counters of rate limits there is room for.
pub fn rate_limit_counters() -> usize {
    usize::try_from(RATE_LIMIT_COUNTERS.get()).unwrap_or_default()
}

/// How many proxies stand before the gateway, each of which adds an address to X-Forwarded-For. Zero: nobody's
/// word for an address is taken.
static TRUSTED_PROXIES: GucSetting<i32> = GucSetting::<i32>::new(0);

/// How many proxies are trusted.
pub fn trusted_proxies() -> usize {
    usize::try_from(TRUSTED_PROXIES.get()).unwrap_or_default()
}

/// Defines the settings. Called once, when the server loads the library.
pub fn define() -> Result<(), Error> {
    // Each is defined beside the code that its hooks belong to.
    auth::define_settings()?;
    define_audit();
    define_rates();

    // Last: from here on a misspelt `rowguard.*` is an error, and one that was set before the
    // library came is dropped with a warning. Never for `request`, which gateways own.
    // SAFETY: a static string; called while the server loads the library.
    unsafe { pg_sys::MarkGUCPrefixReserved(c"rowguard".as_ptr()) };
    Ok(())
}

/// Settings of the audit. Superusers' alone: they decide what counts as a finding.
fn define_audit() {
    GucRegistry::define_string_guc(
        c"rowguard.exposed_roles",
        c"Roles that application traffic runs as.",
        c"Comma list of role names; PUBLIC always belongs. Empty: anon and authenticated where they exist, else every login role without special rights.",
        &EXPOSED_ROLES,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"rowguard.identity_functions",
        c"Functions that say who is asking.",
        c"Comma list of schema-qualified function names, argument types optional, besides those of this extension.",
        &IDENTITY_FUNCTIONS,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"rowguard.not_restored",
        c"Objects that a restore has left out.",
        c"JSON array of objects with schema, object, kind, reason and statement; the audit reports each as not evaluated.",
        &NOT_RESTORED,
        GucContext::Suset,
        GucFlags::NO_SHOW_ALL,
    );
}

/// Settings of rate limits.
fn define_rates() {
    GucRegistry::define_int_guc(
        c"rowguard.rate_limit_counters",
        c"How many counters of rate limits there is room for in shared memory.",
        c"When there are more, those unused for longest are dropped. Takes effect where rowguard is in shared_preload_libraries, when the server starts.",
        &RATE_LIMIT_COUNTERS,
        1_024,
        16_777_216,
        // A library that comes later must not define one that the postmaster needs, and has no memory to size.
        if shared::preloading() { GucContext::Postmaster } else { GucContext::Sighup },
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"rowguard.trusted_proxies",
        c"How many proxies before the gateway add an address to X-Forwarded-For.",
        c"The client's address is the one that the outermost of them added. 0: the header is not believed, and clients without an identity are counted together.",
        &TRUSTED_PROXIES,
        0,
        32,
        GucContext::Suset,
        GucFlags::default(),
    );
}

/// The server's record of a setting; null where there is none.
#[cfg(feature = "pg15")]
pub fn find(name: &CStr) -> *const pg_sys::config_generic {
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

/// The server's record of a setting; null where there is none.
#[cfg(not(feature = "pg15"))]
pub fn find(name: &CStr) -> *const pg_sys::config_generic {
    // SAFETY: the name ends with a null byte; a missing setting is no error.
    unsafe { pg_sys::find_option(name.as_ptr(), false, true, pg_sys::LOG.cast_signed()) }
}
