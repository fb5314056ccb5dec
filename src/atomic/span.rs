//! Spans of time as arguments.

use pgrx::datum::Interval;

use crate::error::AtomicError;

/// Refuses a span that is not greater than zero, as the server compares intervals: months of 30
/// days, days of 24 hours. 22023.
pub fn need_positive(span: &Interval, argument: &'static str) -> Result<(), AtomicError> {
    const DAY: i128 = 86_400_000_000;
    let days = i128::from(span.months()) * 30 + i128::from(span.days());
    if days * DAY + i128::from(span.micros()) > 0 {
        return Ok(());
    }
    Err(AtomicError::NoSpan(argument))
}
