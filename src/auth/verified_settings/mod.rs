//! The settings of verified mode, and what they hold.
//!
//! All are texts. Of an enum or a number the server would take an invalid value with a warning from
//! a file or a catalog, and go on with the default, which is the weaker choice. Here an interactive
//! SET refuses an invalid value, and from any other source it is taken and means that nobody is
//! authenticated. The hooks only note that something has changed; the first read does the work,
//! because a parallel worker may restore the token before the keys.

mod defect;
mod define;
mod durations;
mod hooks;
mod mode;

use std::ffi::{CStr, c_char};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

pub use defect::SettingDefect;
pub use define::{define, overrule};
pub use mode::{Mode, mode};

use super::key_file;
use super::keys::{KeySet, Place};

// The values. The server owns what the pointers point to.
static mut MODE_TEXT: *mut c_char = ptr::null_mut();
static mut JWKS: *mut c_char = ptr::null_mut();
static mut JWKS_FILE: *mut c_char = ptr::null_mut();
static mut TOKEN: *mut c_char = ptr::null_mut();
static mut ISSUER: *mut c_char = ptr::null_mut();
static mut AUDIENCE: *mut c_char = ptr::null_mut();
static mut LEEWAY: *mut c_char = ptr::null_mut();
static mut MAX_LIFETIME: *mut c_char = ptr::null_mut();

/// Whether `JWKS` comes from a place that others can read.
static JWKS_IS_PUBLIC: AtomicBool = AtomicBool::new(true);
/// Grows with every change of a setting here.
static CHANGES: AtomicU64 = AtomicU64::new(0);
/// Grows with every change of the settings that name keys.
static KEY_CHANGES: AtomicU64 = AtomicU64::new(0);

/// The number of the settings' state: two equal numbers mean the same values.
pub fn changes() -> u64 {
    CHANGES.load(Relaxed)
}

/// The number of the state of the settings that name keys.
pub fn key_changes() -> u64 {
    KEY_CHANGES.load(Relaxed)
}

/// The token; none when there is none. Good until a setting changes.
pub fn token() -> Option<&'static [u8]> {
    // SAFETY: see `value`.
    unsafe { value(&raw const TOKEN) }.map(CStr::to_bytes)
}

/// The issuer that tokens must name.
pub fn issuer() -> Result<Option<String>, SettingDefect> {
    // SAFETY: see `value`.
    text("rowguard.jwt_issuer", unsafe { value(&raw const ISSUER) })
}

/// The audience that tokens must name.
pub fn audience() -> Result<Option<String>, SettingDefect> {
    // SAFETY: see `value`.
    text("rowguard.jwt_audience", unsafe { value(&raw const AUDIENCE) })
}

/// Seconds by which clocks may differ.
pub fn leeway() -> Result<u32, SettingDefect> {
    // SAFETY: see `value`.
    durations::leeway(unsafe { value(&raw const LEEWAY) })
        .ok_or(SettingDefect::Duration("rowguard.jwt_leeway"))
}

/// Most seconds that a token may live; none: any number.
pub fn max_lifetime() -> Result<Option<u32>, SettingDefect> {
    // SAFETY: see `value`.
    durations::max_lifetime(unsafe { value(&raw const MAX_LIFETIME) })
        .ok_or(SettingDefect::Duration("rowguard.jwt_max_lifetime"))
}

/// Reads the keys from where the settings say.
pub fn keys() -> Result<KeySet, SettingDefect> {
    // SAFETY: see `value`.
    let (jwks, file) = unsafe { (value(&raw const JWKS), value(&raw const JWKS_FILE)) };
    match (jwks, file) {
        (None, None) => Err(SettingDefect::NoKeys),
        (Some(_), Some(_)) => Err(SettingDefect::TwoPlaces),
        (Some(jwks), None) => {
            let public = JWKS_IS_PUBLIC.load(Relaxed);
            let place = if public { Place::Public } else { Place::Private };
            Ok(KeySet::parse(jwks.to_bytes(), place)?)
        }
        (None, Some(path)) => {
            use std::os::unix::ffi::OsStrExt;
            let path = Path::new(std::ffi::OsStr::from_bytes(path.to_bytes()));
            Ok(key_file::read(path)?)
        }
    }
}

/// A setting's value; none when it is unset or empty, as pooled connections reset settings.
///
/// # Safety
/// `variable` is one of the variables above. The value is good until a setting changes.
unsafe fn value(variable: *const *mut c_char) -> Option<&'static CStr> {
    // SAFETY: null or a string that the server ends with a null byte.
    unsafe { (!(*variable).is_null()).then(|| CStr::from_ptr(*variable)) }
        .filter(|value| !value.is_empty())
}

fn text(name: &'static str, value: Option<&CStr>) -> Result<Option<String>, SettingDefect> {
    let Some(value) = value else { return Ok(None) };
    value.to_str().map(|value| Some(value.to_owned())).map_err(|_| SettingDefect::Text(name))
}
