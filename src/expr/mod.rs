//! Stored expressions as a small typed tree, and the questions asked of it. No SPI here.
//!
//! `convert` reads the server's node trees into [`Expr`]; `truth` asks which truth values an
//! expression can have; `depends` what it reads, whom it asks and how often; `index` which of its
//! comparisons an index serves. All ask on the tree alone, so nothing that users defined is ever
//! run.

pub mod anonymous;
pub mod claims;
pub mod convert;
pub mod depends;
pub mod identity;
pub mod index;
pub mod inline;
pub mod mentions;
pub mod rewrite;
pub mod scope;
pub mod self_compared;
pub mod simplify;
pub mod sql;
pub mod tree;
pub mod truth;
pub mod unset;
pub mod used;
pub mod uses;
pub mod visit;
pub mod ways;

pub use convert::{expression, expressions, queries, without_locations};
pub use tree::{ColumnRef, Expr};
