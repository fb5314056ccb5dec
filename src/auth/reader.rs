//! How SQL reads the identity: hand-written version-1 functions that remember their answer at the
//! call site until the identity changes.
//!
//! A policy calls its reader for every row. A generated wrapper costs 75 to 105 ns a call; this
//! costs two comparisons. Remembering per call site, instead of returning a pointer to the session's
//! one identity, keeps values alive that a query still holds when it changes the claims itself.

use std::ptr;
use std::slice;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{Datum, FunctionCallInfo};
use pgrx::prelude::*;
use pgrx::varlena::{varatt_is_1b_e, varsize_any};

use super::identity;
use super::latest::Latest;
use super::session;
use crate::error::Error;

/// How the server stores the answers of a reader.
#[derive(Clone, Copy)]
pub enum Storage {
    /// In the datum itself: boolean, timestamptz.
    Value,
    /// As the 16 bytes it points to.
    Uuid,
    /// As a value that says its own length: text, jsonb, arrays.
    Varlena,
}

impl Storage {
    /// A copy in the current memory context.
    unsafe fn copy(self, value: Datum) -> Datum {
        // SAFETY: the datum is a value of this storage, fresh from an input function, so that it
        // is stored where it points to.
        unsafe {
            match self {
                Self::Value => value,
                Self::Uuid => copy(slice::from_raw_parts(value.cast_mut_ptr(), 16)),
                Self::Varlena => copy(bytes(value.cast_mut_ptr())),
            }
        }
    }

    /// Frees what [`Self::copy`] made.
    unsafe fn free(self, value: Datum) {
        match self {
            Self::Value => {}
            // SAFETY: allocated by the server, and freed once.
            Self::Uuid | Self::Varlena => unsafe { pg_sys::pfree(value.cast_mut_ptr()) },
        }
    }
}

/// A copy in the current memory context.
fn copy(bytes: &[u8]) -> Datum {
    // SAFETY: as much memory as there are bytes; the server raises when there is none.
    unsafe {
        let place = pg_sys::palloc(bytes.len()).cast::<u8>();
        ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
        Datum::from(place)
    }
}

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

/// See [`Site::plain`]. A change of mode begins a generation, as everything does that counts here.
fn plain(generation: u64, argument: Argument) -> u64 {
    match argument {
        Argument::Constant if session::from_gateway() => generation,
        _ => session::NEVER,
    }
}

/// What a call site remembers; lives as long as the site.
struct Site {
    /// The generation in which the answer holds for every call, with nothing more to look at: it
    /// comes from a gateway's claims, and the argument is constant. Else [`session::NEVER`].
    plain: u64,
    generation: u64,
    argument: Argument,
    /// A pointer to server memory or a plain value.
    answer: pg_sys::NullableDatum,
    /// The answer before: the row in hand may still point to it, the row after it cannot.
    before: Option<Datum>,
    flinfo: *mut pg_sys::FmgrInfo,
    latest: &'static Latest,
    /// Runs [`forget`] before the memory goes.
    at_reset: pg_sys::MemoryContextCallback,
}

impl Site {
    /// Lets the next call find the answer without the site. Not where there is an argument: a site
    /// made anew at the same address could have another. Nor where the answer is NULL.
    ///
    /// # Safety
    /// `fcinfo` is a call from this site.
    unsafe fn publish(&self, fcinfo: FunctionCallInfo) {
        // SAFETY: as promised.
        if unsafe { (*fcinfo).nargs } == 0 && !self.answer.isnull {
            self.latest.publish(self.flinfo, self.plain, self.answer.value);
        }
    }
}

/// # Safety
/// The server passes the site whose memory goes.
unsafe extern "C-unwind" fn forget(site: *mut core::ffi::c_void) {
    // SAFETY: as promised.
    unsafe {
        let site = &*site.cast::<Site>();
        site.latest.withdraw(site.flinfo);
    }
}

/// The argument that the remembered answer is for.
#[derive(Clone, Copy)]
enum Argument {
    /// There is none, or it is the same in every call from this site.
    Constant,
    /// It was NULL.
    Null,
    /// A copy of what was passed.
    Value(*mut pg_sys::varlena),
    /// It lay elsewhere, in a form that cannot be compared.
    Unknown,
}

impl Argument {
    /// Whether a call passes the remembered argument.
    ///
    /// # Safety
    /// `fcinfo` is a call with the arguments that the site's function is declared with.
    #[inline(never)]
    unsafe fn is_passed_by(&self, fcinfo: FunctionCallInfo) -> bool {
        // SAFETY: both are values of varying length that are stored where they point to; their
        // headers say how long they are.
        unsafe {
            match *self {
                Self::Constant => true,
                Self::Unknown => false,
                Self::Null => passed(fcinfo).is_none(),
                Self::Value(known) => match passed(fcinfo) {
                    Some(value) if !varatt_is_1b_e(value) => bytes(value) == bytes(known),
                    _ => false,
                },
            }
        }
    }
}

/// The first argument; none is NULL.
unsafe fn passed(fcinfo: FunctionCallInfo) -> Option<*mut pg_sys::varlena> {
    // SAFETY: see `is_passed_by`.
    let argument = unsafe { *(*fcinfo).args.as_ptr() };
    (!argument.isnull).then(|| argument.value.cast_mut_ptr())
}

/// All arguments; none is NULL.
unsafe fn all_passed(fcinfo: FunctionCallInfo) -> Vec<Option<Datum>> {
    // SAFETY: the server passes as many arguments as it says.
    let arguments =
        unsafe { (*fcinfo).args.as_slice(usize::try_from((*fcinfo).nargs).unwrap_or(0)) };
    arguments.iter().map(|argument| (!argument.isnull).then_some(argument.value)).collect()
}

unsafe fn bytes<'a>(value: *const pg_sys::varlena) -> &'a [u8] {
    // SAFETY: a valid value, see `is_passed_by`.
    unsafe { slice::from_raw_parts(value.cast(), varsize_any(value)) }
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
                site.plain = session::NEVER;
                site.generation = session::NEVER;
                latest.withdraw(flinfo);
            }
            return answer(fcinfo, value);
        };

        let caller = pg_sys::MemoryContextSwitchTo(flinfo.fn_mcxt);
        let value = value.map(|value| storage.copy(value));
        let site = flinfo.fn_extra.cast::<Site>();
        if let Some(site) = site.as_mut() {
            if let Some(old) = site.before.take() {
                storage.free(old);
            }
            site.before = (!site.answer.isnull).then_some(site.answer.value);
            site.answer = nullable(value);
            let old = site.argument;
            site.argument = to_remember(fcinfo, old);
            site.plain = plain(generation, site.argument);
            site.generation = generation;
            if let Argument::Value(old) = old {
                pg_sys::pfree(old.cast());
            }
            site.publish(fcinfo);
        } else {
            let argument = to_remember(fcinfo, first(fcinfo));
            let site = pg_sys::palloc(size_of::<Site>()).cast::<Site>();
            site.write(Site {
                plain: plain(generation, argument),
                generation,
                argument,
                answer: nullable(value),
                before: None,
                flinfo,
                latest,
                at_reset: pg_sys::MemoryContextCallback {
                    func: Some(forget),
                    arg: site.cast(),
                    next: ptr::null_mut(),
                },
            });
            pg_sys::MemoryContextRegisterResetCallback(flinfo.fn_mcxt, &raw mut (*site).at_reset);
            flinfo.fn_extra = site.cast();
            (*site).publish(fcinfo);
        }
        pg_sys::MemoryContextSwitchTo(caller);
        answer(fcinfo, value)
    }
}

/// What is known of a site's argument before anything is remembered.
unsafe fn first(fcinfo: FunctionCallInfo) -> Argument {
    // SAFETY: the expression, where there is one, is the call that the site belongs to.
    unsafe {
        if (*fcinfo).nargs == 0 {
            return Argument::Constant;
        }
        let call = (*(*fcinfo).flinfo).fn_expr.cast::<pg_sys::FuncExpr>();
        if call.is_null() || !pgrx::is_a(call.cast(), pg_sys::NodeTag::T_FuncExpr) {
            return Argument::Unknown;
        }
        // Only a constant stays what it is: expressions of PL/pgSQL keep their call sites while
        // their parameters change.
        let constant = (*call).args.as_ref().is_some_and(|args| {
            let count = usize::try_from(args.length).unwrap_or(0);
            count > 0
                && slice::from_raw_parts(args.elements, count)
                    .iter()
                    .all(|cell| pgrx::is_a(cell.ptr_value.cast(), pg_sys::NodeTag::T_Const))
        });
        if constant { Argument::Constant } else { Argument::Unknown }
    }
}

/// The argument in hand, copied into the current memory context.
unsafe fn to_remember(fcinfo: FunctionCallInfo, known: Argument) -> Argument {
    if matches!(known, Argument::Constant) {
        return known;
    }
    // Of several arguments none is compared.
    // SAFETY: the server passes a valid call.
    if unsafe { (*fcinfo).nargs } > 1 {
        return Argument::Unknown;
    }
    // SAFETY: see `is_passed_by`.
    unsafe {
        match passed(fcinfo) {
            None => Argument::Null,
            Some(value) if varatt_is_1b_e(value) => Argument::Unknown,
            Some(value) => Argument::Value(copy(bytes(value)).cast_mut_ptr()),
        }
    }
}

fn nullable(value: Option<Datum>) -> pg_sys::NullableDatum {
    pg_sys::NullableDatum {
        value: value.unwrap_or(Datum::from(ptr::null_mut::<u8>())),
        isnull: value.is_none(),
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
