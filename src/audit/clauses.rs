//! What each command asks of a row, and which restrictive policies ask it too.

use pgrx::pg_sys::Oid;

use super::context::{Context, ParsedPolicy};
use super::exposed::PUBLIC;
use crate::catalog::Command;
use crate::expr::Expr;

/// The two clauses, as commands apply them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clause {
    /// Which rows there are.
    Using,
    /// Which new rows may be written.
    Check,
}

/// What each command asks of a row.
pub const ASKED: [(Command, Clause); 5] = [
    (Command::Select, Clause::Using),
    (Command::Insert, Clause::Check),
    (Command::Update, Clause::Using),
    (Command::Update, Clause::Check),
    (Command::Delete, Clause::Using),
];

impl Clause {
    /// The condition that a policy sets here.
    pub fn of(self, policy: &ParsedPolicy) -> Option<&Expr> {
        match self {
            Self::Using => policy.using.as_ref(),
            Self::Check => policy.effective_check(),
        }
    }

    /// As SQL writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Using => "USING",
            Self::Check => "WITH CHECK",
        }
    }
}

/// The clauses that a policy has, as written.
pub fn written(policy: &ParsedPolicy) -> impl Iterator<Item = (Clause, &Expr)> {
    let using = policy.using.as_ref().map(|clause| (Clause::Using, clause));
    using.into_iter().chain(policy.check.as_ref().map(|clause| (Clause::Check, clause)))
}

/// The restrictive policies of the table that are applied beside `policy` when `role`, one of its
/// roles, runs `command`, and that say something of `clause`.
pub fn floors<'a>(
    context: &'a Context,
    policy: &ParsedPolicy,
    role: Oid,
    command: Command,
    clause: Clause,
) -> impl Iterator<Item = &'a ParsedPolicy> {
    context.policies_of(policy.policy.table).filter(move |other| {
        let theirs = &other.policy;
        let meets = if role == PUBLIC {
            theirs.roles.contains(&PUBLIC)
        } else {
            context.exposed.applies(&theirs.roles, role)
        };
        !theirs.permissive && meets && theirs.command.covers(command) && clause.of(other).is_some()
    })
}
