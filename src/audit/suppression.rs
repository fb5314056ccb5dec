//! Findings that somebody has accepted, with a reason.

use super::finding::Finding;

/// How a line of a policy's comment begins that accepts a finding.
const PREFIX: &str = "rowguard:allow";

/// The reason why the finding is accepted, from the comment of its policy: a line
/// `rowguard:allow <rule> <reason>`. Who accepts what a rule would find accepts too that it cannot
/// be evaluated. A line without a reason accepts nothing.
pub fn in_comment(comment: &str, finding: &Finding) -> Option<String> {
    comment.lines().find_map(|line| {
        let rest = line.trim().strip_prefix(PREFIX)?;
        let (rule, reason) = rest.strip_prefix(char::is_whitespace)?.trim().split_once(' ')?;
        let reason = reason.trim();
        ((rule == finding.rule || rule == finding.applied) && !reason.is_empty())
            .then(|| reason.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::rule::Level;

    fn reason(comment: &str) -> Option<String> {
        let finding = Finding {
            rule: "policy_always_true",
            applied: "policy_always_true",
            level: Level::Error,
            schema: String::new(),
            object: String::new(),
            kind: "table",
            policy: None,
            columns: None,
            message: String::new(),
            detail: serde_json::Map::new(),
            fix: None,
        };
        in_comment(comment, &finding)
    }

    #[test]
    fn a_line_of_its_own_with_a_reason() {
        let comment = "what people wrote\n  rowguard:allow policy_always_true  public catalogue \n";
        assert_eq!(reason(comment), Some("public catalogue".to_owned()));
    }

    #[test]
    fn no_reason_no_acceptance() {
        assert_eq!(reason("rowguard:allow policy_always_true"), None);
        assert_eq!(reason("rowguard:allow policy_always_true   "), None);
    }

    #[test]
    fn another_rule_or_prefix_is_nothing() {
        assert_eq!(reason("rowguard:allow rls_disabled because"), None);
        assert_eq!(reason("rowguard:allowpolicy_always_true because"), None);
        assert_eq!(reason("see rowguard:allow policy_always_true because"), None);
        assert_eq!(reason(""), None);
    }
}
