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
    let text = text(datum);
    short(&text).or_else(|| Decimal::from_str(&text).ok())
}

/// The number that a text of at most 18 digits says: the shortest way for most money.
fn short(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let count = whole.len() + fraction.len();
    if count == 0 || count > 18 {
        return None;
    }
    let mut value: i64 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    let signed = if digits.len() < text.len() { -value } else { value };
    Some(Decimal::new(signed.into(), i64::try_from(fraction.len()).ok()?))
}

/// A decimal as a numeric of the same scale, in the current memory context.
pub fn datum(value: &Decimal) -> Result<pg_sys::Datum, Error> {
    match (small(value), value.fractional_digit_count()) {
        (Some(digits), scale @ 0..=18) => {
            let scale = i32::try_from(scale).unwrap_or_default();
            // SAFETY: plain numbers; the server divides exactly, by a power of ten.
            Ok(unsafe { pg_sys::int64_div_fast_to_numeric(digits, scale) }.into())
        }
        _ => parse(&plain(value)),
    }
}

/// The digits of a number, without its point, where they are few.
fn small(value: &Decimal) -> Option<i64> {
    i64::try_from(&*value.as_bigint_and_scale().0).ok()
}

/// A number written as JSON or the server writes it, as a numeric in the current memory context.
pub fn parse(text: &str) -> Result<pg_sys::Datum, Error> {
    let lost = || Error::Unexpected("a number cannot be written");
    let text = CString::new(text).map_err(|_| lost())?;
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
    let (Some(digits), Ok(scale @ 0..=18)) =
        (small(value), usize::try_from(value.fractional_digit_count()))
    else {
        return value.to_plain_string();
    };
    let sign = if digits < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    [sign, whole, point, fraction].concat()
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
    use super::{Decimal, at_scale, plain, short};
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
    fn short_and_long_ways_agree() {
        let texts =
            ["0", "-0.00", "12", "-12.50", "0.05", "-0.001", "123456789012345678", "1.", ".5"];
        for text in texts.into_iter().chain(["1234567890123456789", "0.0000000000000000001"]) {
            let long = decimal(text);
            assert_eq!(plain(&long), long.to_plain_string(), "{text}");
            if let Some(value) = short(text) {
                assert_eq!(value.as_bigint_and_exponent(), long.as_bigint_and_exponent(), "{text}");
            }
        }
        for text in ["", "-", ".", "1e5", "NaN", "--1", "1.2.3", "1234567890123456789"] {
            assert!(short(text).is_none(), "{text}");
        }
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
