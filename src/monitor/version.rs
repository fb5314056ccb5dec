//! Whether the objects of the extension and the library that runs are of one version.

use super::check::Outcome;
use crate::catalog::select;
use crate::error::Error;
use crate::operation::failure::Failure;

/// The version of this library.
const LIBRARY: &str = env!("CARGO_PKG_VERSION");

pub fn check() -> Result<Outcome, Failure> {
    let (extension, available) = versions()?;
    let available = available.as_deref();
    let outcome = if extension == LIBRARY {
        Outcome::ok()
    } else if available == Some(extension.as_str()) {
        Outcome::failed(
            "this session runs an older library: connect again, and restart the server where it is preloaded",
        )
    } else {
        Outcome::failed("the objects are of another version: ALTER EXTENSION rowguard UPDATE")
    };
    Ok(outcome.with("extension", extension).with("library", LIBRARY).with("available", available))
}

/// The version that was created, and the one that the server would create.
fn versions() -> Result<(String, Option<String>), Error> {
    let found = select(
        "SELECT e.extversion,
                (SELECT a.default_version FROM pg_catalog.pg_available_extensions a
                  WHERE a.name OPERATOR(pg_catalog.=) e.extname)
           FROM pg_catalog.pg_extension e
          WHERE e.extname OPERATOR(pg_catalog.=) 'rowguard'",
        &[],
        |row| Ok((row.required(1)?, row.optional(2)?)),
    )?;
    found.into_iter().next().ok_or(Error::Unexpected("the extension is missing"))
}
