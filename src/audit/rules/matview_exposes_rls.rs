//! A materialized view over a table with row security is open to an exposed role.
//!
//! Why: It holds the rows that its owner saw when it was filled, has no row security itself, and
//! shows them all to everybody who may read it, by name or through a view.
//!
//! Fix: Revoke SELECT, and give the rows out by a view or function that asks whose they are.
//!
//! Example:
//! ```sql
//! CREATE MATERIALIZED VIEW note_counts AS SELECT owner_id, count(*) FROM notes GROUP BY 1;
//! GRANT SELECT ON note_counts TO authenticated;
//! ```

use std::collections::{BTreeSet, HashMap};

use pgrx::pg_sys::Oid;
use serde_json::{Value, json};

use crate::audit::access;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::audit::views::Foundation;
use crate::catalog::{self, Kind, Privilege};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "matview_exposes_rls",
    level: Level::Warning,
    source: include_str!("matview_exposes_rls.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let select = |privilege| privilege == Privilege::Select;
    let views = context.views()?;
    let read_through: Vec<(&str, HashMap<Oid, BTreeSet<String>>)> = context
        .exposed
        .identities
        .iter()
        .map(|identity| (identity.name.as_str(), views.read_through(context, identity)))
        .collect();
    for view in views.audited(context, Kind::MaterializedView) {
        let grants = views.grants(view.oid);
        let on_schema = views.grants(view.schema_oid);
        let mut open_to = access::reaching(context, view, on_schema, grants, select);
        let by_name = !open_to.is_empty();
        let mut through: BTreeSet<&String> = BTreeSet::new();
        for (name, read) in &read_through {
            if let Some(above) = read.get(&view.oid) {
                open_to.entry((*name).to_owned()).or_insert_with(|| json!(["SELECT"]));
                through.extend(above);
            }
        }
        if open_to.is_empty() {
            continue;
        }
        let mut foundation = views.built_over(context, view.oid);
        foundation.look_up()?;
        let tables = foundation.tables;
        if tables.is_empty() {
            if !foundation.opaque.is_empty() {
                let reason = "it calls a function whose body cannot be read";
                findings.table_not_evaluated(view, reason);
            }
            continue;
        }
        let listed = Vec::from_iter(tables.iter().map(String::as_str)).join(", ");
        let message = format!(
            "the materialized view holds rows of {listed} as its owner saw them, and shows them to \
             exposed roles"
        );
        let finding = findings.table(Level::Warning, view, message);
        finding.detail.insert("tables".to_owned(), json!(tables));
        finding.detail.insert("open_to".to_owned(), Value::Object(open_to));
        if !through.is_empty() {
            finding.detail.insert("through".to_owned(), json!(through));
        } else if by_name {
            finding.fix = access::revoke(context, view, grants, select);
        }
    }
    Ok(())
}

impl Foundation {
    /// Names the relations that only functions read, and leaves extensions' functions out: what
    /// those read is theirs.
    fn look_up(&mut self) -> Result<(), Error> {
        if !self.unknown.is_empty() {
            let unknown = catalog::table::by_oids(&Vec::from_iter(self.unknown.drain()))?;
            self.tables.extend(
                unknown.iter().filter(|table| table.rls_enabled).map(|table| table.qualified()),
            );
        }
        if self.tables.is_empty() && !self.opaque.is_empty() {
            for function in
                catalog::function::by_oids(&Vec::from_iter(self.opaque.iter().copied()))?
            {
                if function.of_extension || function.ours {
                    self.opaque.remove(&function.oid);
                }
            }
        }
        Ok(())
    }
}
