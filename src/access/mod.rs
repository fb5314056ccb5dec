//! Access, proven by running it: become an identity, ask the server, roll back.

pub mod access_matrix;
pub mod identity;
pub mod matrix;
mod probe;
mod sample;
mod trial;
