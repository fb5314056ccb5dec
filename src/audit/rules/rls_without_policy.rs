//! Row security without a policy denies everything.

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "rls_without_policy",
    level: Level::Info,
    title: "row security is on and the table has no policy",
    why: "Without a policy every row is hidden from everybody whom row security binds: queries \
          return nothing and say nothing. Right for tables that only the owner or a function \
          touches; otherwise a policy was forgotten.",
    fix: "Write the policies that are meant, or leave it where denying is meant.",
    example: "CREATE TABLE notes (owner_id uuid, body text);\n\
              ALTER TABLE notes ENABLE ROW LEVEL SECURITY;",
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in context.tables.iter().filter(|table| table.rls_enabled) {
        if context.policies_of(table.oid).next().is_none() {
            let message = "row security is on and no policy admits anybody: every row is hidden";
            findings.table(Level::Info, table, message.to_owned());
        }
    }
    Ok(())
}
