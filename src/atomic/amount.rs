//! Amounts of money: exact decimals, never rounded.

use pgrx::pg_sys;

use super::decimal::{self, Decimal};
use crate::error::Error;
use crate::operation::refusal::Refusal;

/// A finite, positive amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    value: Decimal,
    /// Power of ten of the last digit that is not zero: 2 for 0.25, 0 for 5, -2 for 300.
    decimals: i32,
}

impl Amount {
    /// Reads an argument of type numeric.
    pub fn from_datum(datum: pg_sys::Datum) -> Result<Self, Refusal> {
        match decimal::read(datum) {
            Some(value) => Self::of(value),
            None => Err(Refusal::InvalidAmount {
                amount: decimal::text(datum),
                rule: "be a finite number".to_owned(),
            }),
        }
    }

    fn of(value: Decimal) -> Result<Self, Refusal> {
        if value <= Decimal::default() {
            return Err(Refusal::InvalidAmount {
                amount: decimal::plain(&value),
                rule: "be greater than zero".to_owned(),
            });
        }
        Ok(Self { decimals: decimal::last_place(&value), value })
    }

    /// Refuses an amount finer than `scale` decimals; `None` is no limit.
    pub fn fit(&self, scale: Option<i32>) -> Result<(), Refusal> {
        match scale {
            Some(scale) if self.decimals > scale => Err(Refusal::InvalidAmount {
                amount: self.text(),
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
    pub fn text(&self) -> String {
        decimal::plain(&self.value)
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
    use bigdecimal::BigDecimal;
    use pgrx::pg_sys;
    use std::str::FromStr;

    fn amount(text: &str) -> Option<Amount> {
        Amount::of(BigDecimal::from_str(text).ok()?).ok()
    }

    fn decimals(text: &str) -> Option<i32> {
        amount(text).map(|amount| amount.decimals)
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
        let Some(amount) = amount("1.005") else { panic!("1.005 is an amount") };
        assert!(amount.fit(Some(2)).is_err());
        assert!(amount.fit(Some(3)).is_ok());
        assert!(amount.fit(None).is_ok());
        let Some(hundreds) = self::amount("300") else { panic!("300 is an amount") };
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
