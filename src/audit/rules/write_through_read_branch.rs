//! A policy for writing has an arm that was meant for reading.
//!
//! Why: The policy covers UPDATE or DELETE, and an arm of its USING can be true without asking who
//! the caller is, as in `is_public OR owner_id = auth.uid()`: whoever may read such a row may change
//! or remove it. A strict WITH CHECK does not help: the row is taken over by writing oneself into
//! it.
//!
//! Fix: Write one policy for SELECT with the arm, and others for the commands that write, without
//! it.
//!
//! Example:
//! ```sql
//! CREATE POLICY public_or_own ON notes USING (is_public OR owner_id = auth.uid());
//! ```

use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::Command;
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::identity::{asks, is_opaque};
use crate::expr::scope::Scope;
use crate::expr::simplify::simplify;
use crate::expr::truth::{Opaque, Question, Truth, truth, truth_within};
use crate::expr::ways::{Measure, worth};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "write_through_read_branch",
    level: Level::Warning,
    source: include_str!("write_through_read_branch.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in context.policies.iter().filter(|policy| policy.policy.permissive) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let commands: Vec<&str> = [Command::Update, Command::Delete]
            .into_iter()
            .filter(|command| policy.policy.command.covers(*command))
            .map(Command::as_str)
            .collect();
        let Some(using) = policy.using.as_ref().filter(|_| !commands.is_empty()) else { continue };
        // A policy that is always true is another finding.
        if truth(context, table.oid, using, Opaque::Anything) == Truth::TRUE {
            continue;
        }
        let using = simplify(context, using);
        let ways = worth(context, &mut Asking { context }, &using, true, &Scope::new(table.oid));
        if ways.free_arm {
            let message = format!(
                "USING has an arm that does not ask who the caller is: it opens {} too",
                commands.join(" and ")
            );
            let finding = findings.policy(Level::Warning, table, policy, message);
            finding.detail.insert("opens".to_owned(), json!(commands));
        } else if ways.unread_arm {
            let reason = "an arm of it depends on a function or expression that cannot be read";
            findings.not_evaluated(table, policy, reason);
        }
    }
    Ok(())
}

/// Which kinds of ways there are.
#[derive(Debug, Clone, Copy, Default)]
struct Ways {
    /// One that asks for nobody.
    free: bool,
    /// One that asks for nobody, through one of several arms.
    free_arm: bool,
    /// One that cannot be read, and asks for nobody besides.
    unread: bool,
    /// The same through one of several arms.
    unread_arm: bool,
    /// One that asks who the caller is.
    asking: bool,
}

impl Ways {
    fn any(self) -> bool {
        self.free || self.unread || self.asking
    }
}

struct Asking<'a> {
    context: &'a Context,
}

impl Measure for Asking<'_> {
    type Worth = Ways;

    fn impossible(&self) -> Ways {
        Ways::default()
    }

    fn certain(&self) -> Ways {
        Ways { free: true, ..Ways::default() }
    }

    fn is_impossible(&self, ways: &Ways) -> bool {
        !ways.any()
    }

    fn both(&self, one: Ways, two: Ways) -> Ways {
        let free = one.free && two.free;
        let unread = (one.unread && (two.free || two.unread)) || (two.unread && one.free);
        Ways {
            free,
            free_arm: free && (one.free_arm || two.free_arm),
            unread,
            unread_arm: unread
                && (one.free_arm || one.unread_arm || two.free_arm || two.unread_arm),
            asking: (one.asking && two.any()) || (two.asking && one.any()),
        }
    }

    fn either(&self, arms: Vec<Ways>) -> Ways {
        let arms: Vec<Ways> = arms.into_iter().filter(|arm| arm.any()).collect();
        let several = arms.len() > 1;
        arms.into_iter().fold(Ways::default(), |sum, arm| Ways {
            free: sum.free || arm.free,
            free_arm: sum.free_arm || arm.free_arm || (several && arm.free),
            unread: sum.unread || arm.unread,
            unread_arm: sum.unread_arm || arm.unread_arm || (several && arm.unread),
            asking: sum.asking || arm.asking,
        })
    }

    fn either_or_null(&self, other: Ways, null: Ways) -> Ways {
        // The same arm, written for two answers.
        if other.any() { other } else { null }
    }

    fn part(&mut self, part: &Expr, positive: bool, scope: &Scope<'_>) -> Ways {
        let wanted = if positive { Truth::TRUE } else { Truth::FALSE };
        if !truth_within(self.context, scope, part, Question::PLAIN).can_be(wanted) {
            Ways::default()
        } else if asks(self.context, part) {
            Ways { asking: true, ..Ways::default() }
        } else if is_opaque(self.context, part) {
            Ways { unread: true, ..Ways::default() }
        } else {
            Ways { free: true, ..Ways::default() }
        }
    }
}
