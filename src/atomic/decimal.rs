//! Exact decimals: the server's numeric, to be counted with in memory.

use std::ffi::CString;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use pgrx::{IntoDatum, pg_sys};

use crate::error::Error;

/// A finite number of any length.
pub type Decimal = BigDecimal;

/// A numeric as the server prints it.
pub fn text(datum: pg_sys::Datum) -> String {
    // SAFETY: callers pass a numeric that is not NULL; the output function returns a new string.
    unsafe {
        pgrx::direct_function_call::<&core::ffi::CStr>(pg_sys::numeric_out, &[Some(datum)])
            .map(|text| text.to_string_lossy().into_owned())
            .unwrap_or_default()
    }
}

/// A numeric as a decimal of the same scale; `None` for NaN and the infinities.
pub fn read(datum: pg_sys::Datum) -> Option<Decimal> {
    Decimal::from_str(&text(datum)).ok()
}

/// A decimal as a numeric of the same scale, in the current memory context.
pub fn datum(value: &Decimal) -> Result<pg_sys::Datum, Error> {
    let lost = || Error::Unexpected("a number cannot be written");
    let text = CString::new(plain(value)).map_err(|_| lost())?;
    // SAFETY: the input function takes a terminated string, an unused type and a modifier.
    unsafe {
        pgrx::direct_function_call_as_datum(
            pg_sys::numeric_in,
            &[text.as_c_str().into_datum(), 0i32.into_datum(), (-1i32).into_datum()],
        )
    }
    .ok_or_else(lost)
}

/// As the server prints it: digits, at most one point, no exponent.
pub fn plain(value: &Decimal) -> String {
    value.to_plain_string()
}

/// With exactly `scale` decimals where that loses nothing; as it is otherwise.
pub fn at_scale(value: &Decimal, scale: Option<i32>) -> Decimal {
    match scale {
        Some(scale) => {
            let fitted = value.with_scale(i64::from(scale.max(0)));
            if fitted == *value { fitted } else { value.clone() }
        }
        None => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, at_scale, plain};
    use std::str::FromStr;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    #[test]
    fn sums_are_exact_and_keep_the_finer_scale() {
        let sum = decimal("0.1") + decimal("0.20");
        assert_eq!(plain(&sum), "0.30");
        let large = decimal("123456789012345678901234567890123456789.000000000000000001");
        assert_eq!(
            plain(&(large - decimal("0.000000000000000002"))),
            "123456789012345678901234567890123456788.999999999999999999"
        );
        assert_eq!(plain(&(decimal("1") - decimal("2.50"))), "-1.50");
        assert_eq!(plain(&decimal("0")), "0");
        assert_eq!(plain(&(decimal("0.000") - decimal("0.001"))), "-0.001");
        assert_eq!(plain(&decimal("0.0000000000000000000001")), "0.0000000000000000000001");
    }

    #[test]
    fn scale_is_changed_only_where_nothing_is_lost() {
        assert_eq!(plain(&at_scale(&decimal("12.5"), Some(2))), "12.50");
        assert_eq!(plain(&at_scale(&decimal("12.5000"), Some(2))), "12.50");
        assert_eq!(plain(&at_scale(&decimal("12.505"), Some(2))), "12.505");
        assert_eq!(plain(&at_scale(&decimal("3000"), Some(-3))), "3000");
        assert_eq!(plain(&at_scale(&decimal("0.0"), None)), "0.0");
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["NaN", "Infinity", "-Infinity"] {
            assert!(Decimal::from_str(text).is_err(), "{text}");
        }
    }
}
