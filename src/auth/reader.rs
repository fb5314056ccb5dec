//! How SQL reads the identity: hand-written version-1 functions that remember their answer at the
//! call site until the identity changes.
//!
//! A policy calls its reader for every row. A generated wrapper costs 75 to 105 ns a call; this
//! costs a comparison. Remembering per call site, instead of returning a pointer to the session's
//! one identity, keeps values alive that a query still holds when it changes the claims itself.

use std::ptr;

use pgrx::memcxt::PgMemoryContexts;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::session;
use crate::error::Error;

/// What a call site remembers; lives as long as the site.
struct Site {
    generation: u64,
    /// A pointer to server memory, or none for NULL.
    answer: Option<pg_sys::Datum>,
    /// The answer before: the row in hand may still point to it, the row after it cannot.
    before: Option<pg_sys::Datum>,
}

/// The answer that this call site remembers, if the identity has not changed since.
///
/// # Safety
/// `fcinfo` is what the server passed to a function declared with [`reader!`].
pub unsafe fn recall(fcinfo: pg_sys::FunctionCallInfo) -> Option<pg_sys::Datum> {
    // SAFETY: the server passes a valid call; `fn_extra` belongs to the called function alone.
    unsafe {
        let site = (*fcinfo).flinfo.as_ref()?.fn_extra.cast::<Site>().as_ref()?;
        (site.generation == session::generation()).then(|| answer(fcinfo, site.answer))
    }
}

/// Reads the identity and remembers the answer at the call site.
///
/// # Safety
/// As for [`recall`].
pub unsafe fn read_and_remember(
    fcinfo: pg_sys::FunctionCallInfo,
    read: fn() -> Result<Option<pg_sys::Datum>, Error>,
) -> pg_sys::Datum {
    // SAFETY: as above; the memory context of the call site outlives every call from it.
    unsafe {
        let read = || match read() {
            Ok(value) => value,
            Err(error) => {
                ErrorReport::from(error).report(PgLogLevel::ERROR);
                None
            }
        };
        // Called without a call site (by C code): nothing to remember.
        let Some(flinfo) = (*fcinfo).flinfo.as_mut() else { return answer(fcinfo, read()) };
        let generation = session::generation();
        let value = PgMemoryContexts::For(flinfo.fn_mcxt).switch_to(|_| read());
        let site = flinfo.fn_extra.cast::<Site>();
        if let Some(site) = site.as_mut() {
            if let Some(old) = site.before.take() {
                pg_sys::pfree(old.cast_mut_ptr());
            }
            *site = Site { generation, answer: value, before: site.answer };
        } else {
            let site = pg_sys::MemoryContextAlloc(flinfo.fn_mcxt, size_of::<Site>()).cast::<Site>();
            site.write(Site { generation, answer: value, before: None });
            flinfo.fn_extra = site.cast();
        }
        answer(fcinfo, value)
    }
}

unsafe fn answer(fcinfo: pg_sys::FunctionCallInfo, value: Option<pg_sys::Datum>) -> pg_sys::Datum {
    // SAFETY: `fcinfo` is valid, see `recall`.
    unsafe { (*fcinfo).isnull = value.is_none() };
    value.unwrap_or(pg_sys::Datum::from(ptr::null_mut::<u8>()))
}

/// Text of the server, in the current memory context.
pub fn text(value: &str) -> pg_sys::Datum {
    // SAFETY: a copy of `length` bytes.
    unsafe { pg_sys::cstring_to_text_with_len(value.as_ptr().cast(), value.len() as i32).into() }
}

/// Declares the function `$symbol`, which SQL names in its `AS 'MODULE_PATHNAME', '$symbol'`, and
/// the record by which the server knows its calling convention.
macro_rules! reader {
    ($symbol:ident, $finfo:ident, $read:path) => {
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
            #[pgrx::pg_guard]
            unsafe extern "C-unwind" fn refresh(
                fcinfo: pgrx::pg_sys::FunctionCallInfo,
            ) -> pgrx::pg_sys::Datum {
                // SAFETY: the server's own call, handed on.
                unsafe { $crate::auth::reader::read_and_remember(fcinfo, $read) }
            }
            // SAFETY: the server's own call. The quick way calls no server function, so nothing
            // can be raised outside the guard.
            unsafe {
                match $crate::auth::reader::recall(fcinfo) {
                    Some(answer) => answer,
                    None => refresh(fcinfo),
                }
            }
        }
    };
}
pub(super) use reader;
