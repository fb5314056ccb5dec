//! A permissive policy lets every row through.
//!
//! Why: The condition is true for every row and every caller, however it is written. An error for a
//! command that writes, a warning for SELECT, for information where no exposed role is among the
//! policy's roles. USING and the check of new rows are judged apart: USING (true) for UPDATE lets a
//! stranger take any row over, whatever WITH CHECK says. A restrictive policy of the same command
//! and roles that is not always true narrows it.
//!
//! Fix: Say whose rows they are. Where everybody is meant to read the table, accept the finding
//! with a reason: COMMENT ON POLICY ... IS 'rowguard:allow policy_always_true <reason>'.
//!
//! Example:
//! ```sql
//! CREATE POLICY anybody ON notes FOR UPDATE USING (true) WITH CHECK (owner_id = auth.uid());
//! ```

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::clauses::{ASKED, Clause, floors};
use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Command;
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::truth::{Opaque, Truth, truth};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_always_true",
    level: Level::Error,
    source: include_str!("policy_always_true.rs"),
    check,
};

/// How far a clause is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Always,
    /// Where a part that cannot be read says so.
    Perhaps,
    No,
}

/// A policy's clauses, judged once.
struct Judged<'a> {
    policy: &'a ParsedPolicy,
    using: Open,
    check: Open,
}

impl Judged<'_> {
    fn open(&self, clause: Clause) -> Open {
        match clause {
            Clause::Using => self.using,
            Clause::Check => self.check,
        }
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in &context.tables {
        let judged: Vec<Judged<'_>> = context
            .policies_of(table.oid)
            .map(|policy| {
                let judge = |clause: Option<&Expr>| {
                    clause.map_or(Open::No, |clause| judge(context, table.oid, clause))
                };
                let using = judge(policy.using.as_ref());
                let check = match &policy.check {
                    Some(check) => judge(Some(check)),
                    None => policy.effective_check().map_or(Open::No, |_| using),
                };
                Judged { policy, using, check }
            })
            .collect();
        let (permissive, restrictive): (Vec<_>, Vec<_>) =
            judged.into_iter().partition(|judged| judged.policy.policy.permissive);
        for policy in permissive {
            let mut open = Vec::new();
            let mut perhaps = false;
            for (command, clause) in ASKED {
                if !policy.policy.policy.command.covers(command) {
                    continue;
                }
                match narrowed(context, &policy, &restrictive, command, clause) {
                    Open::Always => open.push((command, clause)),
                    Open::Perhaps => perhaps = true,
                    Open::No => {}
                }
            }
            if open.is_empty() && perhaps {
                let reason = "its answer depends on a function or expression that cannot be read";
                findings.not_evaluated(table, policy.policy, reason);
                continue;
            }
            if open.is_empty() {
                continue;
            }
            let writes = open.iter().any(|(command, _)| *command != Command::Select);
            let level = if !context.exposed.includes(&policy.policy.policy.roles) {
                Level::Info
            } else if writes {
                Level::Error
            } else {
                Level::Warning
            };
            let mut commands: Vec<&str> =
                open.iter().map(|(command, _)| command.as_str()).collect();
            commands.dedup();
            let message = format!(
                "every row passes for {}: the policy keeps nobody out",
                commands.join(", ")
            );
            let open: Vec<String> = open
                .iter()
                .map(|(command, clause)| format!("{} {}", command.as_str(), clause.as_str()))
                .collect();
            let finding = findings.policy(level, table, policy.policy, message);
            finding.detail.insert("always_true".to_owned(), json!(open));
        }
    }
    Ok(())
}

fn judge(context: &Context, table: Oid, clause: &Expr) -> Open {
    if truth(context, table, clause, Opaque::Anything) == Truth::TRUE {
        Open::Always
    } else if truth(context, table, clause, Opaque::InFavour) == Truth::TRUE {
        Open::Perhaps
    } else {
        Open::No
    }
}

/// How far a permissive policy is open for a command once restrictive ones are applied: each of its
/// roles must be met by one that is not open itself.
fn narrowed(
    context: &Context,
    policy: &Judged<'_>,
    restrictive: &[Judged<'_>],
    command: Command,
    clause: Clause,
) -> Open {
    let open = policy.open(clause);
    if open == Open::No {
        return Open::No;
    }
    let mut result = Open::No;
    for role in &policy.policy.policy.roles {
        let mut left = open;
        for floor in floors(context, policy.policy, *role, command, clause) {
            let judged = restrictive.iter().find(|other| other.policy.index == floor.index);
            left = match judged.map(|other| other.open(clause)) {
                Some(Open::No) => Open::No,
                Some(Open::Perhaps) if left == Open::Always => Open::Perhaps,
                _ => left,
            };
        }
        result = match (result, left) {
            (Open::Always, _) | (_, Open::Always) => Open::Always,
            (Open::Perhaps, _) | (_, Open::Perhaps) => Open::Perhaps,
            _ => Open::No,
        };
    }
    result
}
