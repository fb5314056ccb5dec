//! The table's owner is not bound by its row security.
//!
//! Why: Without FORCE the policies are not applied to the owner, nor to any role that inherits its
//! rights. For information where the owner is only what migrations run as; a warning where the
//! owner may log in or an exposed role can act as it or has its rights. Owners that are superusers
//! or have BYPASSRLS do not count: FORCE does not bind them.
//!
//! Fix: Force row security, and give the owner a policy where it works with the rows.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! ALTER TABLE notes OWNER TO app_login, ENABLE ROW LEVEL SECURITY;
//! ```

use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "force_rls_missing",
    level: Level::Warning,
    source: include_str!("force_rls_missing.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in context.protected_tables() {
        if table.rls_forced || context.exposed.is_exempt_everywhere(table.owner) {
            continue;
        }
        let login = context.exposed.roles.get(&table.owner).is_some_and(|role| role.login);
        let exposed: Vec<&str> = context
            .exposed
            .identities
            .iter()
            .filter(|identity| identity.holds(table.owner))
            .map(|identity| identity.name.as_str())
            .collect();
        let owner = context.role_name(table.owner);
        let level = if login || !exposed.is_empty() { Level::Warning } else { Level::Info };
        let message = format!("row security does not bind the owner {owner}");
        let finding = findings.table(level, table, message);
        finding.detail.insert("owner".to_owned(), json!(owner));
        finding.detail.insert("owner_may_log_in".to_owned(), json!(login));
        finding.detail.insert("exposed".to_owned(), json!(exposed));
        finding.fix = Some(format!("ALTER TABLE {} FORCE ROW LEVEL SECURITY;", table.qualified()));
    }
    Ok(())
}
