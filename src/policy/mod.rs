//! Policies written by the database: a template says what a table shall have, a plan compares it
//! with what the table has, and the plan is returned, or run, as SQL.

mod access;
pub mod attempt;
mod call;
mod declaration;
mod document;
mod expression;
mod generator;
mod ground;
mod identity;
mod junction;
mod junction_function;
mod levels;
mod lookups;
mod managed;
mod managed_view;
pub mod mark;
mod membership;
mod membership_query;
mod membership_registry;
mod names;
mod options;
mod part;
mod planner;
mod spec_path;
mod step;
mod target;
mod template;

// One file per SQL function that looks at all of them.
mod apply;
mod drift;
mod plan;
mod revert;
mod spec_schema;

// What generated policies ask, and who permits it.
mod forget_memberships;
mod memberships;
mod register_memberships;

// One file per generator.
mod claim_access;
mod column_guard;
mod custom;
mod enable;
mod enable_all;
mod hierarchy_access;
mod mfa_required;
mod owner_access;
mod public_read;
mod secure_view;
mod soft_delete;
mod team_access;
mod tenant_isolation;
mod time_window;
mod tree_access;

// What atomic.create_ledger() gives its tables.
mod ledger_access;
pub use ledger_access::{LedgerTables, ledger_access};
