//! Where rate limits are counted, and how full that is.

use super::check::Outcome;
use crate::atomic::shared;
use crate::operation::failure::Failure;

/// Neither place is a fault; that counters were dropped since the server started is told.
pub fn check() -> Result<Outcome, Failure> {
    Ok(match shared::fill() {
        None => Outcome::ok().with("storage", "table"),
        Some(fill) => Outcome::ok()
            .with("storage", "shared memory")
            .with("counters", fill.filled)
            .with("room", fill.slots)
            .with("dropped", fill.dropped),
    })
}
