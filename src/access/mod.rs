//! Access, proven by running it: become an identity, ask the server, roll back.

pub mod access_matrix;
mod answer;
mod assert_denied;
mod assert_hidden;
mod assert_visible;
pub mod checklist;
mod condition;
mod doors;
pub mod identity;
pub mod matrix;
mod overlap;
mod privileges;
mod probe;
mod review;
mod sample;
mod seen;
mod statement;
mod trial;
