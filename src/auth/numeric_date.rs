//! A token's NumericDate (RFC 7519: seconds since 1970, fractions allowed) as the server counts
//! time, pure.

/// Seconds from 1970 to the server's epoch, 2000.
const EPOCH: f64 = 946_684_800.0;

/// The first and the last microsecond that the server can hold, from its own epoch.
const RANGE: std::ops::Range<f64> = -211_813_488_000_000_000.0..9_223_371_331_200_000_000.0;

/// Microseconds from the server's epoch; none when the number is no time the server can hold.
/// `number` is a JSON number.
pub fn to_timestamp(number: &str) -> Option<i64> {
    let seconds: f64 = number.parse().ok()?;
    let microseconds = ((seconds - EPOCH) * 1e6).round_ties_even();
    #[allow(clippy::cast_possible_truncation, reason = "in range by the line itself")]
    RANGE.contains(&microseconds).then_some(microseconds as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_the_servers_epoch() {
        assert_eq!(to_timestamp("946684800"), Some(0));
        assert_eq!(to_timestamp("0"), Some(-946_684_800_000_000));
        assert_eq!(to_timestamp("-1"), Some(-946_684_801_000_000));
        assert_eq!(to_timestamp("1767225600.25"), Some(820_540_800_250_000));
        assert_eq!(to_timestamp("1.7672256e9"), Some(820_540_800_000_000));
    }

    #[test]
    fn refuses_times_that_the_server_cannot_hold() {
        for number in ["1e999", "-1e999", "9224318016000", "-210866803201", "1e18"] {
            assert_eq!(to_timestamp(number), None, "{number}");
        }
        assert!(to_timestamp("9224318015000").is_some());
        assert!(to_timestamp("-210866803200").is_some());
    }
}
