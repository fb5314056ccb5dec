//! Stored expressions as a small typed tree, and the questions asked of it. No SPI here.
//!
//! `convert` reads the server's node trees into [`Expr`]; `truth` asks which truth values an
//! expression can have; `index` asks which of its comparisons an index serves. Both ask on the
//! tree alone, so nothing that users defined is ever run.

pub mod convert;
pub mod index;
pub mod inline;
pub mod mentions;
pub mod scope;
pub mod sql;
pub mod tree;
pub mod truth;
pub mod uses;

pub use convert::{expression, expressions};
pub use tree::{ColumnRef, Expr, Source};
