//! Amounts of money: exact decimals, never rounded.

use std::str::FromStr;

use pgrx::pg_sys;

use super::decimal::{self, Decimal};
use crate::error::Error;
use crate::operation::refusal::Refusal;

/// A finite, positive amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    text: String,
    value: Decimal,
    /// Power of ten of the last digit that is not zero: 2 for 0.25, 0 for 5, -2 for 300.
    decimals: i32,
}

impl Amount {
    /// Reads an argument of type numeric.
    pub fn from_datum(datum: pg_sys::Datum) -> Result<Self, Refusal> {
        Self::parse(&decimal::text(datum))
    }

    fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |rule: &str| {
            Err(Refusal::InvalidAmount { amount: text.to_owned(), rule: rule.to_owned() })
        };
        // The server prints finite numbers as digits with at most one point, and no exponent.
        if !text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) {
            return refuse("be a finite number");
        }
        if text.starts_with('-') || text.chars().all(|c| matches!(c, '0' | '.')) {
            return refuse("be greater than zero");
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let decimals = if fraction.is_empty() {
            whole.trim_end_matches('0').len().cast_signed() - whole.len().cast_signed()
        } else {
            fraction.len().cast_signed()
        };
        let Ok(value) = Decimal::from_str(text) else {
            return refuse("be a finite number");
        };
        Ok(Self {
            text: text.to_owned(),
            value,
            // The server's numbers have at most 147,455 digits.
            decimals: i32::try_from(decimals).unwrap_or(i32::MAX),
        })
    }

    /// Refuses an amount finer than `scale` decimals; `None` is no limit.
    pub fn fit(&self, scale: Option<i32>) -> Result<(), Refusal> {
        match scale {
            Some(scale) if self.decimals > scale => Err(Refusal::InvalidAmount {
                amount: self.text.clone(),
                rule: match scale {
                    0 => "be a whole number".to_owned(),
                    1.. => format!("have at most {scale} decimals"),
                    _ => format!("be a multiple of 10^{}", -scale),
                },
            }),
            _ => Ok(()),
        }
    }

    /// An amount that was one before: all of a hold, or of a transfer to be reversed.
    pub fn known(datum: pg_sys::Datum) -> Result<Self, Error> {
        Self::from_datum(datum).map_err(|_| Error::Unexpected("a stored amount is no amount"))
    }

    /// As the server prints it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// To be counted with.
    pub fn value(&self) -> &Decimal {
        &self.value
    }
}

/// The scale that a column's type declares; `None` when it takes any number of decimals.
pub fn declared_scale(base_type: pg_sys::Oid, typmod: i32) -> Option<i32> {
    const HEADER: i32 = 4;
    if base_type != pg_sys::NUMERICOID {
        return Some(0);
    }
    // The scale is the lower eleven bits, signed.
    (typmod >= HEADER).then(|| (((typmod - HEADER) & 0x7ff) ^ 1024) - 1024)
}

#[cfg(test)]
mod tests {
    use super::{Amount, declared_scale};
    use pgrx::pg_sys;

    fn decimals(text: &str) -> Option<i32> {
        Amount::parse(text).ok().map(|amount| amount.decimals)
    }

    #[test]
    fn only_finite_positive_numbers_are_amounts() {
        for text in ["NaN", "Infinity", "-Infinity", "-1", "-0.01", "0", "0.00", "00"] {
            assert_eq!(decimals(text), None, "{text}");
        }
    }

    #[test]
    fn trailing_zeros_are_no_decimals() {
        assert_eq!(decimals("0.25"), Some(2));
        assert_eq!(decimals("0.250"), Some(2));
        assert_eq!(decimals("5"), Some(0));
        assert_eq!(decimals("5.000"), Some(0));
        assert_eq!(decimals("300"), Some(-2));
        assert_eq!(decimals("300.00"), Some(-2));
        assert_eq!(decimals("0.000000000000000001"), Some(18));
    }

    #[test]
    fn an_amount_finer_than_the_scale_is_refused() {
        let Ok(amount) = Amount::parse("1.005") else { panic!("1.005 is an amount") };
        assert!(amount.fit(Some(2)).is_err());
        assert!(amount.fit(Some(3)).is_ok());
        assert!(amount.fit(None).is_ok());
        let Ok(hundreds) = Amount::parse("300") else { panic!("300 is an amount") };
        assert!(hundreds.fit(Some(-2)).is_ok());
        assert!(hundreds.fit(Some(-3)).is_err());
    }

    #[test]
    fn scales_are_read_as_the_server_packs_them() {
        let pack = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(declared_scale(pg_sys::NUMERICOID, pack(12, 2)), Some(2));
        assert_eq!(declared_scale(pg_sys::NUMERICOID, pack(5, -3)), Some(-3));
        assert_eq!(declared_scale(pg_sys::NUMERICOID, -1), None);
        assert_eq!(declared_scale(pg_sys::INT8OID, -1), Some(0));
    }
}
