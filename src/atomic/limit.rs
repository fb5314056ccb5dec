//! Limits of balances, as arguments.

use pgrx::pg_sys;

use super::decimal::{self, Decimal};
use crate::error::AtomicError;

/// Which side of the balance a limit is on.
#[derive(Clone, Copy)]
pub enum Side {
    Floor,
    Ceiling,
}

impl Side {
    fn argument(self) -> &'static str {
        match self {
            Self::Floor => "min_balance",
            Self::Ceiling => "max_balance",
        }
    }
}

/// The limit that an argument gives: `None` for `-Infinity` as a floor and `Infinity` as a ceiling,
/// which limit nothing. 22023 for NaN, an infinity that leaves no room, or more decimals than
/// `digits`.
pub fn read(datum: pg_sys::Datum, side: Side, digits: i32) -> Result<Option<Decimal>, AtomicError> {
    let text = decimal::text(datum);
    match (side, text.as_str()) {
        (Side::Floor, "-Infinity") | (Side::Ceiling, "Infinity") => return Ok(None),
        _ => {}
    }
    let fitted = decimal::read(datum).map(|value| decimal::at_scale(&value, Some(digits)));
    match fitted {
        Some(fitted) if fitted.fractional_digit_count() <= i64::from(digits) => Ok(Some(fitted)),
        _ => Err(AtomicError::InvalidLimit { argument: side.argument(), value: text, digits }),
    }
}
