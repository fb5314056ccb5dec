//! What a rule's file says of the rule: the one text for readers of the source, for
//! `rls.explain_rule()` and for the README.

/// The head of a rule's file: its first line, then paragraphs that begin with `Why:` and `Fix:`, then
/// `Example:` with a block of SQL.
#[derive(Debug, PartialEq, Eq)]
pub struct Doc {
    /// What is wrong, in a few words.
    pub title: String,
    /// When it fires and why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// SQL that is found at fault.
    pub example: String,
}

impl Doc {
    /// Reads the head of a source file.
    pub fn of(source: &str) -> Self {
        let head: Vec<&str> = source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let paragraph = |label: &str| {
            head.iter()
                .skip_while(|line| !line.starts_with(label))
                .take_while(|line| !line.is_empty())
                .map(|line| line.strip_prefix(label).unwrap_or(line).trim())
                .collect::<Vec<_>>()
                .join(" ")
        };
        Self {
            title: head.first().map_or("", |line| line.trim_end_matches('.')).to_owned(),
            why: paragraph("Why:"),
            fix: paragraph("Fix:"),
            example: head
                .iter()
                .skip_while(|line| **line != "```sql")
                .skip(1)
                .take_while(|line| **line != "```")
                .copied()
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_part() {
        let source = "//! A title.\n//!\n//! Why: because\n//! of this.\n//!\n//! Fix: do that.\n//!\n\
                      //! Example:\n//! ```sql\n//! SELECT 1;\n//!   -- more\n//! ```\n\nuse x;\n";
        assert_eq!(
            Doc::of(source),
            Doc {
                title: "A title".to_owned(),
                why: "because of this.".to_owned(),
                fix: "do that.".to_owned(),
                example: "SELECT 1;\n  -- more".to_owned(),
            }
        );
    }

    #[test]
    fn lacks_what_is_not_there() {
        let doc = Doc::of("use x;\n//! no head\n");
        assert!([doc.title, doc.why, doc.fix, doc.example].iter().all(String::is_empty));
    }
}
