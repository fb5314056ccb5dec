//! What functions are built of that run statements with rights their callers lack: the way in and
//! out, the switch to another role, statements kept prepared, and errors that leave as they came.

pub mod boundary;
pub mod caught;
pub mod failure;
pub mod refusal;
pub mod run_as;
pub mod statement;
