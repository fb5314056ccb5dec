//! The rules, one file each, and their registry.

mod clauseless_policy;
mod inverted_owner_test;
mod never_true;
mod policies_without_rls;
mod policy_always_true;
mod policy_column_unindexed;
mod policy_ignores_row;
mod policy_true_without_identity;
mod rls_disabled;
mod rls_without_policy;
mod self_comparison;
mod user_editable_claim;
mod with_check_looser_than_using;
mod write_through_read_branch;

use super::rule::Rule;
use crate::error::Error;

/// Every rule, by id.
pub const ALL: &[&Rule] = &[
    &clauseless_policy::RULE,
    &inverted_owner_test::RULE,
    &never_true::RULE,
    &policies_without_rls::RULE,
    &policy_always_true::RULE,
    &policy_column_unindexed::RULE,
    &policy_ignores_row::RULE,
    &policy_true_without_identity::RULE,
    &rls_disabled::RULE,
    &rls_without_policy::RULE,
    &self_comparison::RULE,
    &user_editable_claim::RULE,
    &with_check_looser_than_using::RULE,
    &write_through_read_branch::RULE,
];

/// The rule of this id; 22023 when there is none.
pub fn by_id(id: &str) -> Result<&'static Rule, Error> {
    ALL.iter().copied().find(|rule| rule.id == id).ok_or_else(|| Error::UnknownRule(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::audit::doc::Doc;

    /// One file per rule, one rule per file, each in the registry, in order. Read as text: the
    /// rules themselves call the server, which is not there.
    #[test]
    fn registry_is_the_directory() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/audit/rules");
        let mut ids: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            .filter(|name| name != "mod")
            .collect();
        ids.sort();
        let registered: Vec<&str> = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.trim().strip_prefix('&')?.strip_suffix("::RULE,"))
            .collect();
        assert_eq!(registered, ids);
        for id in ids {
            let source = fs::read_to_string(format!("{directory}/{id}.rs")).unwrap();
            assert!(source.contains(&format!("id: \"{id}\",")), "{id}");
            assert!(source.contains(&format!("include_str!(\"{id}.rs\")")), "{id}");
            let doc = Doc::of(&source);
            for part in [doc.title, doc.why, doc.fix, doc.example] {
                assert!(!part.is_empty(), "the head of {id} lacks a part");
            }
        }
    }
}
