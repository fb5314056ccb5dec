//! Restrictive policies have no permissive one to restrict.
//!
//! Why: Restrictive policies only take away from what permissive ones give. Where no permissive
//! policy lets a row be read, or none is there for any of the commands that the restrictive ones are
//! for, nobody gets anything, and nothing says so. Roles are compared too: a permissive policy for
//! other roles gives the restricted ones nothing.
//!
//! Fix: Write the permissive policies, or make the restrictive one permissive where it was meant to
//! let rows through.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (owner_id uuid, body text);
//! ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
//! CREATE POLICY own ON notes AS RESTRICTIVE USING (owner_id = auth.uid());
//! ```

use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Command, Table};
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::truth::{Opaque, Truth, truth};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "restrictive_only",
    level: Level::Warning,
    source: include_str!("restrictive_only.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in context.tables.iter().filter(|table| table.rls_enabled) {
        let (permissive, restrictive): (Vec<_>, Vec<_>) =
            context.policies_of(table.oid).partition(|policy| policy.policy.permissive);
        if restrictive.is_empty() {
            continue;
        }
        // What is for exempt roles alone gives nobody anything.
        let permissive: Vec<&ParsedPolicy> = permissive
            .into_iter()
            .filter(|policy| {
                policy.policy.roles.iter().any(|role| !context.exposed.is_exempt(*role, table))
            })
            .collect();
        let gives = |command: Command| permissive.iter().any(|policy| gives(policy, command));
        let covered: Vec<Command> = Command::SINGLE
            .into_iter()
            .filter(|command| {
                restrictive.iter().any(|policy| policy.policy.command.covers(*command))
            })
            .collect();
        let message = if !gives(Command::Select) {
            "restrictive policies, and no permissive one lets a row be read: nothing is ever visible"
                .to_owned()
        } else if !covered.iter().any(|command| gives(*command)) {
            format!(
                "restrictive policies for {}, and no permissive one for any of these: they let \
                 nothing through",
                names(&covered)
            )
        } else if !meets_roles(context, table, &permissive, &restrictive) {
            "restrictive policies, and the permissive ones are for other roles: nothing is ever \
             visible to the restricted ones"
                .to_owned()
        } else {
            continue;
        };
        let policies: Vec<&str> =
            restrictive.iter().map(|policy| policy.policy.name.as_str()).collect();
        let finding = findings.table(Level::Warning, table, message);
        finding.detail.insert("restrictive".to_owned(), json!(policies));
        finding.detail.insert(
            "permissive_commands".to_owned(),
            json!(
                Command::SINGLE
                    .into_iter()
                    .filter(|command| gives(*command))
                    .map(Command::as_str)
                    .collect::<Vec<_>>()
            ),
        );
    }
    Ok(())
}

/// The policy lets rows through for the command.
fn gives(policy: &ParsedPolicy, command: Command) -> bool {
    policy.asks(command).is_some()
}

fn names(commands: &[Command]) -> String {
    commands.iter().map(|command| command.as_str()).collect::<Vec<_>>().join(", ")
}

/// Somebody whom a restrictive policy binds is given something by a permissive one. A restrictive
/// policy that is never true is a plain denial and needs none.
fn meets_roles(
    context: &Context,
    table: &Table,
    permissive: &[&ParsedPolicy],
    restrictive: &[&ParsedPolicy],
) -> bool {
    let denies = |clause: &Option<Expr>| {
        clause.as_ref().is_some_and(|clause| {
            !truth(context, table.oid, clause, Opaque::Anything).can_be(Truth::TRUE)
        })
    };
    restrictive.iter().any(|restrictive| {
        let theirs = &restrictive.policy;
        denies(&restrictive.using)
            || denies(&restrictive.check)
            || permissive.iter().any(|policy| {
                let commands = Command::SINGLE
                    .into_iter()
                    .filter(|command| theirs.command.covers(*command) && gives(policy, *command));
                commands.count() > 0
                    && (restrictive.is_for_public()
                        || policy.is_for_public()
                        || theirs.roles.iter().any(|role| policy.policy.roles.contains(role))
                        || context
                            .bound(table, &theirs.roles)
                            .any(|role| context.exposed.applies(&policy.policy.roles, role)))
            })
    })
}
