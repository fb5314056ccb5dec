//! The rules that requests are counted by: `atomic.rate_limits`, which the administrator fills.

use pgrx::datum::Interval;

use super::counter::{Counter, Demand};
use super::path::fits;
use super::request::{self, Client, Request};
use super::window::{Limit, length};
use crate::error::{AtomicError, Error};
use crate::operation::private_table::{PrivateTable, Row};

const TABLE: PrivateTable = PrivateTable {
    schema: c"atomic",
    name: c"rate_limits",
    columns: 5,
    defect: "atomic.rate_limits is missing or has other columns",
};

/// What the rules that fit a request demand of their counters. Every rule has counters of its own.
pub fn demands(request: &Request) -> Result<Vec<Demand>, Error> {
    TABLE.rows(None)?.iter().filter_map(|row| demand(request, row).transpose()).collect()
}

fn demand(request: &Request, row: &Row) -> Result<Option<Demand>, Error> {
    let (methods, pattern): (&str, &str) = (row.need(1)?, row.need(2)?);
    let method_fits = methods == "*" || methods.split(',').any(|method| method == request.method);
    if !method_fits || !fits(&request.path, pattern.as_bytes()) {
        return Ok(None);
    }
    let per = length(&row.need::<Interval>(3)?).ok_or(AtomicError::RatePeriod)?;
    let by: &str = row.need(5)?;
    let client = match by {
        "user" => request::user()?,
        "address" => request::by_address(),
        "everybody" => Client::Everybody,
        _ => return Err(Error::Unexpected("atomic.rate_limits counts by something unknown")),
    };
    let [kind, name] = client.parts();
    let rule = [methods.as_bytes(), pattern.as_bytes(), &per.to_le_bytes(), by.as_bytes()];
    let [methods, pattern, length, by] = rule;
    Ok(Some(Demand {
        counter: Counter::of("request", &[methods, pattern, length, by, kind, name]),
        limit: Limit { max: row.need(4)?, per },
        cost: 1,
    }))
}
