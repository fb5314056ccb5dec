//! What rate limits are made of: windows that count requests, and the two places where counters live.

pub mod counter;
pub mod shared;
mod slots;
mod stored;
pub mod window;

use counter::Demand;
use window::Outcome;

use crate::operation::failure::Failure;

/// Counts what is asked for, all of it or, where one counter refuses, nothing; answers for each. One
/// moment decides for all.
pub fn take(demands: &[Demand]) -> Result<Vec<Outcome>, Failure> {
    match shared::take(demands) {
        Some(outcomes) => Ok(outcomes),
        None => stored::take(demands),
    }
}
