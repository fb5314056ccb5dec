//! The settings of verified mode, and what they hold.
//!
//! All are texts. Of an enum or a number the server would take an invalid value with a warning from
//! a file or a catalog, and go on with the default, which is the weaker choice. Here an interactive
//! SET refuses an invalid value, and from any other source it is taken and means that nobody is
//! authenticated. The hooks only note that something has changed; the first read does the work,
//! because a parallel worker may restore the token before the keys.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::catch_unwind;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

use pgrx::pg_sys;

use super::key_file::{self, FileDefect};
use super::keys::{KeyDefect, KeySet, Place};
use super::session;

/// What the settings' values mean cannot be said.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingDefect {
    /// `rowguard.identity_mode` is neither of its two values.
    #[error("rowguard.identity_mode is neither gateway nor verified")]
    Mode,
    /// What the administrator chose is not known.
    #[error(
        "a setting of rowguard was thrown away when the library was loaded: a role that may not choose it gave it at the start of the connection, or it has no meaning"
    )]
    Overruled,
    /// A duration is none, or out of its range.
    #[error("{0} is not a duration in its range")]
    Duration(&'static str),
    /// A text is not UTF-8.
    #[error("{0} is not valid UTF-8")]
    Text(&'static str),
    /// No place for keys is named.
    #[error("neither rowguard.jwks nor rowguard.jwks_file is set")]
    NoKeys,
    /// Two places for keys are named.
    #[error("rowguard.jwks and rowguard.jwks_file are both set")]
    TwoPlaces,
    /// The set in `rowguard.jwks`.
    #[error("rowguard.jwks cannot be used: {0}")]
    Keys(#[from] KeyDefect),
    /// The set in the file.
    #[error("the file of rowguard.jwks_file cannot be used: {0}")]
    File(#[from] FileDefect),
}

/// Where the identity comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// `request.jwt.claims`, which a gateway vouches for.
    Gateway,
    /// A token whose signature holds.
    Verified,
    /// Nobody is authenticated: see [`SettingDefect::Overruled`].
    Overruled,
    /// Nobody is authenticated: the setting has no meaning.
    Invalid,
}

impl Mode {
    /// The mode by its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Verified => "verified",
            Self::Overruled => "overruled",
            Self::Invalid => "invalid",
        }
    }

    fn named(name: Option<&CStr>) -> Self {
        match name.map(CStr::to_bytes) {
            Some(b"gateway") => Self::Gateway,
            Some(b"verified") => Self::Verified,
            Some(value) if value == OVERRULED.to_bytes() => Self::Overruled,
            _ => Self::Invalid,
        }
    }
}

// The values. The server owns what the pointers point to.
static mut MODE_TEXT: *mut c_char = ptr::null_mut();
static mut JWKS: *mut c_char = ptr::null_mut();
static mut JWKS_FILE: *mut c_char = ptr::null_mut();
static mut TOKEN: *mut c_char = ptr::null_mut();
static mut ISSUER: *mut c_char = ptr::null_mut();
static mut AUDIENCE: *mut c_char = ptr::null_mut();
static mut LEEWAY: *mut c_char = ptr::null_mut();
static mut MAX_LIFETIME: *mut c_char = ptr::null_mut();

static MODE: AtomicU8 = AtomicU8::new(Mode::Gateway as u8);
/// Whether `JWKS` comes from a place that others can read.
static JWKS_IS_PUBLIC: AtomicBool = AtomicBool::new(true);
/// Grows with every change of a setting here.
static CHANGES: AtomicU64 = AtomicU64::new(0);
/// Grows with every change of the settings that name keys.
static KEY_CHANGES: AtomicU64 = AtomicU64::new(0);
/// While the settings are being defined, the server tries values that were set before.
static DEFINING: AtomicBool = AtomicBool::new(false);

/// The mode that no administrator sets: see [`SettingDefect::Overruled`].
const OVERRULED: &CStr = c"overruled";

/// Most seconds of leeway: more would be a second lifetime.
const MAX_LEEWAY: u32 = 300;

/// The value of `rowguard.identity_mode`.
pub fn mode() -> Mode {
    match MODE.load(Relaxed) {
        0 => Mode::Gateway,
        1 => Mode::Verified,
        2 => Mode::Overruled,
        _ => Mode::Invalid,
    }
}

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
    parse_leeway(unsafe { value(&raw const LEEWAY) })
        .ok_or(SettingDefect::Duration("rowguard.jwt_leeway"))
}

/// Most seconds that a token may live; none: any number.
pub fn max_lifetime() -> Result<Option<u32>, SettingDefect> {
    // SAFETY: see `value`.
    parse_max_lifetime(unsafe { value(&raw const MAX_LIFETIME) })
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

fn parse_leeway(value: Option<&CStr>) -> Option<u32> {
    parse_seconds(value?).filter(|seconds| *seconds <= MAX_LEEWAY)
}

/// The outer none: no duration; the inner: no limit.
fn parse_max_lifetime(value: Option<&CStr>) -> Option<Option<u32>> {
    match value? {
        off if off == c"off" => Some(None),
        value => parse_seconds(value).filter(|seconds| *seconds > 0).map(Some),
    }
}

/// A duration in the server's own notation: a number of seconds, or one with a unit.
fn parse_seconds(value: &CStr) -> Option<u32> {
    let mut seconds: c_int = 0;
    // SAFETY: the value ends with a null byte; the function writes the result and raises nothing.
    let good = unsafe {
        pg_sys::parse_int(
            value.as_ptr(),
            &raw mut seconds,
            pg_sys::GUC_UNIT_S.cast_signed(),
            ptr::null_mut(),
        )
    };
    good.then_some(seconds).and_then(|seconds| seconds.try_into().ok())
}

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
            check: Some(check_mode),
            assign: assign_mode,
        },
        Setting {
            name: c"rowguard.jwks",
            meaning: c"The keys that sign tokens, a JWK set.",
            details: c"Symmetric keys only in a configuration file, or in rowguard.jwks_file.",
            variable: &raw mut JWKS,
            default: c"",
            context: PGC_SUSET,
            flags: SECRET | pg_sys::GUC_SUPERUSER_ONLY,
            check: Some(check_jwks),
            assign: assign_jwks,
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
            assign: assign_keys,
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
            assign,
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
            assign,
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
            assign,
        },
        Setting {
            name: c"rowguard.jwt_leeway",
            meaning: c"By how much the clocks of issuer and server may differ.",
            details: c"A duration of 0 to 300 seconds.",
            variable: &raw mut LEEWAY,
            default: c"30s",
            context: PGC_SUSET,
            flags: PLAIN,
            check: Some(check_leeway),
            assign,
        },
        Setting {
            name: c"rowguard.jwt_max_lifetime",
            meaning: c"How long tokens may live, from iat to exp; off: as long as they say.",
            details: c"off, or a duration of at least a second.",
            variable: &raw mut MAX_LIFETIME,
            default: c"off",
            context: PGC_SUSET,
            flags: PLAIN,
            check: Some(check_max_lifetime),
            assign,
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

/// Lets nobody be authenticated in this session: see [`SettingDefect::Overruled`].
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

unsafe extern "C-unwind" fn check_mode(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server calls its hook.
    let mode = Mode::named(unsafe { new_value(value) });
    let good = matches!(mode, Mode::Gateway | Mode::Verified);
    good || !refuses(source) || refuse(c"Available values: gateway, verified.")
}

unsafe extern "C-unwind" fn check_leeway(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server calls its hook.
    let good = parse_leeway(unsafe { new_value(value) }).is_some();
    good || !refuses(source) || refuse(c"A duration of 0 to 300 seconds, such as 30s.")
}

unsafe extern "C-unwind" fn check_max_lifetime(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server calls its hook.
    let good = parse_max_lifetime(unsafe { new_value(value) }).is_some();
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
unsafe extern "C-unwind" fn check_jwks(
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

unsafe extern "C-unwind" fn assign_mode(value: *const c_char, extra: *mut c_void) {
    // SAFETY: the server passes the new value, a string that a null byte ends, or null.
    let mode = Mode::named(unsafe { (!value.is_null()).then(|| CStr::from_ptr(value)) });
    MODE.store(mode as u8, Relaxed);
    // SAFETY: the server's own call.
    unsafe { assign(value, extra) };
}

unsafe extern "C-unwind" fn assign_jwks(value: *const c_char, extra: *mut c_void) {
    // SAFETY: null, or the block that `check_jwks` made.
    let private = unsafe { extra.cast::<bool>().as_ref() }.is_some_and(|private| *private);
    JWKS_IS_PUBLIC.store(!private, Relaxed);
    // SAFETY: the server's own call.
    unsafe { assign_keys(value, extra) };
}

unsafe extern "C-unwind" fn assign_keys(value: *const c_char, extra: *mut c_void) {
    KEY_CHANGES.store(key_changes().wrapping_add(1), Relaxed);
    // SAFETY: the server's own call.
    unsafe { assign(value, extra) };
}

unsafe extern "C-unwind" fn assign(_value: *const c_char, _extra: *mut c_void) {
    CHANGES.store(changes().wrapping_add(1), Relaxed);
    session::changed();
}
