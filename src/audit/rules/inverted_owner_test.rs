//! A permissive policy lets everybody through but the owner.
//!
//! Why: `<>` or NOT between a column of the row and who is asking, where nothing else on the way
//! asks for the caller: every other caller passes. Usually the test was meant the other way round.
//!
//! Fix: Write `=`; or, for a rule such as nobody may approve his own request, add the test that says
//! who may.
//!
//! Example:
//! ```sql
//! CREATE POLICY others ON notes FOR SELECT USING (owner_id <> auth.uid());
//! ```

use serde_json::json;

use crate::audit::clauses::written;
use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::identity::{Closeness, asks, comparison, part_closeness, reads_own_row};
use crate::expr::scope::Scope;
use crate::expr::simplify::simplify;
use crate::expr::ways::{Measure, worth};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "inverted_owner_test",
    level: Level::Warning,
    source: include_str!("inverted_owner_test.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in context.policies.iter().filter(|policy| policy.policy.permissive) {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let inverted: Vec<&str> = written(policy)
            .filter(|(_, clause)| {
                let clause = simplify(context, clause);
                let scope = Scope::new(table.oid);
                let ways = worth(context, &mut Inversion { context }, &clause, true, &scope);
                ways.inverted
            })
            .map(|(clause, _)| clause.as_str())
            .collect();
        if inverted.is_empty() {
            continue;
        }
        let message = format!(
            "{} lets everybody through but the caller that the row names",
            inverted.join(" and ")
        );
        let finding = findings.policy(Level::Warning, table, policy, message);
        finding.detail.insert("inverted".to_owned(), json!(inverted));
    }
    Ok(())
}

/// Which kinds of ways there are.
#[derive(Debug, Clone, Copy, Default)]
struct Ways {
    /// One that asks for nobody.
    plain: bool,
    /// One that keeps out whom the row names, and asks for nobody.
    inverted: bool,
    /// One that asks for somebody.
    positive: bool,
}

struct Inversion<'a> {
    context: &'a Context,
}

impl Measure for Inversion<'_> {
    type Worth = Ways;

    fn impossible(&self) -> Ways {
        Ways::default()
    }

    fn certain(&self) -> Ways {
        Ways { plain: true, ..Ways::default() }
    }

    fn is_impossible(&self, ways: &Ways) -> bool {
        !ways.plain && !ways.inverted && !ways.positive
    }

    fn both(&self, one: Ways, two: Ways) -> Ways {
        let any = |ways: &Ways| ways.plain || ways.inverted || ways.positive;
        Ways {
            plain: one.plain && two.plain,
            inverted: (one.inverted && (two.plain || two.inverted))
                || (two.inverted && (one.plain || one.inverted)),
            positive: (one.positive && any(&two)) || (two.positive && any(&one)),
        }
    }

    fn either(&self, arms: Vec<Ways>) -> Ways {
        arms.into_iter().fold(Ways::default(), |sum, arm| Ways {
            plain: sum.plain || arm.plain,
            inverted: sum.inverted || arm.inverted,
            positive: sum.positive || arm.positive,
        })
    }

    fn part(&mut self, part: &Expr, positive: bool, scope: &Scope<'_>) -> Ways {
        let Some(closeness) = part_closeness(self.context, part, positive, true, scope) else {
            return Ways::default();
        };
        let inverted = comparison(self.context, part).is_some_and(|comparison| {
            let sides = [(comparison.left, comparison.right), (comparison.right, comparison.left)];
            comparison.differs == positive
                && sides
                    .iter()
                    .any(|(own, who)| is_own_column(own, scope) && asks(self.context, who))
        });
        Ways {
            inverted,
            positive: !inverted && closeness >= Closeness::Value,
            plain: !inverted && closeness < Closeness::Value,
        }
    }
}

/// It reads the row, and no other row.
fn is_own_column(expr: &Expr, scope: &Scope<'_>) -> bool {
    let mut has_query = false;
    expr.walk(0, &mut |part, _| has_query |= matches!(part, Expr::SubLink { .. }));
    !has_query && reads_own_row(expr, scope)
}
