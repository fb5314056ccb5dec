//! Doing something as an identity, and undoing it.
//!
//! A trial runs in a subtransaction that is rolled back whatever comes of it, read-only, under the
//! user id of the identity's role with SECURITY_LOCAL_USERID_CHANGE and
//! SECURITY_RESTRICTED_OPERATION: code of the database under test can neither become the caller
//! again (as RESET ROLE would after SET ROLE) nor leave anything behind.

use std::ffi::{CStr, c_char, c_int};

use pgrx::pg_sys;

use super::identity::{Claims, Identity};
use crate::auth::ClaimsCount;
use crate::error::Error;
use crate::operation::caught::{Caught, catch, raw};

/// An error that a trial ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// SQLSTATE, five characters.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
}

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
/// to be had.
///
/// # Safety
/// `f` must be fit for [`catch`]: it calls functions of the server directly, does not panic, and
/// owns nothing with a destructor.
pub unsafe fn run<T: Copy>(
    identity: &Identity,
    role: pg_sys::Oid,
    f: impl FnOnce() -> T,
) -> Result<Result<T, Raised>, Error> {
    // Readers of ours believe the claims for as long as this lives.
    let believed = match identity.claims {
        Claims::Given { .. } => Some(ClaimsCount::begin()),
        Claims::Present => None,
    };
    // SAFETY: the subtransaction begins and ends here, in every way out; the user id and settings
    // go back with it. Context and owner are restored as the server's own procedural languages do.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        // What the trial allocates goes with the subtransaction.
        let outcome = become_and(identity, role, f).map_err(|caught| {
            let error = caught.into_raw();
            (describe(error.as_ptr()), error)
        });
        let outcome = match outcome {
            Err((raised, error)) if uncatchable(&raised.sqlstate) => {
                // The server's own abort cleans up behind an error that nobody catches; what lives
                // in this frame is jumped over.
                drop(believed);
                raw::ReThrowError(error.as_ptr())
            }
            Err((raised, _)) => Err(raised),
            Ok(value) => Ok(value),
        };
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::RollbackAndReleaseCurrentSubTransaction();
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        drop(believed);
        Ok(outcome)
    }
}

/// # Safety
/// As for [`run`], inside its subtransaction.
unsafe fn become_and<T: Copy>(
    identity: &Identity,
    role: pg_sys::Oid,
    f: impl FnOnce() -> T,
) -> Result<T, Caught> {
    let (claims, singles) = match &identity.claims {
        Claims::Given { all, single } => (Some(all.as_ptr()), single.as_slice()),
        Claims::Present => (None, [].as_slice()),
    };
    // SAFETY: direct calls; the strings outlive them.
    unsafe {
        catch(|| {
            for (name, value) in singles {
                set(name.as_ptr(), value.as_ptr());
            }
            if let Some(claims) = claims {
                set(c"request.jwt.claims".as_ptr(), claims);
            }
            set(c"transaction_read_only".as_ptr(), c"on".as_ptr());
            // Otherwise statements under policies are refused, instead of bound.
            set(c"row_security".as_ptr(), c"on".as_ptr());
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
        let message = if (*error).message.is_null() {
            String::new()
        } else {
            CStr::from_ptr((*error).message).to_string_lossy().into_owned()
        };
        Raised { sqlstate, message }
    }
}

fn uncatchable(sqlstate: &str) -> bool {
    matches!(sqlstate, "40001" | "40P01" | "57014" | "55P03") || sqlstate.starts_with("57P")
}
