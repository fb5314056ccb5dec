//! What the call site that read last remembers, where it can be found without going through the
//! site: three loads one after the other are half of what a read costs.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed};

use pgrx::pg_sys::{Datum, FmgrInfo, FunctionCallInfo};

use super::session;

/// One per reader. A backend has one thread: the atomics are plain loads and stores.
pub struct Latest {
    /// Whose answer it is: no other site may have it, whose memory could live longer.
    flinfo: AtomicPtr<FmgrInfo>,
    /// In which generation it holds; [`session::NEVER`] is none.
    generation: AtomicU64,
    /// Never NULL: the server has put down that a function's result is not before it calls, so
    /// there is nothing to say.
    value: AtomicUsize,
}

impl Latest {
    /// Nothing is known yet.
    pub const fn new() -> Self {
        Self {
            flinfo: AtomicPtr::new(ptr::null_mut()),
            generation: AtomicU64::new(session::NEVER),
            value: AtomicUsize::new(0),
        }
    }

    /// Makes an answer known that holds in `generation` for every call from `flinfo`.
    pub fn publish(&self, flinfo: *mut FmgrInfo, generation: u64, answer: Datum) {
        self.flinfo.store(flinfo, Relaxed);
        self.generation.store(generation, Relaxed);
        self.value.store(answer.value(), Relaxed);
    }

    /// Forgets what `flinfo` has made known: its memory goes.
    pub fn withdraw(&self, flinfo: *mut FmgrInfo) {
        if self.flinfo.load(Relaxed) == flinfo {
            self.generation.store(session::NEVER, Relaxed);
        }
    }

    /// The answer, where it is this site's and good.
    ///
    /// # Safety
    /// `fcinfo` is a call by the server.
    #[inline]
    pub unsafe fn recall(&self, fcinfo: FunctionCallInfo) -> Option<Datum> {
        // SAFETY: as promised.
        unsafe {
            let good = self.generation.load(Relaxed) == session::generation()
                && self.flinfo.load(Relaxed) == (*fcinfo).flinfo;
            good.then(|| Datum::from(self.value.load(Relaxed)))
        }
    }
}
