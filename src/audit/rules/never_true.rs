//! A permissive policy lets no row through.
//!
//! Why: A clause of it is never true, for any row or caller, such as a comparison with NULL: the
//! policy does nothing where it was meant to open something.
//!
//! Fix: Correct the condition (IS NULL in place of = NULL), or drop the policy.
//!
//! Example:
//! ```sql
//! CREATE POLICY unassigned ON tickets FOR SELECT USING (assignee_id = NULL);
//! ```

use serde_json::json;

use crate::audit::clauses::{Clause, written};
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::truth::{Opaque, Truth, truth};

/// See the head of this file.
pub const RULE: Rule =
    Rule { id: "never_true", level: Level::Info, source: include_str!("never_true.rs"), check };

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in context.policies.iter().filter(|policy| policy.policy.permissive) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let never: Vec<&str> = written(policy)
            .filter(|(_, clause)| {
                !truth(context, table.oid, clause, Opaque::Anything).can_be(Truth::TRUE)
            })
            .map(|(clause, _)| Clause::as_str(clause))
            .collect();
        if never.is_empty() {
            continue;
        }
        let message = format!("{} is never true: no row passes the policy", never.join(" and "));
        let finding = findings.policy(Level::Info, table, policy, message);
        finding.detail.insert("never_true".to_owned(), json!(never));
    }
    Ok(())
}
