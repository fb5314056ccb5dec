//! Whether a condition of a partial index holds wherever one of a policy's does.
//!
//! No more than the planner can prove for itself: what is compared with constants, by the server's
//! own comparisons.

use pgrx::pg_sys::{self, Oid};

use super::{Indexes, same};
use crate::expr::tree::{Expr, Value};
use crate::expr::truth::{Comparison, decide, order, relabelled};

/// The built-in = and <> of boolean.
const BOOLEAN_EQUALS: u32 = pg_sys::BooleanEqualOperator;
const BOOLEAN_DIFFERS: u32 = pg_sys::BooleanNotEqualOperator;

/// What is compared with constants.
struct Bounds<'a> {
    subject: &'a Expr,
    comparison: Comparison,
    collation: Oid,
    /// One of the constants is enough; else it holds for all.
    any: bool,
    values: Vec<&'a Value>,
}

/// `part` over source 1, a condition of an index, holds wherever `condition` over `source` does.
pub(super) fn follows(indexes: &dyn Indexes, part: &Expr, condition: &Expr, source: usize) -> bool {
    match condition {
        Expr::Or(arms) => arms.iter().all(|arm| follows(indexes, part, arm, source)),
        Expr::And(parts) => parts.iter().any(|one| follows(indexes, part, one, source)),
        _ if is_same(part, condition, source) => true,
        _ => match (bounds(indexes, part), bounds(indexes, condition)) {
            (Some(wanted), Some(known)) => {
                (known.any || known.values.len() == 1)
                    && wanted.collation == known.collation
                    && same(wanted.subject.unlabelled(), known.subject.unlabelled(), source)
                    && known.values.iter().all(|value| wanted.holds(known.comparison, value))
            }
            _ => false,
        },
    }
}

impl Bounds<'_> {
    /// It holds for everything that compares so with `value`.
    fn holds(&self, known: Comparison, value: &Value) -> bool {
        let exact = [Oid::INVALID, pg_sys::DEFAULT_COLLATION_OID, pg_sys::C_COLLATION_OID]
            .contains(&self.collation);
        let holds = |wanted: &&Value| entails((known, value), (self.comparison, wanted), exact);
        if self.any { self.values.iter().any(holds) } else { self.values.iter().all(holds) }
    }
}

/// What compares so with the one constant compares so with the other. `exact` says that texts are
/// equal only when their bytes are.
fn entails(known: (Comparison, &Value), wanted: (Comparison, &Value), exact: bool) -> bool {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let beyond = |or_equal: bool| {
        order(known.1, wanted.1).map(|found| if or_equal { found.is_ge() } else { found.is_gt() })
    };
    let below = |or_equal: bool| {
        order(known.1, wanted.1).map(|found| if or_equal { found.is_le() } else { found.is_lt() })
    };
    match (known.0, wanted.0) {
        (Equal, comparison) => decide(comparison, known.1, wanted.1, exact),
        (Greater, Greater | GreaterOrEqual | NotEqual) | (GreaterOrEqual, GreaterOrEqual) => {
            beyond(true)
        }
        (GreaterOrEqual, Greater | NotEqual) => beyond(false),
        (Less, Less | LessOrEqual | NotEqual) | (LessOrEqual, LessOrEqual) => below(true),
        (LessOrEqual, Less | NotEqual) => below(false),
        (NotEqual, NotEqual) => order(known.1, wanted.1).map(std::cmp::Ordering::is_eq),
        _ => None,
    }
    .unwrap_or(false)
}

fn bounds<'a>(indexes: &dyn Indexes, expr: &'a Expr) -> Option<Bounds<'a>> {
    match expr {
        Expr::Operator { operator, collation, arguments } => {
            let [left, right] = arguments.as_slice() else { return None };
            let comparison = indexes.comparison(*operator)?;
            let (subject, comparison, value) = match (relabelled(left), relabelled(right)) {
                (None, Some(value)) => (left, comparison, value),
                (Some(value), None) => (right, comparison.turned(), value),
                _ => return None,
            };
            Some(Bounds {
                subject,
                comparison,
                collation: *collation,
                any: true,
                values: vec![value],
            })
        }
        Expr::OverArray { operator, collation, any, left, array } => {
            let comparison = indexes.comparison(*operator)?;
            let values = match (array.unlabelled(), relabelled(array)) {
                (_, Some(Value::Array(values))) => values.iter().collect(),
                (Expr::Array(parts), _) => {
                    parts.iter().map(relabelled).collect::<Option<Vec<_>>>()?
                }
                _ => return None,
            };
            // NULL is not compared, so that nothing follows from it or leads to it.
            let values: Vec<&Value> = match any {
                true => values.into_iter().filter(|value| **value != Value::Null).collect(),
                false => values,
            };
            (!values.is_empty()).then_some(Bounds {
                subject: left,
                comparison,
                collation: *collation,
                any: *any,
                values,
            })
        }
        _ => None,
    }
}

/// Both say the same; `x = true` says `x`, and `x = false` says `NOT x`.
fn is_same(part: &Expr, condition: &Expr, source: usize) -> bool {
    let (one, negated) = stated(part);
    let (other, opposite) = stated(condition);
    negated == opposite && same(one, other, source)
}

/// What a condition states of a truth value, and whether it denies it.
fn stated(expr: &Expr) -> (&Expr, bool) {
    match expr {
        Expr::Not(inner) => (inner, true),
        Expr::Operator { operator, arguments, .. }
            if [BOOLEAN_EQUALS, BOOLEAN_DIFFERS].contains(&operator.to_u32()) =>
        {
            let differs = operator.to_u32() == BOOLEAN_DIFFERS;
            match arguments.as_slice() {
                [other, Expr::Const { value: Value::Bool(value), .. }]
                | [Expr::Const { value: Value::Bool(value), .. }, other] => {
                    (other, *value == differs)
                }
                _ => (expr, false),
            }
        }
        _ => (expr, false),
    }
}
