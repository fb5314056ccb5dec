//! A policy hands columns of the row to a function.
//!
//! Why: The function is called for every row, and no index finds the rows that it says yes to.
//! Where it reads tables it does so once for each row. SQL functions that the planner puts in place
//! of the call, and comparisons that an index on the function serves, do not count; nor does what
//! judges new rows, which are at hand.
//!
//! Fix: Turn it round: let the function return the ids that the caller may see, and compare the
//! column with them: team_id = ANY (ARRAY(SELECT my_teams())).
//!
//! Example:
//! ```sql
//! CREATE FUNCTION is_mate(team uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS
//!   $$ BEGIN RETURN EXISTS (SELECT FROM members WHERE team_id = team); END $$;
//! CREATE POLICY team ON notes USING (is_mate(team_id));
//! ```

use std::collections::{BTreeSet, HashSet};

use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::depends::depends;
use crate::expr::index::{Indexes, served_expressions};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "row_function_per_row",
    level: Level::Info,
    source: include_str!("row_function_per_row.rs"),
    check,
};

/// Ids from here on are users'; those below are the server's own.
const FIRST_USER_OID: u32 = 16384;

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let indexes = context.indexes();
    for policy in &context.policies {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let Some(using) = &policy.using else { continue };
        let found = depends(context, table.oid, using);
        // What a call does inside of its body goes without saying.
        let served = served_expressions(&indexes, table.oid, using);
        let is_served = |call: &Expr| {
            served.iter().any(|expression| {
                let mut found = false;
                expression.walk(0, &mut |part, _| found |= part == call);
                found
            })
        };
        let mut passed: HashSet<*const Expr> = HashSet::new();
        let mut functions: BTreeSet<String> = BTreeSet::new();
        let mut columns: BTreeSet<i16> = BTreeSet::new();
        for call in &found.calls {
            let Some(known) = call.function.and_then(|oid| context.function(oid)) else { continue };
            if known.oid.to_u32() < FIRST_USER_OID
                || known.ours
                || known.of_extension
                || passed.contains(&std::ptr::from_ref(call.expr))
                || is_served(call.expr)
                || indexes.is_planned_inline(known.oid)
            {
                continue;
            }
            let taken = own_columns(call.expr, call.depth);
            if taken.is_empty() {
                continue;
            }
            call.expr.walk(0, &mut |part, _| {
                passed.insert(std::ptr::from_ref(part));
            });
            functions.insert(known.qualified());
            columns.extend(taken);
        }
        if functions.is_empty() {
            if found.unknown {
                findings.not_evaluated(table, policy, "it holds an expression that cannot be read");
            }
            continue;
        }
        let names: Vec<String> = if columns.contains(&0) {
            table.columns.iter().map(|column| column.name.clone()).collect()
        } else {
            columns
                .iter()
                .filter_map(|number| table.column(*number))
                .map(|column| column.name.clone())
                .collect()
        };
        let functions = Vec::from_iter(functions);
        let message = format!(
            "{} takes columns of the row: it is called for every row, and no index serves it",
            functions.join(", ")
        );
        let finding = findings.policy(Level::Info, table, policy, message);
        finding.columns = Some(names);
        finding.detail.insert("functions".to_owned(), json!(functions));
    }
    Ok(())
}

/// The columns of the policy's own row among the arguments of a call that `depth` queries stand
/// around.
fn own_columns(call: &Expr, depth: usize) -> BTreeSet<i16> {
    let arguments = match call {
        Expr::Function { arguments, .. } | Expr::Inlined { arguments, .. } => arguments.as_slice(),
        _ => &[],
    };
    let mut found = BTreeSet::new();
    for argument in arguments {
        argument.walk(0, &mut |part, below| {
            if let Expr::Column(column) = part
                && column.level == depth + below
            {
                found.insert(column.attribute);
            }
        });
    }
    found
}
