//! Memory of the server's that outlives the transaction.

use pgrx::pg_sys;

/// A memory context of a backend's life, deleted when dropped.
pub struct Memory(pg_sys::MemoryContext);

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        // SAFETY: the parent lives as long as the backend, as does the name.
        Self(unsafe {
            pg_sys::AllocSetContextCreateInternal(
                pg_sys::TopMemoryContext,
                c"rowguard".as_ptr(),
                pg_sys::ALLOCSET_SMALL_MINSIZE as usize,
                pg_sys::ALLOCSET_SMALL_INITSIZE as usize,
                pg_sys::ALLOCSET_SMALL_MAXSIZE as usize,
            )
        })
    }

    /// The server's handle on it, good while this lives.
    pub fn context(&self) -> pg_sys::MemoryContext {
        self.0
    }

    /// Runs `make`, with what the server allocates meanwhile lying here.
    pub fn within<T>(&self, make: impl FnOnce() -> T) -> T {
        /// The context from before, restored on every path out.
        struct Before(pg_sys::MemoryContext);
        impl Drop for Before {
            fn drop(&mut self) {
                // SAFETY: the context was the current one a moment ago.
                unsafe { pg_sys::CurrentMemoryContext = self.0 };
            }
        }
        // SAFETY: alive while we are.
        let _before = Before(unsafe { pg_sys::MemoryContextSwitchTo(self.0) });
        make()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: ours, and not the current one: `within` has ended.
        unsafe { pg_sys::MemoryContextDelete(self.0) };
    }
}
