//! The rules, one file each, and their registry.

mod bypassrls_reachable;
mod clauseless_policy;
mod default_privileges_open;
mod definer_executable_by_exposed;
mod definer_trigger;
mod definer_without_search_path;
mod duplicate_policy;
mod force_rls_missing;
mod foreign_key_unindexed;
mod identity_call_per_row;
mod immutable_reads_session;
mod inverted_owner_test;
mod matview_exposes_rls;
mod multiple_permissive;
mod never_true;
mod partition_exposed;
mod policies_without_rls;
mod policy_always_true;
mod policy_column_unindexed;
mod policy_for_exempt_role;
mod policy_for_public;
mod policy_function_not_executable;
mod policy_ignores_row;
mod policy_reads_hidden_table;
pub mod policy_recursion;
mod policy_true_without_identity;
mod policy_without_privilege;
mod publication_exposes_rows;
mod race_prone_subquery;
mod references_or_trigger_granted;
mod restrictive_always_true;
mod restrictive_only;
mod rls_disabled;
mod rls_without_policy;
mod row_function_per_row;
mod rule_on_rls_table;
mod self_comparison;
mod truncate_granted;
mod unguarded_setting;
mod unique_covert_channel;
mod user_editable_claim;
mod user_leakproof_function;
mod view_bypasses_rls;
mod volatile_in_policy;
mod with_check_looser_than_using;
mod write_through_read_branch;
mod write_without_select_policy;

use super::rule::Rule;
use crate::error::AuditError;

/// Every rule, by id.
pub const ALL: &[&Rule] = &[
    &bypassrls_reachable::RULE,
    &clauseless_policy::RULE,
    &default_privileges_open::RULE,
    &definer_executable_by_exposed::RULE,
    &definer_trigger::RULE,
    &definer_without_search_path::RULE,
    &duplicate_policy::RULE,
    &force_rls_missing::RULE,
    &foreign_key_unindexed::RULE,
    &identity_call_per_row::RULE,
    &immutable_reads_session::RULE,
    &inverted_owner_test::RULE,
    &matview_exposes_rls::RULE,
    &multiple_permissive::RULE,
    &never_true::RULE,
    &partition_exposed::RULE,
    &policies_without_rls::RULE,
    &policy_always_true::RULE,
    &policy_column_unindexed::RULE,
    &policy_for_exempt_role::RULE,
    &policy_for_public::RULE,
    &policy_function_not_executable::RULE,
    &policy_ignores_row::RULE,
    &policy_reads_hidden_table::RULE,
    &policy_recursion::RULE,
    &policy_true_without_identity::RULE,
    &policy_without_privilege::RULE,
    &publication_exposes_rows::RULE,
    &race_prone_subquery::RULE,
    &references_or_trigger_granted::RULE,
    &restrictive_always_true::RULE,
    &restrictive_only::RULE,
    &rls_disabled::RULE,
    &rls_without_policy::RULE,
    &row_function_per_row::RULE,
    &rule_on_rls_table::RULE,
    &self_comparison::RULE,
    &truncate_granted::RULE,
    &unguarded_setting::RULE,
    &unique_covert_channel::RULE,
    &user_editable_claim::RULE,
    &user_leakproof_function::RULE,
    &view_bypasses_rls::RULE,
    &volatile_in_policy::RULE,
    &with_check_looser_than_using::RULE,
    &write_through_read_branch::RULE,
    &write_without_select_policy::RULE,
];

/// The rule of this id; 22023 when there is none.
pub fn by_id(id: &str) -> Result<&'static Rule, AuditError> {
    ALL.iter()
        .copied()
        .find(|rule| rule.id == id)
        .ok_or_else(|| AuditError::UnknownRule(id.to_owned()))
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
