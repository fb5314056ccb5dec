//! Durations as settings.

use std::ffi::{CStr, c_int};
use std::ptr;

use pgrx::pg_sys;

/// Most seconds of leeway: more would be a second lifetime.
const MAX_LEEWAY: u32 = 300;

/// A leeway; none: no duration in its range.
pub fn leeway(value: Option<&CStr>) -> Option<u32> {
    parse_seconds(value?).filter(|seconds| *seconds <= MAX_LEEWAY)
}

/// A limit. The outer none: no duration; the inner: no limit.
pub fn max_lifetime(value: Option<&CStr>) -> Option<Option<u32>> {
    match value? {
        off if off == c"off" => Some(None),
        value => parse_seconds(value).filter(|seconds| *seconds > 0).map(Some),
    }
}

/// A duration in the server's own notation: a number of seconds, or one with a unit.
fn parse_seconds(value: &CStr) -> Option<u32> {
    let mut seconds: c_int = 0;
    // SAFETY: the value ends with a null byte; the function writes the result and raises nothing.
    let good = unsafe {
        pg_sys::parse_int(
            value.as_ptr(),
            &raw mut seconds,
            pg_sys::GUC_UNIT_S.cast_signed(),
            ptr::null_mut(),
        )
    };
    good.then_some(seconds).and_then(|seconds| seconds.try_into().ok())
}
