//! Rows found, locked and written without a statement, the way the server's own logical-replication
//! worker applies changes, and COPY: an index scan finds a row, the table's access method locks and
//! writes it, and the executor's functions for one row see to its constraints, its indexes and its
//! AFTER ROW triggers.
//!
//! A statement of three rows spends most of its time on being started and stopped. What is here does
//! the work of such statements for tables where nothing of the owner's can change a row on its way
//! in; all other tables are written by statements. What a caller can see is the same: snapshots,
//! locks, isolation levels, errors.
//!
//! Nothing here checks a privilege: callers do.

pub mod executor;
mod fetch;
pub mod find;
mod indexes;
mod insert;
pub mod look_up;
mod server;
pub mod target;
mod update;
mod values;
pub mod write;
