//! What functions are built of that run statements with rights their callers lack: the way in and
//! out, statements kept prepared, and errors that leave as they came. The switch of user itself is
//! `run_as`.

pub mod boundary;
pub mod caught;
pub mod direct;
pub mod failure;
pub mod memory;
pub mod private_table;
pub mod raised;
pub mod refusal;
pub mod row_set;
pub mod statement;
