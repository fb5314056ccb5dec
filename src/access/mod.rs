//! Access, proven by running it: become an identity, ask the server, roll back.

// What the others are made of: becoming somebody, privileges, rows, queries.
mod answer;
mod condition;
pub mod identity;
mod node;
mod place_set;
mod privileges;
mod probe;
mod progress;
mod run;
mod sample;
mod server;
mod session_locks;
mod statement;
mod trial;

// Every identity, every table, every command.
pub mod access_matrix;
mod doors;
pub mod matrix;

// One identity and one row.
mod asking;
mod bound;
mod clause;
mod conclusion;
mod door;
mod explain;
mod explain_access;
mod given;
mod held;
mod place;
mod policies;
mod ruling;
mod scan;

// Every policy.
mod columns;
mod coverage;
mod covered;
mod deciding;
mod survey;

// Assertions, and tests made of them.
mod assert_denied;
mod assert_hidden;
mod assert_isolated;
mod assert_matrix;
mod assert_visible;
pub mod checklist;
mod differences;
mod emit_tests;
mod expected;
mod matrix_diff;
mod overlap;
mod reach;
mod review;
mod seen;
mod test_file;
