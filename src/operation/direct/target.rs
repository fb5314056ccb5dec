//! A table as rows are written to it.

use pgrx::pg_sys;

use super::executor::KeptExecutor;

/// A table that [`super::write`] writes.
pub struct Target {
    pub table: pg_sys::Oid,
    /// All its columns, for as long as the target lives.
    pub description: pg_sys::TupleDesc,
    /// Where each value of a row goes; `None` is a value that the table has no column for.
    pub columns: Vec<Option<Column>>,
    /// What inserted rows hold in the other columns, where that is not NULL.
    pub defaults: Vec<Default>,
    /// The columns of `columns`, as the server counts them for triggers and indexes.
    pub updated: *mut pg_sys::Bitmapset,
    /// Its CHECK constraints, planned, in the server's order; empty where there are none, and where the
    /// server shall plan them itself.
    pub checks: Vec<*mut pg_sys::Expr>,
    /// Which value, a uuid, an index of it begins with, from 0.
    pub indexed_uuid: Option<usize>,
    /// Its partial indexes that leave rows out for one value alone.
    pub partial: Vec<Partial>,
    /// Whether no code but the server's own runs when a row is written.
    pub is_quiet: bool,
    pub kept: KeptExecutor,
}

/// A column to be written.
#[derive(Clone, Copy)]
pub struct Column {
    /// Its place in a row, from 0.
    pub place: usize,
    pub fit: Fit,
}

/// What an assignment to the column does to a value of the type that rows hold.
#[derive(Clone, Copy)]
pub enum Fit {
    /// Nothing.
    AsIs,
    /// A numeric is fitted to the precision and scale of this modifier.
    Numeric(i32),
    /// A numeric becomes an integer.
    Int4,
    /// A numeric becomes a bigint.
    Int8,
}

/// A partial index of the rows where one value is not NULL.
#[derive(Clone, Copy)]
pub struct Partial {
    pub index: pg_sys::Oid,
    /// Which value of a row that is, from 0.
    pub value: usize,
}

/// The default of a column.
#[derive(Clone, Copy)]
pub struct Default {
    /// Its place in a row, from 0.
    pub place: usize,
    /// Planned; lives as long as the target.
    pub value: *mut pg_sys::Expr,
}
