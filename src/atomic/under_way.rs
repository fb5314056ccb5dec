//! Operations that have read balances and not written them yet.
//!
//! Statements about holds run in between, and with them what their owner does after each row. Should
//! that move money of the same ledger, the balances that were read would be written over it.

use std::cell::Cell;

use pgrx::pg_sys;

thread_local! {
    /// The table of holds that a statement of an operation writes right now.
    static WRITTEN: Cell<Option<pg_sys::Oid>> = const { Cell::new(None) };
}

/// While this lives, accounts of the ledger with this table of holds are not to be locked.
pub struct UnderWay(Option<pg_sys::Oid>);

impl UnderWay {
    /// Begins; ends when dropped.
    pub fn begin(holds: pg_sys::Oid) -> Self {
        Self(WRITTEN.replace(Some(holds)))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        WRITTEN.set(self.0);
    }
}

/// Whether an operation on the ledger with this table of holds is in between.
pub fn is(holds: pg_sys::Oid) -> bool {
    WRITTEN.get() == Some(holds)
}
