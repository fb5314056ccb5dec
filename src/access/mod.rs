//! Access, proven by running it: become an identity, ask the server, roll back.

pub mod access_matrix;
mod answer;
mod assert_denied;
mod assert_hidden;
mod assert_matrix;
mod assert_visible;
pub mod checklist;
mod condition;
mod differences;
mod doors;
mod emit_tests;
mod expected;
pub mod identity;
pub mod matrix;
mod matrix_diff;
mod overlap;
mod privileges;
mod probe;
mod review;
mod sample;
mod seen;
mod statement;
mod test_file;
mod trial;
