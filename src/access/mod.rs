//! Access, proven by running it: become an identity, ask the server, roll back.

// What the others are made of: becoming somebody, rows, queries.
mod identity;
mod node;
mod privilege;
mod probe;
mod run;
mod sample;
mod server;
mod trial;

// Every identity, every table, every command.
mod access_matrix;
mod matrix;

// One identity and one row.
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
