//! Policies written by the database: a template says what a table shall have, a plan compares it
//! with what the table has, and the plan is returned, or run, as SQL.

mod expression;
mod identity;
mod mark;
mod names;
mod options;
mod plan;
mod target;
mod template;

// One file per generator.
mod owner_access;
