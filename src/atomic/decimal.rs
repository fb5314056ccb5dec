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
    // SAFETY: callers pass a numeric that is not NULL; its bytes are read while it is there.
    let stored = unsafe {
        let value = datum.cast_mut_ptr::<pg_sys::varlena>();
        if pgrx::varatt_is_1b_e(value) || pgrx::varatt_is_4b_c(value) {
            None
        } else {
            let bytes = pgrx::vardata_any(value).cast();
            stored(std::slice::from_raw_parts(bytes, pgrx::varsize_any_exhdr(value)))
        }
    };
    match stored {
        Some((digits, scale)) => Some(Decimal::new(digits.into(), scale)),
        None => Decimal::from_str(&text(datum)).ok(),
    }
}

/// A numeric as the server stores it, if it has few digits: without its point, and its scale. The form
/// is that of data files, which does not change: a word of sign, scale and weight, in some a second
/// one of the weight, and words of four decimal digits, the highest first and none at the ends zero. See
/// numeric.c of the server.
fn stored(bytes: &[u8]) -> Option<(i64, i64)> {
    let (words, []) = bytes.as_chunks::<2>() else { return None };
    let mut words = words.iter().map(|word| u16::from_ne_bytes(*word));
    let head = words.next()?;
    let (is_negative, scale, weight) = match head >> 14 {
        // Sign, six bits of scale, seven of weight.
        0b10 => (
            head & 0x2000 != 0,
            (head & 0x1F80) >> 7,
            i32::from(head & 0x3F) - i32::from(head & 0x40),
        ),
        0b11 => return None,
        sign => (sign == 0b01, head & 0x3FFF, i32::from(words.next()?.cast_signed())),
    };
    let count = i32::try_from(words.len()).ok().filter(|count| *count <= 4)?;
    let digits = words.fold(0, |digits: i64, word| digits * 10_000 + i64::from(word));
    // The power of ten that the last word counts, and by which it differs from the scale.
    let shift = if count == 0 { 0 } else { 4 * (weight - count + 1) + i32::from(scale) };
    let factor = 10_i64.checked_pow(shift.unsigned_abs())?;
    let digits = match shift {
        ..0 if digits % factor != 0 => return None,
        ..0 => digits / factor,
        _ => digits.checked_mul(factor)?,
    };
    Some((if is_negative { -digits } else { digits }, scale.into()))
}

/// Such a number as the server stores it, with its length in words; `None` for one of too many digits.
fn to_stored(digits: i64, scale: u16) -> Option<([u16; 6], usize)> {
    // Words do not cross the point.
    let fill = (4 - scale % 4) % 4;
    let mut rest = digits.unsigned_abs().checked_mul(10_u64.pow(fill.into()))?;
    let mut weight = -i32::from((scale + fill) / 4);
    while rest != 0 && rest % 10_000 == 0 {
        rest /= 10_000;
        weight += 1;
    }
    let mut words = [0; 6];
    let count = (1..=5).find(|count| rest < 10_000_u64.checked_pow(*count).unwrap_or(u64::MAX))?;
    let count = if rest == 0 { 0 } else { count as usize };
    for word in words.get_mut(1..=count)?.iter_mut().rev() {
        *word = u16::try_from(rest % 10_000).ok()?;
        rest /= 10_000;
    }
    weight = if count == 0 { 0 } else { weight + i32::try_from(count).ok()? - 1 };
    let sign = if digits < 0 { 0x2000 } else { 0 };
    words[0] = 0x8000 | sign | scale << 7 | (weight as u16 & 0x7F);
    Some((words, count + 1))
}

/// A decimal as a numeric of the same scale, in the current memory context.
pub fn datum(value: &Decimal) -> Result<pg_sys::Datum, Error> {
    Room::new(1).datum(value)
}

/// Room for numerics, in the memory context that was current when it was made.
pub struct Room {
    places: *mut [u16; 8],
    free: usize,
}

impl Room {
    /// For so many.
    pub fn new(count: usize) -> Self {
        // SAFETY: new memory of that size.
        let places = unsafe { pg_sys::palloc(count * size_of::<[u16; 8]>()) }.cast();
        Self { places, free: count }
    }

    /// A decimal as a numeric of the same scale. One of many digits, and one too many, lie in the current
    /// memory context.
    pub fn datum(&mut self, value: &Decimal) -> Result<pg_sys::Datum, Error> {
        let stored = match (small(value), u16::try_from(value.fractional_digit_count())) {
            (Some(digits), Ok(scale @ 0..=63)) if self.free > 0 => to_stored(digits, scale),
            _ => None,
        };
        let Some((words, count)) = stored else { return parse(&plain(value)) };
        let size = pg_sys::VARHDRSZ + count * size_of::<u16>();
        self.free -= 1;
        // SAFETY: a place that nobody has as yet, filled with a length and so many words.
        unsafe {
            let place = self.places.add(self.free);
            pgrx::set_varsize_4b(place.cast(), i32::try_from(size).unwrap_or_default());
            let content = place.cast::<u8>().add(pg_sys::VARHDRSZ).cast::<u16>();
            content.copy_from_nonoverlapping(words.as_ptr(), count);
            Ok(place.into())
        }
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

/// The power of ten of the last digit that is not zero, negated: 2 for 0.25, 0 for 5, -2 for 300.
pub fn last_place(value: &Decimal) -> i32 {
    let place = match small(value) {
        Some(0) => 0,
        Some(mut digits) => {
            let mut place = value.fractional_digit_count();
            while digits % 10 == 0 {
                digits /= 10;
                place -= 1;
            }
            place
        }
        None => value.normalized().fractional_digit_count(),
    };
    // The server's numbers have at most 147,455 digits.
    i32::try_from(place).unwrap_or(i32::MAX)
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
    use super::{Decimal, at_scale, plain, stored, to_stored};
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
    fn few_digits_are_written_as_many_are() {
        for text in ["0", "-0.00", "12", "-12.50", "0.05", "-0.001", "123456789012345678"] {
            let long = decimal(text);
            assert_eq!(plain(&long), long.to_plain_string(), "{text}");
        }
    }

    #[test]
    fn stored_numbers_are_read() {
        let short = |sign: u16, scale: u16, weight: i16, words: &[u16]| {
            let head = 0x8000 | sign << 13 | scale << 7 | (weight.cast_unsigned() & 0x7F);
            bytes([head].iter().chain(words))
        };
        let long = |sign: u16, scale: u16, weight: i16, words: &[u16]| {
            bytes([sign << 14 | scale, weight.cast_unsigned()].iter().chain(words))
        };
        for (bytes, number) in [
            (short(0, 0, 0, &[]), Some((0, 0))),
            (short(0, 2, 0, &[]), Some((0, 2))),
            (short(0, 0, 0, &[12]), Some((12, 0))),
            (short(1, 2, 0, &[12, 5000]), Some((-1250, 2))),
            (short(0, 2, -1, &[500]), Some((5, 2))),
            (short(0, 8, -2, &[1]), Some((1, 8))),
            (short(0, 0, 1, &[3]), Some((30_000, 0))),
            (short(0, 2, 1, &[3]), Some((3_000_000, 2))),
            (short(0, 2, 1, &[100, 0, 100]), Some((100_000_001, 2))),
            (long(0, 70, -1, &[1]), None),
            (long(1, 2, 0, &[7]), Some((-700, 2))),
            (long(0, 0, 40, &[7]), None),
            (short(0, 0, 4, &[9999, 9999, 9999, 9999, 9999]), None),
            (short(0, 0, 3, &[9999, 9999, 9999, 9999]), Some((9_999_999_999_999_999, 0))),
            (bytes(&[0xC000]), None),
            (bytes(&[0xD000]), None),
            (vec![], None),
            (vec![1], None),
        ] {
            assert_eq!(stored(&bytes), number, "{bytes:?}");
        }
    }

    #[test]
    fn numbers_are_stored_as_the_server_does() {
        let head = |sign: u16, scale: u16, weight: i16| {
            0x8000 | sign << 13 | scale << 7 | (weight.cast_unsigned() & 0x7F)
        };
        for (digits, scale, words) in [
            (0, 0, vec![head(0, 0, 0)]),
            (0, 2, vec![head(0, 2, 0)]),
            (12, 0, vec![head(0, 0, 0), 12]),
            (-1250, 2, vec![head(1, 2, 0), 12, 5000]),
            (5, 2, vec![head(0, 2, -1), 500]),
            (1, 8, vec![head(0, 8, -2), 1]),
            (30_000, 0, vec![head(0, 0, 1), 3]),
            (3_000_000, 2, vec![head(0, 2, 1), 3]),
            (100_000_001, 2, vec![head(0, 2, 1), 100, 0, 100]),
            (i64::MAX, 0, vec![head(0, 0, 4), 922, 3372, 368, 5477, 5807]),
            (i64::MIN, 0, vec![head(1, 0, 4), 922, 3372, 368, 5477, 5808]),
            (9_999_999_999_999_999, 16, vec![head(0, 16, -1), 9999, 9999, 9999, 9999]),
            (1, 63, vec![head(0, 63, -16), 10]),
        ] {
            let (stored, count) = to_stored(digits, scale).unwrap();
            assert_eq!(stored[..count], words, "{digits} {scale}");
        }
        // Too many digits for a word of the machine.
        assert_eq!(to_stored(i64::MAX, 1), None);
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let mut digits: i64 = 7;
        for round in 0..20_000 {
            digits = digits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round);
            let (digits, scale) = (digits >> (round % 60), (round % 19) as u16);
            let Some((words, count)) = to_stored(digits, scale) else { continue };
            let read = stored(&bytes(&words[..count]));
            // Those of five words are left to the server.
            assert!(count > 5 || read == Some((digits, scale.into())), "{digits} {scale} {read:?}");
        }
    }

    fn bytes<'a>(words: impl IntoIterator<Item = &'a u16>) -> Vec<u8> {
        words.into_iter().flat_map(|word| word.to_ne_bytes()).collect()
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
