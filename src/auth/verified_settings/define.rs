//! The settings as the server knows them.

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pgrx::pg_sys;

use super::mode::OVERRULED;
use super::{AUDIENCE, ISSUER, JWKS, JWKS_FILE, LEEWAY, MAX_LIFETIME, MODE_TEXT, TOKEN, hooks};

/// While the settings are being defined, the server tries values that were set before.
pub(super) static DEFINING: AtomicBool = AtomicBool::new(false);

type Check = unsafe extern "C-unwind" fn(
    *mut *mut c_char,
    *mut *mut c_void,
    pg_sys::GucSource::Type,
) -> bool;
type Assign = unsafe extern "C-unwind" fn(*const c_char, *mut c_void);

struct Setting {
    name: &'static CStr,
    meaning: &'static CStr,
    details: &'static CStr,
    variable: *mut *mut c_char,
    default: &'static CStr,
    context: pg_sys::GucContext::Type,
    flags: u32,
    check: Option<Check>,
    assign: Assign,
}

/// Defines the settings. What only an administrator may choose is `PGC_SUSET`: the server then
/// throws away values that others gave it before the library was loaded.
pub fn define() {
    use pg_sys::GucContext::{PGC_SUSET, PGC_USERSET};
    const SECRET: u32 = pg_sys::GUC_NO_SHOW_ALL | pg_sys::GUC_NOT_IN_SAMPLE;
    const PLAIN: u32 = pg_sys::GUC_NOT_IN_SAMPLE;
    let settings = [
        Setting {
            name: c"rowguard.identity_mode",
            meaning: c"Where the identity comes from: gateway or verified.",
            details: c"gateway: request.jwt.claims. verified: a token whose signature holds.",
            variable: &raw mut MODE_TEXT,
            default: c"gateway",
            context: PGC_SUSET,
            flags: PLAIN,
            check: Some(hooks::check_mode),
            assign: hooks::assign_mode,
        },
        Setting {
            name: c"rowguard.jwks",
            meaning: c"The keys that sign tokens, a JWK set.",
            details: c"Symmetric keys only in a configuration file, or in rowguard.jwks_file.",
            variable: &raw mut JWKS,
            default: c"",
            context: PGC_SUSET,
            flags: SECRET | pg_sys::GUC_SUPERUSER_ONLY,
            check: Some(hooks::check_jwks),
            assign: hooks::assign_jwks,
        },
        Setting {
            name: c"rowguard.jwks_file",
            meaning: c"The file with the keys that sign tokens, a JWK set.",
            details: c"Read again when the server reloads its configuration.",
            variable: &raw mut JWKS_FILE,
            default: c"",
            context: PGC_SUSET,
            flags: PLAIN | pg_sys::GUC_SUPERUSER_ONLY,
            check: None,
            assign: hooks::assign_keys,
        },
        Setting {
            name: c"rowguard.jwt",
            meaning: c"The token of whoever is asking, in verified mode.",
            details: c"Usually given by auth.login(), for the transaction.",
            variable: &raw mut TOKEN,
            default: c"",
            context: PGC_USERSET,
            flags: SECRET,
            check: None,
            assign: hooks::assign,
        },
        Setting {
            name: c"rowguard.jwt_issuer",
            meaning: c"The issuer that tokens must name; empty: any.",
            details: c"Compared with the claim iss, exactly.",
            variable: &raw mut ISSUER,
            default: c"",
            context: PGC_SUSET,
            flags: PLAIN,
            check: None,
            assign: hooks::assign,
        },
        Setting {
            name: c"rowguard.jwt_audience",
            meaning: c"The audience that tokens must name; empty: any.",
            details: c"Looked for in the claim aud, exactly.",
            variable: &raw mut AUDIENCE,
            default: c"",
            context: PGC_SUSET,
            flags: PLAIN,
            check: None,
            assign: hooks::assign,
        },
        Setting {
            name: c"rowguard.jwt_leeway",
            meaning: c"By how much the clocks of issuer and server may differ.",
            details: c"A duration of 0 to 300 seconds.",
            variable: &raw mut LEEWAY,
            default: c"30s",
            context: PGC_SUSET,
            flags: PLAIN,
            check: Some(hooks::check_leeway),
            assign: hooks::assign,
        },
        Setting {
            name: c"rowguard.jwt_max_lifetime",
            meaning: c"How long tokens may live, from iat to exp; off: as long as they say.",
            details: c"off, or a duration of at least a second.",
            variable: &raw mut MAX_LIFETIME,
            default: c"off",
            context: PGC_SUSET,
            flags: PLAIN,
            check: Some(hooks::check_max_lifetime),
            assign: hooks::assign,
        },
    ];
    DEFINING.store(true, Relaxed);
    for setting in settings {
        // SAFETY: called once by `_PG_init`; strings and variables are static, and the hooks have
        // the signatures that the server expects.
        unsafe {
            pg_sys::DefineCustomStringVariable(
                setting.name.as_ptr(),
                setting.meaning.as_ptr(),
                setting.details.as_ptr(),
                setting.variable,
                setting.default.as_ptr(),
                setting.context,
                setting.flags.cast_signed(),
                setting.check,
                Some(setting.assign),
                None,
            );
        }
    }
    DEFINING.store(false, Relaxed);
}

/// Lets nobody be authenticated in this session: see [`super::SettingDefect::Overruled`].
pub fn overrule() {
    // In the setting and not beside it, so that parallel workers and RESET have it too.
    // SAFETY: both strings end with a null byte, and the server copies them.
    unsafe {
        pg_sys::SetConfigOption(
            c"rowguard.identity_mode".as_ptr(),
            OVERRULED.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_OVERRIDE,
        );
    }
}
