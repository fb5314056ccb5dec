//! An exposed role may empty a table with row security.
//!
//! Why: TRUNCATE asks no policy: whoever holds it removes the rows of everybody. It also reaches
//! partitions and children through their parent, where only the parent's privileges count.
//!
//! Fix: Revoke TRUNCATE; rows that a caller may remove are removed by DELETE, which policies cover.
//!
//! Example:
//! ```sql
//! ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
//! GRANT ALL ON notes TO authenticated;
//! ```

use serde_json::{Value, json};

use crate::audit::access;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Privilege;
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "truncate_granted",
    level: Level::Error,
    source: include_str!("truncate_granted.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let truncate = |privilege| privilege == Privilege::Truncate;
    let family = context.family()?;
    for table in context.protected_tables() {
        // A parent with row security is found at fault itself.
        let parents = family.ancestors(context, table.oid).filter(|parent| !parent.rls_enabled);
        for through in std::iter::once(table).chain(parents) {
            let grants = family.grants(context, through.oid);
            let on_schema = family.grants(context, through.schema_oid);
            let open_to = access::reaching(context, through, on_schema, grants, truncate);
            if open_to.is_empty() {
                continue;
            }
            let message = "exposed roles may TRUNCATE the table, and no policy is asked";
            let finding = findings.table(Level::Error, table, message.to_owned());
            finding.detail.insert("open_to".to_owned(), Value::Object(open_to));
            if through.oid != table.oid {
                finding.detail.insert("through".to_owned(), json!(through.qualified()));
            }
            finding.fix = access::revoke(context, through, grants, truncate);
            break;
        }
    }
    Ok(())
}
