//! A partition or child of a table with row security is open by its own name.
//!
//! Why: Policies belong to the table that a query names. Through the parent the parent's policies
//! hold; a query that names the partition or child meets its own row security, which is off. An
//! exposed role with a privilege on it goes around the parent's policies.
//!
//! Fix: Switch row security on for the partition or child; queries through the parent do not
//! change. A foreign table has no row security: revoke the privileges.
//!
//! Example:
//! ```sql
//! CREATE TABLE events (owner_id uuid, at date) PARTITION BY RANGE (at);
//! ALTER TABLE events ENABLE ROW LEVEL SECURITY;
//! CREATE TABLE events_2030 PARTITION OF events FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
//! GRANT SELECT ON events_2030 TO authenticated;
//! ```

use serde_json::{Value, json};

use crate::audit::access;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Kind;
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "partition_exposed",
    level: Level::Error,
    source: include_str!("partition_exposed.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let family = context.family()?;
    let foreign = family.foreign_children(context);
    for table in context.tables.iter().filter(|table| !table.rls_enabled).chain(foreign) {
        let protected: Vec<String> = family
            .ancestors(context, table.oid)
            .filter(|parent| parent.rls_enabled)
            .map(|parent| parent.qualified())
            .collect();
        if protected.is_empty() {
            continue;
        }
        let grants = family.grants(context, table.oid);
        let on_schema = context.grants(table.schema_oid);
        let open_to = access::reaching(context, table, on_schema, grants, |_| true);
        if open_to.is_empty() {
            continue;
        }
        let message = format!(
            "row security is off here, so a query that names the table itself goes around the \
             policies of {}",
            protected.join(", ")
        );
        let finding = findings.table(Level::Error, table, message);
        finding.detail.insert("open_to".to_owned(), Value::Object(open_to));
        finding.detail.insert("parents".to_owned(), json!(protected));
        finding.fix = if table.kind == Kind::Foreign {
            access::revoke(context, table, grants, |_| true)
        } else {
            Some(format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", table.qualified()))
        };
    }
    Ok(())
}
