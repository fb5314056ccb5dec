//! `atomic.rate_limit`: counts a request, and answers whether there is room for it.

use pgrx::datum::Interval;
use pgrx::prelude::*;

use super::rate::counter::{Counter, Demand};
use super::rate::take;
use super::rate::window::{Limit, Outcome, length};
use crate::error::{AtomicError, Error};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::row_set::RowSet;

sql_function!(rowguard_atomic_rate_limit, pg_finfo_rowguard_atomic_rate_limit, rate_limit);

extension_sql!(
    r#"
CREATE FUNCTION atomic.rate_limit(key text, max_requests integer, per interval, cost integer DEFAULT 1)
RETURNS TABLE (allowed boolean, remaining integer, retry_after interval, reset_at timestamptz)
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
AS 'MODULE_PATHNAME', 'rowguard_atomic_rate_limit';
COMMENT ON FUNCTION atomic.rate_limit(text, integer, interval, integer) IS 'Counts a request under a key, and answers whether there is room for it: at most so many in a window of time; counters belong to the calling role';
"#,
    name = "atomic_rate_limit",
    requires = ["bootstrap"]
);

/// The longest key, in bytes: room for an address and a path.
const LONGEST_KEY: usize = 1024;

/// Counts a request that costs `cost` under `key`, where at most `max_requests` are allowed in each window
/// of the length `per`, and answers one row. A window begins with the first request that finds none. What is
/// refused is not counted.
///
/// `key`: 1 to 1024 bytes; each calling role (`current_user`) has counters of its own. `max_requests`: 0 or
/// more; 0 refuses everything. `per`: longer than zero, at most 366 days, without months; a day is 24 hours.
/// `cost`: 0 or more; 0 counts nothing, and asks whether one more would be allowed. NULL for any of them: 22004.
///
/// `retry_after` is zero when allowed, and NULL when waiting does not help, because `cost` is more than
/// `max_requests`.
///
/// Who: part `app`.
///
/// Errors: 22023 for a key, number or length out of range. Where the library is not preloaded: 25006 in a
/// read-only transaction, and above READ COMMITTED 40001 when another transaction has counted under the key.
fn rate_limit(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let key: &str = call.need(0, "key")?;
    let max: i32 = call.need(1, "max_requests")?;
    let per: Interval = call.need(2, "per")?;
    let cost: i32 = call.need(3, "cost")?;
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(AtomicError::RateKey.into());
    }
    if max < 0 {
        return Err(AtomicError::NegativeCount("max_requests").into());
    }
    if cost < 0 {
        return Err(AtomicError::NegativeCount("cost").into());
    }
    let limit = Limit { max, per: length(&per).ok_or(AtomicError::RatePeriod)? };
    // SAFETY: a plain call.
    let role = unsafe { pg_sys::GetUserId() }.to_u32().to_le_bytes();
    let counter = Counter::of("call", &[&role, key.as_bytes()]);

    let rows = RowSet::begin(call)?;
    for outcome in take(&[Demand { counter, limit, cost }])? {
        rows.push(row(&outcome)?)?;
    }
    Ok(pg_sys::Datum::null())
}

fn row(outcome: &Outcome) -> Result<[Option<pg_sys::Datum>; 4], Error> {
    const RANGE: Error = Error::Unexpected("a rate limit is out of range");
    let Outcome { allowed, remaining, retry_after, reset_at } = outcome;
    Ok([
        allowed.into_datum(),
        i32::try_from(*remaining).map_err(|_| RANGE)?.into_datum(),
        retry_after.map(Interval::from_micros).and_then(IntoDatum::into_datum),
        TimestampWithTimeZone::try_from(*reset_at).map_err(|_| RANGE)?.into_datum(),
    ])
}
