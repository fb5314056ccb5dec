//! `auth.expires_at()`: the claim `exp` as a time.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::claims::Value;
use super::declaration::Declaration;
use super::identity;
use super::numeric_date;
use super::reader::reader;
use super::typed;
use crate::error::{AuthError, Error};

/// When the token expires, in the server's own count of microseconds; none when it does not say.
pub fn expires_at() -> Result<Option<i64>, Error> {
    identity::claim(&["exp"], |claim| match claim {
        Value::Absent => Ok(None),
        Value::Number(number) => timestamp(number),
        Value::Untyped(text) if text.parse::<f64>().is_ok() => timestamp(&text),
        _ => Err(typed::shape(&["exp"], "a number")),
    })
}

fn timestamp(number: &str) -> Result<Option<i64>, Error> {
    numeric_date::to_timestamp(number).map(Some).ok_or(AuthError::ExpiryOutOfRange.into())
}

fn read() -> Result<Option<Datum>, Error> {
    Ok(expires_at()?.map(Datum::from))
}

reader!(rowguard_auth_expires_at, pg_finfo_rowguard_auth_expires_at, Value, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.expires_at",
    argument: None,
    result: pg_sys::TIMESTAMPTZOID,
    reads: true,
    symbol: "rowguard_auth_expires_at",
    comment: "claim exp, when the token expires; null when absent; 22P02 when it is no number, 22008 when out of range",
};
