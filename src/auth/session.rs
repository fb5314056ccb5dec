//! The identity of this session: a check hook parses the claims when the setting changes, an
//! assign hook publishes them, so that a read is a pointer load. SET LOCAL, savepoints, rollback,
//! function-level SET, parallel workers and standbys come out right because the server restores
//! its settings, and what hangs on them, by itself.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering::Relaxed};

use pgrx::pg_sys;

use super::claims::{Claims, Defect, Subject};
use super::verified;
use super::verified_settings::{self, Mode};
use crate::error::{AuthError, Error};
use crate::settings;

/// The setting.
const NAME: &CStr = c"request.jwt.claims";

/// The setting's value. The server owns the pointer's target.
static mut CLAIMS: *mut c_char = ptr::null_mut();

/// What the check hook made of the setting's value; null: no claims.
static CURRENT: AtomicPtr<Parsed> = AtomicPtr::new(ptr::null_mut());

/// No identity has this number.
pub const NEVER: u64 = 0;

/// Grows whenever [`CURRENT`] may have changed. A backend has one thread: the atomics are plain
/// loads and stores.
static GENERATION: AtomicU64 = AtomicU64::new(1);

/// Parsed claims in one block of plain memory, as the server wants them: it frees the block with
/// the value it belongs to and calls no destructor.
#[derive(Clone, Copy)]
struct Parsed {
    outcome: Result<Identity, Defect>,
}

#[derive(Clone, Copy)]
struct Identity {
    subject: Subject,
}

/// Whether another library has defined `request.jwt.claims` as its own: the claims would be its to
/// read, and the server's own error says nothing of whom.
pub fn require_free() -> Result<(), AuthError> {
    // SAFETY: the server's own record of the setting.
    let Some(setting) = (unsafe { settings::find(NAME).as_ref() }) else { return Ok(()) };
    if setting.flags.cast_unsigned() & pg_sys::GUC_CUSTOM_PLACEHOLDER != 0 {
        return Ok(());
    }
    // SAFETY: the record of a text is a larger one, whose variable lies in the library that has
    // defined it.
    let library = unsafe {
        (setting.vartype == pg_sys::config_type::PGC_STRING)
            .then(|| ptr::from_ref(setting).cast::<pg_sys::config_string>())
            .and_then(|text| library_of((*text).variable.cast()))
    };
    Err(AuthError::ClaimsTaken { library })
}

/// The name of the file that a loaded variable comes from.
fn library_of(variable: *const c_void) -> Option<String> {
    #[repr(C)]
    struct Place {
        file: *const c_char,
        base: *mut c_void,
        symbol: *const c_char,
        address: *mut c_void,
    }
    unsafe extern "C" {
        fn dladdr(address: *const c_void, place: *mut Place) -> c_int;
    }
    let mut place = Place {
        file: ptr::null(),
        base: ptr::null_mut(),
        symbol: ptr::null(),
        address: ptr::null_mut(),
    };
    // SAFETY: any address may be asked for; the file's name belongs to the loader and lasts.
    let path = unsafe {
        let found = dladdr(variable, &raw mut place) != 0 && !place.file.is_null();
        found.then(|| CStr::from_ptr(place.file))?
    };
    path.to_str().ok()?.rsplit('/').next().map(str::to_owned)
}

/// Defines `request.jwt.claims`, the setting in which gateways hand over the verified claims of
/// a request. Any user may set it: in gateway mode the gateway is trusted to let nobody else.
pub fn define_settings() {
    // SAFETY: called once by `_PG_init`; the strings and the variable are static, and the hooks
    // have the signatures that the server expects.
    unsafe {
        pg_sys::DefineCustomStringVariable(
            NAME.as_ptr(),
            c"The verified claims of the request, a JSON object.".as_ptr(),
            c"Set by a trusted gateway for each transaction; read by the functions of schema auth."
                .as_ptr(),
            &raw mut CLAIMS,
            ptr::null(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GUC_NOT_IN_SAMPLE as c_int,
            Some(check),
            Some(assign),
            None,
        );
    }
}

/// The number of the identity in force: two equal numbers mean the same identity.
pub fn generation() -> u64 {
    GENERATION.load(Relaxed)
}

/// Something that answers depend on has changed: nobody may go on with a remembered one.
pub fn changed() {
    GENERATION.store(GENERATION.load(Relaxed).wrapping_add(1), Relaxed);
}

/// Whether answers of the current [`generation`] are still good: a token's end with time.
#[inline]
pub fn holds() -> bool {
    from_gateway() || verified::holds()
}

/// Whether `request.jwt.claims` counts. Everywhere below, whatever else the mode may be.
pub fn from_gateway() -> bool {
    verified_settings::mode() == Mode::Gateway || BELIEVED.load(Relaxed)
}

/// Claims count whatever the mode: somebody tries access as another identity.
static BELIEVED: AtomicBool = AtomicBool::new(false);

/// While this lives, `request.jwt.claims` counts in verified mode, too. Reached from our own code
/// alone, which first asks whether the caller may; dropped on every way out.
pub struct ClaimsCount(bool);

impl ClaimsCount {
    /// Begins to believe them.
    pub fn begin() -> Self {
        let before = BELIEVED.swap(true, Relaxed);
        changed();
        Self(before)
    }
}

impl Drop for ClaimsCount {
    fn drop(&mut self) {
        BELIEVED.store(self.0, Relaxed);
        changed();
    }
}

/// The claim `sub` as a uuid; the claims' defect as an error.
pub fn subject() -> Result<Subject, Error> {
    if !from_gateway() {
        return Ok(verified::identity().map_or(Subject::Absent, |identity| identity.subject));
    }
    match current() {
        None => Ok(Subject::Absent),
        Some(parsed) => Ok(outcome(parsed)?.subject),
    }
}

/// The text of the claims, when they are a JSON object; none when there are no claims. It lives
/// until the setting changes: whoever reads it lets go of it before SQL can run again.
pub fn claims_text() -> Result<Option<&'static CStr>, Error> {
    if !from_gateway() {
        return Ok(verified::claims_text());
    }
    let Some(parsed) = current() else { return Ok(None) };
    outcome(parsed)?;
    // SAFETY: a parsed block is in force, so the setting has a value, and the server ends every
    // string with a null byte.
    Ok(unsafe { (!CLAIMS.is_null()).then(|| CStr::from_ptr(CLAIMS)) })
}

fn current() -> Option<NonNull<Parsed>> {
    NonNull::new(CURRENT.load(Relaxed))
}

fn outcome(parsed: NonNull<Parsed>) -> Result<Identity, AuthError> {
    // SAFETY: the server keeps the block of the value in force.
    unsafe { parsed.as_ref() }.outcome.map_err(AuthError::Claims)
}

/// Check hook: parses, and takes whatever it is given: claims that cannot be read are an error
/// when somebody asks who is asking, not when the gateway sets them.
unsafe extern "C-unwind" fn check(
    value: *mut *mut c_char,
    extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server passes a valid pointer to the new value, which may be null.
    let text = unsafe { value.as_ref().and_then(|text| text.as_ref()) };
    // SAFETY: the value is a string that a null byte ends.
    let Some(text) = text.map(|text| unsafe { CStr::from_ptr(text) }) else { return true };
    // What a pooled connection resets the setting to.
    if text.is_empty() {
        return true;
    }
    // A panic must not cross the hook, and claims that make the parser panic are nobody's.
    let parsed = catch_unwind(AssertUnwindSafe(|| Claims::parse(text.to_bytes())))
        .unwrap_or(Err(Defect::NotJson));
    match store(parsed) {
        Some(block) => {
            // SAFETY: the server passes a valid place for the block.
            unsafe { *extra = block.cast().as_ptr() };
            true
        }
        // Out of memory: the server reports the refused value.
        None => false,
    }
}

/// Assign hook: publishes what the check hook made. Must not fail.
unsafe extern "C-unwind" fn assign(_value: *const c_char, extra: *mut c_void) {
    CURRENT.store(extra.cast(), Relaxed);
    changed();
}

/// Copies parsed claims into one block that the server may free.
fn store(parsed: Result<Claims, Defect>) -> Option<NonNull<Parsed>> {
    let outcome = parsed.map(|Claims { subject }| Identity { subject });
    let block: NonNull<Parsed> = NonNull::new(allocate(size_of::<Parsed>()).cast::<Parsed>())?;
    // SAFETY: the block is as large as the struct, and malloc aligns for any type.
    unsafe { block.write(Parsed { outcome }) };
    Some(block)
}

/// Memory that the server frees together with a setting's value: by `free` up to 15, by
/// `guc_free` from 16.
#[cfg(feature = "pg15")]
pub fn allocate(size: usize) -> *mut c_void {
    unsafe extern "C" {
        fn malloc(size: usize) -> *mut c_void;
    }
    // SAFETY: plain C allocation; the caller tests for null.
    unsafe { malloc(size) }
}

/// Memory that the server frees together with a setting's value: by `free` up to 15, by
/// `guc_free` from 16.
#[cfg(not(feature = "pg15"))]
pub fn allocate(size: usize) -> *mut c_void {
    // SAFETY: below ERROR the function reports and returns null instead of raising.
    unsafe { pg_sys::guc_malloc(pg_sys::LOG as c_int, size) }
}
