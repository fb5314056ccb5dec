//! How closely a condition asks who is asking.

use super::depends::is_session_identity;
use super::scope::Scope;
use super::tree::{Expr, Query, Value};
use super::truth::{Anonymous, Facts, Question, Truth, constant, truth_within};
use super::ways::{Measure, worth};

/// How closely who is asking is looked at, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// Not at all.
    None,
    /// Whether there is somebody, or for what every caller has.
    Presence,
    /// For a value, or by looking the caller up in a table.
    Value,
    /// Against the row.
    Row,
}

/// Values of claims that every caller has, or that say that there is none.
const EVERYBODY: [&str; 4] = ["authenticated", "anon", "", "%"];

/// The expression asks who is asking, at whatever depth.
pub fn asks(facts: &dyn Facts, expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(0, &mut |part, _| {
        found |= match part {
            Expr::Function { function, .. } | Expr::Inlined { function, .. } => {
                facts.function(*function).identity.is_some()
            }
            Expr::SessionValue { which } => is_session_identity(*which),
            _ => false,
        }
    });
    found
}

/// The expression calls a function that cannot be read and does not say who is asking, or holds a
/// node that is not understood.
pub fn is_opaque(facts: &dyn Facts, expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(0, &mut |part, _| {
        found |= match part {
            Expr::Function { function, .. } => {
                let facts = facts.function(*function);
                facts.opaque && facts.identity.is_none()
            }
            Expr::Unknown { .. } => true,
            _ => false,
        }
    });
    found || expr.has_unknown()
}

/// The expression, in its place, reads a column of the outermost relation's row.
pub fn reads_own_row(expr: &Expr, scope: &Scope<'_>) -> bool {
    reads(expr, |level| level == scope.depth())
}

fn reads_any_row(expr: &Expr) -> bool {
    reads(expr, |_| true)
}

/// A column of a level that is wanted, seen from the expression, is read.
fn reads(expr: &Expr, wanted: impl Fn(usize) -> bool) -> bool {
    let mut found = false;
    expr.walk(0, &mut |part, depth| {
        found |= matches!(part, Expr::Column(column)
            if column.level.checked_sub(depth).is_some_and(&wanted));
    });
    found
}

/// A comparison, as far as its two sides are concerned.
pub struct Comparison<'a> {
    /// Its left side.
    pub left: &'a Expr,
    /// Its right side, an array too.
    pub right: &'a Expr,
    /// It is true where the sides differ.
    pub differs: bool,
    /// It is never NULL.
    pub total: bool,
}

/// The comparison that a part is.
pub fn comparison<'a>(facts: &dyn Facts, part: &'a Expr) -> Option<Comparison<'a>> {
    match part {
        Expr::Operator { operator, arguments, .. } => match arguments.as_slice() {
            [left, right] => {
                let differs = facts.operator(*operator).differs;
                Some(Comparison { left, right, differs, total: false })
            }
            _ => None,
        },
        Expr::OverArray { operator, left, array, .. } => {
            let differs = facts.operator(*operator).differs;
            Some(Comparison { left, right: array, differs, total: false })
        }
        Expr::Distinct { arguments, .. } => match arguments.as_slice() {
            [left, right] => Some(Comparison { left, right, differs: true, total: true }),
            _ => None,
        },
        _ => None,
    }
}

/// How closely a simplified condition asks, on the way that asks least. Nothing where it is never
/// true. `signed` says whether a test counts for what it keeps out: `owner_id <> auth.uid()` only
/// asks whether there is somebody.
pub fn closeness(
    facts: &dyn Facts,
    relation: pgrx::pg_sys::Oid,
    expr: &Expr,
    signed: bool,
) -> Option<Closeness> {
    let mut measure = Closest { facts, signed };
    worth(facts, &mut measure, expr, true, &Scope::new(relation))
}

struct Closest<'a> {
    facts: &'a dyn Facts,
    signed: bool,
}

impl Measure for Closest<'_> {
    type Worth = Option<Closeness>;

    fn impossible(&self) -> Self::Worth {
        None
    }

    fn certain(&self) -> Self::Worth {
        Some(Closeness::None)
    }

    fn is_impossible(&self, worth: &Self::Worth) -> bool {
        worth.is_none()
    }

    fn both(&self, one: Self::Worth, two: Self::Worth) -> Self::Worth {
        Some(one?.max(two?))
    }

    fn either(&self, arms: Vec<Self::Worth>) -> Self::Worth {
        arms.into_iter().flatten().min()
    }

    fn part(&mut self, expr: &Expr, positive: bool, scope: &Scope<'_>) -> Self::Worth {
        part_closeness(self.facts, expr, positive, self.signed, scope)
    }

    fn look_up(&mut self, query: &Query, scope: &Scope<'_>, worth: Self::Worth) -> Self::Worth {
        match worth? {
            Closeness::Value | Closeness::Row if refers_to_own_row(query, scope) => {
                Some(Closeness::Row)
            }
            Closeness::Row => Some(Closeness::Value),
            other => Some(other),
        }
    }
}

/// The query reads the row of the outermost relation.
fn refers_to_own_row(query: &Query, scope: &Scope<'_>) -> bool {
    let mut found = false;
    query.walk(1, &mut |part, depth| {
        found |= matches!(part, Expr::Column(column)
            if column.level.checked_sub(depth) == Some(scope.depth()));
    });
    found
}

/// How closely one part asks; nothing where it cannot be what is wanted.
pub fn part_closeness(
    facts: &dyn Facts,
    part: &Expr,
    positive: bool,
    signed: bool,
    scope: &Scope<'_>,
) -> Option<Closeness> {
    if !truth_within(facts, scope, part, Question::PLAIN).can_be(if positive {
        Truth::TRUE
    } else {
        Truth::FALSE
    }) {
        return None;
    }
    if !asks(facts, part) {
        return Some(Closeness::None);
    }
    let by_value = |value: bool| if value { Closeness::Value } else { Closeness::Presence };
    let row = reads_own_row(part, scope);
    let near = if row { Closeness::Row } else { Closeness::Value };
    Some(match part {
        Expr::NullTest { is_null, argument, .. } => {
            if signed && *is_null == positive {
                Closeness::None
            } else if reads_any_row(argument) {
                near
            } else {
                Closeness::Presence
            }
        }
        _ => match comparison(facts, part) {
            Some(comparison) => {
                let differs = comparison.differs == positive;
                if signed && differs {
                    return Some(if comparison.total {
                        Closeness::None
                    } else {
                        Closeness::Presence
                    });
                }
                if reads_any_row(part) {
                    near
                } else if comparison.left == comparison.right {
                    Closeness::Presence
                } else {
                    by_value(![comparison.left, comparison.right].iter().any(|side| {
                        constant(facts, side).is_some_and(|value| is_everybodys(&value))
                    }))
                }
            }
            None if signed && !positive => Closeness::None,
            None if reads_any_row(part) => near,
            None => match part {
                Expr::Function { function, arguments, .. }
                    if facts.function(*function).identity == Some(Anonymous::False) =>
                {
                    let everybodys = arguments.iter().any(|argument| {
                        constant(facts, argument).is_some_and(|value| is_everybodys(&value))
                    });
                    by_value(!everybodys && !arguments.is_empty())
                }
                _ => Closeness::Value,
            },
        },
    })
}

/// A value that tells no caller from others.
fn is_everybodys(value: &Value) -> bool {
    match value {
        Value::Text(text) => EVERYBODY.contains(&text.as_str()),
        Value::Array(values) => values.iter().any(is_everybodys),
        // A json value that holds it.
        Value::Other(bytes) => {
            let wanted = b"authenticated";
            bytes.windows(wanted.len()).any(|window| window == wanted)
        }
        _ => false,
    }
}
