//! The mark of a generated object: one line of its COMMENT, which travels with a dump and dies
//! with the object. Pure.
//!
//! People's own lines, and those of other writers, stand beside it and are kept.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How the line begins.
const PREFIX: &str = "rowguard:managed ";

/// What the line says, as JSON. Holds no object ids: they do not survive a dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The generator that made the object.
    pub template: String,
    /// The name that the set of objects made together goes by.
    pub name: String,
    /// What the object does, for people.
    pub does: String,
    /// The role that made it.
    pub by: String,
    /// What was made, to tell what was edited since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// The table of the set, where the object does not lie on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

/// What a generator made: of a policy its roles and clauses, of other objects a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The roles, as SQL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// USING, or the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// WITH CHECK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

impl Made {
    /// As SQL writes it.
    pub fn sql(&self) -> String {
        let clause = |keyword: &str, condition: &Option<String>| {
            condition.as_ref().map_or_else(String::new, |sql| format!(" {keyword} ({sql})"))
        };
        format!("TO {}", self.to.join(", "))
            + &clause("USING", &self.using)
            + &clause("WITH CHECK", &self.check)
    }
}

impl Mark {
    /// The mark in a comment, if there is a readable one.
    pub fn find(comment: Option<&str>) -> Option<Self> {
        comment?
            .lines()
            .find_map(|line| serde_json::from_str(line.trim().strip_prefix(PREFIX)?).ok())
    }

    /// Whether both belong to one set.
    pub fn same_set(&self, other: &Self) -> bool {
        self.template == other.template && self.name == other.name
    }

    /// Whether both say the same. Who applied a template last is no difference.
    pub fn same(&self, other: &Self) -> bool {
        self.same_set(other)
            && self.does == other.does
            && self.made == other.made
            && self.table == other.table
    }

    /// Stands for a definition that is too long to be kept whole.
    pub fn digest(definition: &str) -> String {
        Sha256::digest(definition).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The comment with this mark in place of the one it has.
    pub fn put_into(&self, comment: Option<&str>) -> Result<String, serde_json::Error> {
        let line = format!("{PREFIX}{}", serde_json::to_string(self)?);
        let kept = others(comment);
        Ok(kept.into_iter().chain([line.as_str()]).collect::<Vec<_>>().join("\n"))
    }

    /// The comment without any mark; None where nothing else is in it.
    pub fn take_out(comment: Option<&str>) -> Option<String> {
        let kept = others(comment);
        (!kept.is_empty()).then(|| kept.join("\n"))
    }
}

/// The lines of a comment that are no mark.
fn others(comment: Option<&str>) -> Vec<&str> {
    comment
        .unwrap_or_default()
        .lines()
        .filter(|line| {
            let line = line.trim();
            !line.starts_with(PREFIX) && line != PREFIX.trim_end()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(does: &str) -> Mark {
        Mark {
            template: "owner_access".to_owned(),
            name: "posts_owner_access".to_owned(),
            does: does.to_owned(),
            by: "alice".to_owned(),
            made: None,
            table: None,
        }
    }

    #[test]
    fn comes_back_from_a_comment() {
        for does in ["reads", "a\nb", "quote \" and \\", "é"] {
            let comment = mark(does).put_into(None).unwrap();
            assert_eq!(comment.lines().count(), 1);
            assert_eq!(Mark::find(Some(&comment)), Some(mark(does)));
        }
    }

    #[test]
    fn keeps_the_lines_of_others_and_replaces_its_own() {
        let comment = "Ask Bob.\nrowguard:allow policy_always_true public";
        let once = mark("reads").put_into(Some(comment)).unwrap();
        let twice = mark("writes").put_into(Some(&once)).unwrap();
        assert!(twice.starts_with(comment));
        assert_eq!(twice.lines().count(), 3);
        assert_eq!(Mark::take_out(Some(&twice)).as_deref(), Some(comment));
        assert_eq!(Mark::take_out(Some(&mark("reads").put_into(None).unwrap())), None);
        assert_eq!(Mark::find(Some(&twice)), Some(mark("writes")));
    }

    #[test]
    fn an_unreadable_mark_is_none() {
        for comment in ["", "rowguard:managed", "rowguard:managed {", "x rowguard:managed {}"] {
            assert_eq!(Mark::find(Some(comment)), None, "{comment}");
        }
        assert_eq!(Mark::find(None), None);
    }

    #[test]
    fn who_applied_it_is_no_difference() {
        let other = Mark { by: "bob".to_owned(), ..mark("reads") };
        assert!(mark("reads").same(&other));
        assert!(!mark("reads").same(&mark("writes")));
        assert!(mark("reads").same_set(&mark("writes")));
    }
}
