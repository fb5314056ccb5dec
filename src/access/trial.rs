//! Doing something as an identity, and undoing it.
//!
//! A trial runs in a subtransaction that is rolled back whatever comes of it, read-only unless it is
//! to write, under the user id of the identity's role with SECURITY_LOCAL_USERID_CHANGE and
//! SECURITY_RESTRICTED_OPERATION: code of the database under test can neither become the caller
//! again (as RESET ROLE would after SET ROLE) nor leave anything behind.

use std::ffi::{c_char, c_int};

use pgrx::pg_sys;

use super::identity::{Claims, Identity};
use super::session_locks::SessionLocks;
use crate::auth::ClaimsCount;
use crate::error::Error;
use crate::operation::caught::{Caught, catch};
pub use crate::operation::raised::Raised;
use crate::operation::raised::again;

/// What a trial may do before it is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Writing raises 25006.
    ReadOnly,
    /// Writing is undone, but for what the server never undoes: sequences go on.
    Writing,
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

/// Runs `f` as `identity`; nothing that it does stays. What it raises is returned, and what nobody
/// may catch is the error: a serialization failure, a deadlock, a cancelled query, a lock that was
/// not to be had. Whoever handles that further up finds the subtransaction ended.
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
    let _believed = match identity.claims {
        Claims::Given { .. } => Some(ClaimsCount::begin()),
        Claims::Present => None,
    };
    let _refused = SessionLocks::refuse();
    // SAFETY: the subtransaction begins and ends here, in every way out; the user id and settings
    // go back with it. Context and owner are restored as the server's own procedural languages do.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        // What the trial allocates goes with the subtransaction.
        // The server's record of an error goes with it, too.
        let outcome = become_and(identity, role, mode, f).map_err(|caught| {
            let error = caught.into_raw().as_ptr();
            let raised = Raised::read(error);
            if raised.is_uncatchable() { Err(again(error)) } else { Ok(raised) }
        });
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::RollbackAndReleaseCurrentSubTransaction();
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        match outcome {
            Ok(value) => Ok(Ok(value)),
            Err(Ok(raised)) => Ok(Err(raised)),
            Err(Err(error)) => Err(error),
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
