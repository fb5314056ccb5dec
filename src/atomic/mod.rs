//! Operations that happen whole or not at all, for the right caller only.
//!
//! An operation validates and authorises as its caller, then runs its statements as the owner of
//! the ledger's tables, the way the server's own foreign-key checks do, and restores the caller on
//! every path out.

// What operations are built of, shared with whoever else works for callers without rights.
use crate::operation::{boundary, failure, refusal, statement};

mod amount;
mod attach_ledger;
mod detach_ledger;
mod ledger;
mod ledgers;
mod mapping;
mod operation_keys;
mod registry;
mod tables;
mod transfer_funds;
mod trigger_path;
mod watch;
