//! rowguard: row-level security written, audited and proven, and operations that happen whole or
//! not at all, inside PostgreSQL.
//!
//! This file is the table of contents. Data flows one way: claims -> `auth` -> policies and
//! operations; `pg_catalog` -> `catalog` -> `expr` -> rules -> findings -> reports. `page`
//! shows what `audit` and `access` found side by side.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

::pgrx::pg_module_magic!(name, version);

mod arguments;
mod error;
mod quote;
mod read_only;
mod run_as;
mod settings;

mod access;
mod atomic;
mod audit;
mod auth;
mod catalog;
mod expr;
mod monitor;
mod operation;
mod page;
mod policy;
mod readers;
mod rights;

// Schemas and private tables come first; each module then declares its functions, a comment beside
// every one; rights come last, when everything exists.
extension_sql_file!("../sql/bootstrap.sql", name = "bootstrap", bootstrap);
extension_sql_file!("../sql/grants.sql", name = "grants", finalize);

/// Defines the settings when the server loads the library, or raises why it cannot be loaded; where it is
/// preloaded, asks for shared memory.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    if let Err(error) = settings::define() {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
    atomic::shared::install();
}
