//! Doing something as an identity, and undoing it.
//!
//! A trial runs in a subtransaction that is rolled back whatever comes of it, read-only unless it is
//! to write, under the user id of the identity's role with SECURITY_LOCAL_USERID_CHANGE and
//! SECURITY_RESTRICTED_OPERATION: code of the database under test can neither become the caller
//! again (as RESET ROLE would after SET ROLE) nor leave anything behind.

use std::ffi::{CStr, c_char, c_int};

use pgrx::pg_sys;

use super::identity::Identity;
use crate::auth::ClaimsCount;
use crate::error::Error;
use crate::operation::caught::{Caught, catch};

/// An error that a trial ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// SQLSTATE, five characters.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The trial itself was refused something that the identity may do elsewhere: becoming another
    /// role, a temporary table, a prepared statement.
    pub by_trial: bool,
}

impl Raised {
    /// SQLSTATE and message.
    pub fn in_words(&self) -> String {
        format!("{}: {}", self.sqlstate, self.message)
    }
}

/// What a trial may do before it is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Writing raises 25006.
    ReadOnly,
    /// Writing is undone, but for what the server never undoes: sequences go on.
    Writing,
}

/// How the server's own messages end that refuse something to a trial, before they are translated.
const BY_TRIAL: [&str; 2] =
    ["within security-restricted operation", "within security-definer function"];

/// The server's functions as they are, for use inside [`catch`].
mod server {
    use core::ffi::{c_char, c_int};

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub fn set_config_option(
            name: *const c_char,
            value: *const c_char,
            context: pg_sys::GucContext::Type,
            source: pg_sys::GucSource::Type,
            action: pg_sys::GucAction::Type,
            change: bool,
            elevel: c_int,
            is_reload: bool,
        ) -> c_int;
    }
}

/// Runs `f` as `identity`; nothing that it does stays. What it raises is returned, but for what
/// nobody may catch: a serialization failure, a deadlock, a cancelled query, a lock that was not
/// to be had. These are raised again once the trial is undone.
///
/// # Safety
/// `f` must be fit for [`catch`]: it calls functions of the server directly, does not panic, and
/// owns nothing with a destructor.
pub unsafe fn run<T: Copy>(
    identity: &Identity,
    role: pg_sys::Oid,
    mode: Mode,
    f: impl FnOnce() -> T,
) -> Result<Result<T, Raised>, Error> {
    // Readers of ours believe the claims for as long as this lives.
    let _believed = ClaimsCount::begin();
    // SAFETY: the subtransaction begins and ends here, in every way out; the user id and settings
    // go back with it. Context and owner are restored as the server's own procedural languages do.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        // An error is copied to where it outlives the subtransaction.
        pg_sys::MemoryContextSwitchTo(context);
        let outcome = become_and(identity, role, mode, f).map_err(Caught::into_raw);
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::RollbackAndReleaseCurrentSubTransaction();
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        match outcome {
            Ok(value) => Ok(Ok(value)),
            Err(error) => {
                let raised = describe(error.as_ptr());
                if uncatchable(&raised.sqlstate) {
                    // By the bridge's binding, so that what Rust holds on the way out is dropped.
                    pg_sys::ReThrowError(error.as_ptr());
                }
                Ok(Err(raised))
            }
        }
    }
}

/// # Safety
/// As for [`run`], inside its subtransaction.
unsafe fn become_and<T: Copy>(
    identity: &Identity,
    role: pg_sys::Oid,
    mode: Mode,
    f: impl FnOnce() -> T,
) -> Result<T, Caught> {
    let claims = identity.claims.as_ptr();
    let singles = identity.single_claims.as_slice();
    // SAFETY: direct calls; the strings outlive them.
    unsafe {
        catch(|| {
            // What the trial allocates goes with the subtransaction.
            pg_sys::MemoryContextSwitchTo(pg_sys::CurTransactionContext);
            for (name, value) in singles {
                set(name.as_ptr(), value.as_ptr());
            }
            set(c"request.jwt.claims".as_ptr(), claims);
            // Off, policies would raise where they filter.
            set(c"row_security".as_ptr(), c"on".as_ptr());
            if mode == Mode::ReadOnly {
                set(c"transaction_read_only".as_ptr(), c"on".as_ptr());
            }
            let mut user = pg_sys::InvalidOid;
            let mut security = 0;
            pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut security);
            pg_sys::SetUserIdAndSecContext(
                role,
                security
                    | pg_sys::SECURITY_LOCAL_USERID_CHANGE.cast_signed()
                    | pg_sys::SECURITY_RESTRICTED_OPERATION.cast_signed(),
            );
            f()
        })
    }
}

/// SET LOCAL, which ends with the subtransaction.
///
/// # Safety
/// Inside [`catch`]; both strings end with a null byte.
unsafe fn set(name: *const c_char, value: *const c_char) {
    // SAFETY: as promised.
    unsafe {
        server::set_config_option(
            name,
            value,
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_LOCAL,
            true,
            0 as c_int,
            false,
        );
    }
}

/// # Safety
/// `error` must be a copy that the server made.
unsafe fn describe(error: *mut pg_sys::ErrorData) -> Raised {
    // SAFETY: as promised; the strings are the server's and end with a null byte.
    unsafe {
        let code = (*error).sqlerrcode;
        let sqlstate =
            (0..5).map(|place| char::from(((code >> (6 * place)) & 0x3f) as u8 + b'0')).collect();
        let text = |text: *const c_char| match text.is_null() {
            true => String::new(),
            false => CStr::from_ptr(text).to_string_lossy().into_owned(),
        };
        let untranslated = text((*error).message_id);
        let by_trial = BY_TRIAL.iter().any(|ending| untranslated.ends_with(ending));
        Raised { sqlstate, message: text((*error).message), by_trial }
    }
}

/// Whether an error of this SQLSTATE ends more than the trial.
pub fn uncatchable(sqlstate: &str) -> bool {
    matches!(sqlstate, "40001" | "40P01" | "57014" | "55P03") || sqlstate.starts_with("57P")
}
