//! Functions that somebody has looked through, and why they are as they are.

/// How a line of a function's comment begins that says so.
const PREFIX: &str = "rowguard:reviewed";

/// A review.
#[derive(Debug, PartialEq, Eq)]
pub struct Review<'a> {
    /// Who looked, or the ticket that says so.
    pub by: &'a str,
    /// Why it may stay.
    pub reason: &'a str,
}

/// The review that a function's comment holds: a line `rowguard:reviewed <who or ticket>: <why>`. A
/// line without either part reviews nothing.
pub fn in_comment(comment: &str) -> Option<Review<'_>> {
    comment.lines().find_map(|line| {
        let rest = line.trim().strip_prefix(PREFIX)?;
        let (by, reason) = rest.strip_prefix(char::is_whitespace)?.split_once(':')?;
        let (by, reason) = (by.trim(), reason.trim());
        (!by.is_empty() && !reason.is_empty()).then_some(Review { by, reason })
    })
}

#[cfg(test)]
mod tests {
    use super::{Review, in_comment};

    #[test]
    fn a_line_with_who_and_why() {
        let comment = "what it does\n rowguard:reviewed SEC-7:  asks auth.uid() itself \nmore";
        let review = Review { by: "SEC-7", reason: "asks auth.uid() itself" };
        assert_eq!(in_comment(comment), Some(review));
    }

    #[test]
    fn half_a_review_is_none() {
        for comment in [
            "",
            "rowguard:reviewed",
            "rowguard:reviewed alice",
            "rowguard:reviewed alice:",
            "rowguard:reviewed : because",
            "rowguard:reviewedalice: because",
            "see rowguard:reviewed alice: because",
        ] {
            assert_eq!(in_comment(comment), None, "{comment}");
        }
    }
}
