//! Whether transactions of this database may write.

use pgrx::pg_sys;

use super::check::Outcome;
use crate::catalog::select;
use crate::error::Error;
use crate::operation::failure::Failure;

/// A standby is none the worse for being one. Nothing is written to find out.
pub fn check() -> Result<Outcome, Failure> {
    // SAFETY: a plain question to the server.
    if unsafe { pg_sys::RecoveryInProgress() } {
        return Ok(Outcome::ok().with("role", "standby").with("writable", false));
    }
    let (read_only, source) = setting()?;
    let outcome = match (read_only, source.as_str()) {
        // The one who connected asked for it, and it hides what others get.
        (true, "client") => {
            return Ok(Outcome::unknown("this connection asked for read-only transactions")
                .with("role", "primary"));
        }
        (true, _) => Outcome::failed(format!("default_transaction_read_only is on, by {source}")),
        (false, _) => Outcome::ok(),
    };
    Ok(outcome.with("role", "primary").with("writable", !read_only))
}

/// Whether transactions begin read-only, and where that comes from. What the session has set for
/// itself does not count.
fn setting() -> Result<(bool, String), Error> {
    let found = select(
        "SELECT CASE s.source WHEN 'session' THEN s.reset_val ELSE s.setting END
                    OPERATOR(pg_catalog.=) 'on', s.source
           FROM pg_catalog.pg_settings s
          WHERE s.name OPERATOR(pg_catalog.=) 'default_transaction_read_only'",
        &[],
        |row| Ok((row.required(1)?, row.required(2)?)),
    )?;
    found.into_iter().next().ok_or(Error::Unexpected("a setting is missing"))
}
