//! What rate limits are made of: windows that count requests, and the two places where counters live.

// Pure: text and numbers in, answers out.
mod address;
mod path;
mod slots;
pub mod window;

// What is asked.
pub mod counter;
pub mod request;
pub mod rules;

// Where it is counted.
pub mod shared;
mod stored;

use counter::Demand;
use window::Outcome;

use crate::error::AtomicError;
use crate::operation::failure::Failure;

/// Counts what is asked for, all of it or, where one counter refuses, nothing; answers for each. One
/// moment decides for all.
pub fn take(demands: &[Demand]) -> Result<Vec<Outcome>, Failure> {
    match shared::take(demands) {
        Some(outcomes) => Ok(outcomes),
        None => stored::take(demands),
    }
}

/// Whether a request can be counted. Counters that are rows cannot be written in a read-only transaction: reads
/// pass then, of which a warning tells once in a session, and anything else is an error.
pub fn counts(reads: bool) -> Result<bool, AtomicError> {
    if shared::present() || !stored::read_only() {
        return Ok(true);
    }
    if reads {
        stored::warn_of_reads()
    } else {
        return Err(AtomicError::ReadOnlyCounters);
    }
    Ok(false)
}
