//! Where a reader is called from.

use std::ptr;

use pgrx::pg_sys::{self, Datum, FunctionCallInfo};

use super::argument::Argument;
use super::storage::{Storage, nullable};
use crate::auth::latest::Latest;
use crate::auth::session;

/// What a call site remembers; lives as long as the site.
pub struct Site {
    /// The generation in which the answer holds for every call, with nothing more to look at: it
    /// comes from a gateway's claims, and the argument is constant. Else [`session::NEVER`].
    pub plain: u64,
    /// The generation of the answer; [`session::NEVER`]: there is none.
    pub generation: u64,
    /// What it is the answer for.
    pub argument: Argument,
    /// A pointer to server memory or a plain value.
    pub answer: pg_sys::NullableDatum,
    /// The answer before: the row in hand may still point to it, the row after it cannot.
    before: Option<Datum>,
    flinfo: *mut pg_sys::FmgrInfo,
    latest: &'static Latest,
    /// Runs [`forget`] before the memory goes.
    at_reset: pg_sys::MemoryContextCallback,
}

impl Site {
    /// Begins to remember at the place of a call, in the memory of the call site, which is the
    /// current one.
    ///
    /// # Safety
    /// `fcinfo` is a call from a site that remembers nothing yet.
    pub unsafe fn make(
        fcinfo: FunctionCallInfo,
        generation: u64,
        answer: Option<Datum>,
        latest: &'static Latest,
    ) {
        // SAFETY: as promised; the memory context of the call site outlives every call from it.
        unsafe {
            let flinfo = (*fcinfo).flinfo;
            let argument = Argument::first(fcinfo).next(fcinfo);
            let site = pg_sys::palloc(size_of::<Self>()).cast::<Self>();
            site.write(Self {
                plain: plain(generation, argument),
                generation,
                argument,
                answer: nullable(answer),
                before: None,
                flinfo,
                latest,
                at_reset: pg_sys::MemoryContextCallback {
                    func: Some(forget),
                    arg: site.cast(),
                    next: ptr::null_mut(),
                },
            });
            pg_sys::MemoryContextRegisterResetCallback(
                (*flinfo).fn_mcxt,
                &raw mut (*site).at_reset,
            );
            (*flinfo).fn_extra = site.cast();
            (*site).publish(fcinfo);
        }
    }

    /// Remembers another answer, which lies in the memory of the call site, the current one.
    ///
    /// # Safety
    /// `fcinfo` is a call from this site, and `storage` that of its answers.
    pub unsafe fn renew(
        &mut self,
        fcinfo: FunctionCallInfo,
        generation: u64,
        answer: Option<Datum>,
        storage: Storage,
    ) {
        // SAFETY: as promised; what is freed here was copied for this site, and is freed once.
        unsafe {
            if let Some(old) = self.before.take() {
                storage.free(old);
            }
            self.before = (!self.answer.isnull).then_some(self.answer.value);
            self.answer = nullable(answer);
            let old = self.argument;
            self.argument = old.next(fcinfo);
            self.plain = plain(generation, self.argument);
            self.generation = generation;
            if let Argument::Value(old) = old {
                pg_sys::pfree(old.cast());
            }
            self.publish(fcinfo);
        }
    }

    /// Answers no call more until it is renewed.
    pub fn void(&mut self) {
        self.plain = session::NEVER;
        self.generation = session::NEVER;
        self.latest.withdraw(self.flinfo);
    }

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

/// See [`Site::plain`]. A change of mode begins a generation, as everything does that counts here.
fn plain(generation: u64, argument: Argument) -> u64 {
    match argument {
        Argument::Constant if session::from_gateway() => generation,
        _ => session::NEVER,
    }
}
