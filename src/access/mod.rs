//! Access, proven by running it: become an identity, ask the server, roll back.

mod access_matrix;
mod doors;
mod identity;
mod matrix;
mod probe;
mod sample;
mod trial;
