//! The rules, one file each, and their registry.

mod policies_without_rls;
mod policy_always_true;
mod policy_column_unindexed;
mod rls_disabled;
mod rls_without_policy;

use super::rule::Rule;
use crate::error::Error;

/// Every rule, by id.
pub const ALL: [&Rule; 5] = [
    &policies_without_rls::RULE,
    &policy_always_true::RULE,
    &policy_column_unindexed::RULE,
    &rls_disabled::RULE,
    &rls_without_policy::RULE,
];

/// The rule of this id; 22023 when there is none.
pub fn by_id(id: &str) -> Result<&'static Rule, Error> {
    ALL.into_iter().find(|rule| rule.id == id).ok_or_else(|| Error::UnknownRule(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::ALL;

    /// One file per rule, one rule per file, in order, and each says all there is to say.
    #[test]
    fn registry_is_the_directory() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/audit/rules");
        let mut files: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        let ids: Vec<&str> = ALL.iter().map(|rule| rule.id).collect();
        assert_eq!(ids, files);
    }

    #[test]
    fn every_rule_is_documented() {
        for rule in ALL {
            for text in [rule.title, rule.why, rule.fix, rule.example] {
                assert!(!text.trim().is_empty(), "{}", rule.id);
            }
            assert!(!rule.title.contains('\n') && !rule.title.ends_with('.'), "{}", rule.id);
        }
    }
}
