//! Operations that happen whole or not at all, for the right caller only.
//!
//! An operation validates and authorises as its caller, then runs its statements as the owner of
//! the ledger's tables, the way the server's own foreign-key checks do, and restores the caller on
//! every path out.

// Shared steps.
mod account;
mod amount;
mod answer;
mod array;
mod batch_keys;
mod book;
mod caller;
mod columns;
mod created_columns;
mod currency;
mod decimal;
mod direct;
mod expressions;
mod holds;
mod index;
pub mod inspection;
mod jsonb;
mod ledger;
mod limit;
mod mapping;
mod operation_keys;
mod parameters;
mod places;
mod rate;
mod readable;
mod registry;
mod rows;
mod span;
mod tables;
mod transfer_keys;
mod trigger_path;
mod under_way;
mod watch;
mod work_keys;

// One file per SQL function or view.
mod attach_ledger;
mod available_balance;
mod balance;
mod capture_hold;
mod check_request;
mod create_ledger;
mod detach_ledger;
mod expire_holds;
mod guard_ledger;
mod hold_funds;
mod idempotent_begin;
mod idempotent_finish;
mod idempotent_sweep;
mod invalidate_ledgers;
mod ledgers;
mod open_account;
mod rate_limit;
mod reverse_transfer;
mod seed_rate_limits;
mod set_account;
mod statement;
mod transfer_batch;
mod transfer_funds;
mod verify_ledger;
mod void_hold;

pub use rate::shared;
