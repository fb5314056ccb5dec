//! A condition compares a column with itself.
//!
//! Why: Inside a sub-query a bare name means the inner table's column wherever it has one of that
//! name, and the outer table's wherever it has not. `members.org_id = org_id` then compares a column
//! with itself and is true for every row: the condition that was meant is not there. The same
//! happens in a SQL function whose argument is called like a column.
//!
//! Fix: Qualify both sides by their tables, or rename the argument.
//!
//! Example:
//! ```sql
//! CREATE POLICY members ON projects USING (EXISTS (
//!     SELECT FROM members WHERE members.user_id = auth.uid() AND members.org_id = org_id));
//! ```

use std::collections::BTreeSet;

use serde_json::json;

use crate::audit::clauses::written;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::self_compared::{Compared, self_compared};
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "self_comparison",
    level: Level::Error,
    source: include_str!("self_comparison.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let mut found: Vec<Compared> = Vec::new();
        let mut unknown = false;
        for (_, clause) in written(policy) {
            found.extend(self_compared(context, table.oid, clause));
            unknown |= clause.has_unknown();
        }
        if found.is_empty() {
            if unknown {
                findings.not_evaluated(table, policy, "it holds an expression that cannot be read");
            }
            continue;
        }
        let mut compared = BTreeSet::new();
        let mut own = BTreeSet::new();
        for column in found.iter().flat_map(|found| &found.columns) {
            let relation = context.relation(column.relation);
            let name = relation.and_then(|relation| relation.column(column.attribute));
            let (Some(relation), Some(name)) = (relation, name) else { continue };
            compared.insert(format!("{}.{}", relation.qualified(), quote::ident(&name.name)));
            if column.own {
                own.insert(name.name.clone());
            }
        }
        let compared = Vec::from_iter(compared);
        let message = format!(
            "compared with itself: {}; the condition that was meant is missing",
            if compared.is_empty() { "a value".to_owned() } else { compared.join(", ") }
        );
        let finding = findings.policy(Level::Error, table, policy, message);
        finding.columns = (!own.is_empty()).then(|| Vec::from_iter(own));
        finding.detail.insert("compared".to_owned(), json!(compared));
    }
    Ok(())
}
