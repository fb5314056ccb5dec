//! How SQL reads the identity: hand-written version-1 functions that remember their answer at the
//! call site until the identity changes.
//!
//! A policy calls its reader for every row. A generated wrapper costs 75 to 105 ns a call; this
//! costs two comparisons. Remembering per call site, instead of returning a pointer to the session's
//! one identity, keeps values alive that a query still holds when it changes the claims itself.

mod argument;
mod site;
mod storage;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{Datum, FunctionCallInfo};
use pgrx::prelude::*;

pub use storage::Storage;

use super::identity;
use super::latest::Latest;
use super::session;
use crate::error::Error;
use argument::{all_passed, passed};
use site::Site;
use storage::nullable;

/// Makes an answer in the current memory context; none is NULL.
pub enum Read {
    /// Of a function without arguments.
    Plain(fn() -> Result<Option<Datum>, Error>),
    /// Of a function of one text or array; none is NULL.
    OfArgument(fn(Option<Datum>) -> Result<Option<Datum>, Error>),
    /// Of several; none is NULL. Remembered where all are constants.
    OfArguments(fn(&[Option<Datum>]) -> Result<Option<Datum>, Error>),
}

impl Read {
    /// Whether the function has no argument.
    pub const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }
}

/// The answer that this call site remembers, where a comparison of numbers says that it is good.
/// No jump that depends on the answer, and no call.
///
/// # Safety
/// `fcinfo` is what the server passed to a function declared with [`reader!`].
#[inline]
pub unsafe fn recall(fcinfo: FunctionCallInfo) -> Option<Datum> {
    // SAFETY: the server passes a valid call; `fn_extra` belongs to the called function alone.
    unsafe {
        let site = (*fcinfo).flinfo.as_ref()?.fn_extra.cast::<Site>().as_ref()?;
        (site.plain == session::generation()).then(|| {
            (*fcinfo).isnull = site.answer.isnull;
            site.answer.value
        })
    }
}

/// The answer that this call site remembers, if neither the identity nor the argument has changed
/// since.
///
/// # Safety
/// As for [`recall`].
pub unsafe fn recall_compared(fcinfo: FunctionCallInfo) -> Option<Datum> {
    // SAFETY: see `recall`.
    unsafe {
        let site = (*fcinfo).flinfo.as_ref()?.fn_extra.cast::<Site>().as_ref()?;
        let good = site.generation == session::generation()
            && session::holds()
            && site.argument.is_passed_by(fcinfo);
        good.then(|| {
            (*fcinfo).isnull = site.answer.isnull;
            site.answer.value
        })
    }
}

/// Reads the identity and remembers the answer at the call site.
///
/// # Safety
/// As for [`recall`]; `storage` is that of the function's result type.
pub unsafe fn read_and_remember(
    fcinfo: FunctionCallInfo,
    storage: Storage,
    read: &Read,
    latest: &'static Latest,
) -> Datum {
    // SAFETY: as above; the memory context of the call site outlives every call from it.
    unsafe {
        // In the caller's short-lived memory: what reading needs on the way is not kept.
        let read = match read {
            Read::Plain(read) => read(),
            Read::OfArgument(read) => read(passed(fcinfo).map(Datum::from)),
            Read::OfArguments(read) => read(&all_passed(fcinfo)),
        };
        let value = match read {
            Ok(value) => value,
            Err(error) => {
                ErrorReport::from(error).report(PgLogLevel::ERROR);
                None
            }
        };
        // After reading: the first read after a change may make a generation of its own.
        let generation = identity::lasting_generation();
        // Called without a call site (by C code), or an answer for this one call: nothing to
        // remember.
        let Some(flinfo) = (*fcinfo).flinfo.as_mut() else { return answer(fcinfo, value) };
        let Some(generation) = generation else {
            if let Some(site) = flinfo.fn_extra.cast::<Site>().as_mut() {
                site.void();
            }
            return answer(fcinfo, value);
        };

        let caller = pg_sys::MemoryContextSwitchTo(flinfo.fn_mcxt);
        let value = value.map(|value| storage.copy(value));
        match flinfo.fn_extra.cast::<Site>().as_mut() {
            Some(site) => site.renew(fcinfo, generation, value, storage),
            None => Site::make(fcinfo, generation, value, latest),
        }
        pg_sys::MemoryContextSwitchTo(caller);
        answer(fcinfo, value)
    }
}

unsafe fn answer(fcinfo: FunctionCallInfo, value: Option<Datum>) -> Datum {
    let value = nullable(value);
    // SAFETY: `fcinfo` is valid, see `recall`.
    unsafe { (*fcinfo).isnull = value.isnull };
    value.value
}

/// Declares the function `$symbol`, which SQL names in its `AS 'MODULE_PATHNAME', '$symbol'`, and
/// the record by which the server knows its calling convention. `$storage` is that of its result,
/// `$kind` the kind of [`Read`] that `$read` is.
macro_rules! reader {
    ($symbol:ident, $finfo:ident, $storage:ident, $kind:ident($read:path)) => {
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $finfo() -> &'static pgrx::pg_sys::Pg_finfo_record {
            &pgrx::pg_sys::Pg_finfo_record { api_version: 1 }
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $symbol(
            fcinfo: pgrx::pg_sys::FunctionCallInfo,
        ) -> pgrx::pg_sys::Datum {
            use $crate::auth::reader::{Read, Storage, read_and_remember, recall, recall_compared};

            static LATEST: $crate::auth::latest::Latest = $crate::auth::latest::Latest::new();
            const READ: Read = Read::$kind($read);

            #[pgrx::pg_guard]
            unsafe extern "C-unwind" fn refresh(
                fcinfo: pgrx::pg_sys::FunctionCallInfo,
            ) -> pgrx::pg_sys::Datum {
                // SAFETY: the server's own call, handed on.
                unsafe { read_and_remember(fcinfo, Storage::$storage, &READ, &LATEST) }
            }
            // Out of line: the quick way needs no stack for what the others do.
            #[inline(never)]
            unsafe extern "C-unwind" fn slow(
                fcinfo: pgrx::pg_sys::FunctionCallInfo,
            ) -> pgrx::pg_sys::Datum {
                // SAFETY: the server's own call, handed on. Comparing calls nothing that raises.
                unsafe {
                    let known = if READ.is_plain() { recall(fcinfo) } else { None };
                    match known.or_else(|| recall_compared(fcinfo)) {
                        Some(answer) => answer,
                        None => refresh(fcinfo),
                    }
                }
            }
            // SAFETY: the server's own call. The quick way calls no server function, so nothing
            // can be raised outside the guard.
            unsafe {
                let known = if READ.is_plain() { LATEST.recall(fcinfo) } else { recall(fcinfo) };
                match known {
                    Some(answer) => answer,
                    None => slow(fcinfo),
                }
            }
        }
    };
}
pub(super) use reader;
