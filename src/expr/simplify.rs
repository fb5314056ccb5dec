//! The same condition with fewer kinds of nodes, so that the questions asked of it see one spelling.
//!
//! Sub-queries without FROM become the expression they compute, calls whose body was read become
//! the body, and `CASE x WHEN y` becomes `CASE WHEN x = y`. Under each caller and for each row the
//! result has the truth values that the original has. Not for counting how often a part is
//! computed: a sub-query is computed once, and here its parts are written wherever it is used.

use std::borrow::Cow;

use pgrx::pg_sys::{self, Oid};

use super::depends::is_session_identity;
use super::inline::written_out;
use super::tree::{Bound, Expr, Query, Source, SubLink, TruthTest, Value};
use super::truth::Facts;

/// An argument of CASE, or a column of a sub-query, that has more parts is not written where it is
/// used: it would grow with every use. As many parts as this of arguments are looked at for NULL.
const MAX_COPIED: usize = 1000;

/// The condition, simplified.
pub fn simplify<'a>(facts: &dyn Facts, expr: &'a Expr) -> Cow<'a, Expr> {
    let mut changes = false;
    expr.walk(0, &mut |part, _| {
        changes |= matches!(
            part,
            Expr::SubLink { .. } | Expr::Inlined { .. } | Expr::Case { argument: Some(_), .. }
        );
    });
    if !changes {
        return Cow::Borrowed(expr);
    }
    let mut simplified = expr.clone();
    rewrite(facts, &mut simplified);
    Cow::Owned(simplified)
}

fn rewrite(facts: &dyn Facts, expr: &mut Expr) {
    expr.each_part_mut(&mut |part| rewrite(facts, part));
    if let Expr::SubLink { query, .. } = expr {
        rewrite_query(facts, query);
    }
    let simpler = match expr {
        // The rows of a set are not the value of its query.
        Expr::Inlined { function, .. } if facts.function(*function).returns_set => None,
        Expr::Inlined { function, arguments, body } => {
            Some(called(facts, *function, arguments, body))
        }
        Expr::SubLink { kind, test, query } if is_plain(query) => {
            computed(*kind, test.as_deref(), query)
        }
        Expr::Case { argument: Some(argument), arms, default } => {
            compared(argument, arms, default.as_deref())
        }
        _ => None,
    };
    if let Some(simpler) = simpler {
        *expr = simpler;
    }
}

fn rewrite_query(facts: &dyn Facts, query: &mut Query) {
    query.each_part_mut(&mut |part| rewrite(facts, part));
    query.each_query_mut(&mut |inner| rewrite_query(facts, inner));
    for at in 0..query.sources.len() {
        if let Some(columns) = computed_columns(query, at) {
            *query = written_out(query, at + 1, &columns);
        }
    }
}

/// What a source of the query computes, where it is one row made of nothing of its own, as in
/// `FROM (SELECT auth.jwt() AS claims) c`, and always there.
fn computed_columns(query: &Query, at: usize) -> Option<Vec<Expr>> {
    let inner = match query.sources.get(at)? {
        Source::Query(inner) => inner.as_ref(),
        Source::With { name, level: 0 } => {
            query.with.iter().find(|(known, _)| known == name).map(|(_, inner)| inner)?
        }
        _ => return None,
    };
    let mut nullable = Vec::new();
    query.from.iter().for_each(|item| item.nullable(&mut nullable));
    let copied = || inner.targets.iter().all(|target| size(target) <= MAX_COPIED);
    (is_plain(inner) && inner.filter.is_none() && !nullable.contains(&(at + 1)) && copied())
        .then(|| inner.targets.clone())
}

/// The body of a function, unless a NULL argument answers first.
fn called(facts: &dyn Facts, function: Oid, arguments: &[Expr], body: &Expr) -> Expr {
    // A name for who is asking that its body does not explain.
    if facts.function(function).identity.is_some() && !asks(facts, body) {
        return Expr::Function { function, type_oid: Oid::INVALID, arguments: arguments.to_vec() };
    }
    if !facts.function(function).strict || arguments.is_empty() {
        return body.clone();
    }
    let null = |argument: &Expr| Expr::NullTest {
        argument: Box::new(argument.clone()),
        is_null: true,
        of_row: false,
    };
    let some_null = if arguments.iter().map(size).sum::<usize>() > MAX_COPIED {
        Expr::Unknown { tag: 0 }
    } else {
        Expr::Or(arguments.iter().map(null).collect())
    };
    Expr::Case {
        argument: None,
        arms: vec![(some_null, constant(Value::Null))],
        default: Some(Box::new(body.clone())),
    }
}

/// Something in it says who is asking.
fn asks(facts: &dyn Facts, expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(0, &mut |part, _| {
        found |= match part {
            Expr::Function { function, .. } => facts.function(*function).identity.is_some(),
            Expr::SessionValue { which } => is_session_identity(*which),
            _ => false,
        }
    });
    found
}

/// The query returns at most one row, made of its columns alone, and has nothing of its own that a
/// column could name.
fn is_plain(query: &Query) -> bool {
    query.from.is_empty()
        && query.sources.is_empty()
        && query.with.is_empty()
        && !query.reshaped
        && !query.aggregated
        && !query.grouped
        && query.having.is_none()
}

/// What a sub-query without FROM computes.
fn computed(kind: SubLink, test: Option<&Expr>, query: &Query) -> Option<Expr> {
    let outside = |part: &Expr| {
        let mut part = part.clone();
        part.lower(0);
        part
    };
    let filter = query.filter.as_ref().map(outside);
    let (value, without) = match kind {
        SubLink::Exists => {
            return Some(match filter {
                None => constant(Value::Bool(true)),
                Some(filter) => Expr::BooleanTest {
                    argument: Box::new(filter),
                    test: TruthTest::True,
                    negated: false,
                },
            });
        }
        SubLink::Scalar => (outside(query.targets.first()?), Value::Null),
        SubLink::Any | SubLink::All => {
            let targets: Vec<Expr> = query.targets.iter().map(outside).collect();
            if targets.iter().map(size).sum::<usize>() > MAX_COPIED {
                return None;
            }
            let mut test = test?.clone();
            bind(&mut test, &targets);
            (test, Value::Bool(kind == SubLink::All))
        }
        SubLink::Array if filter.is_none() => {
            return Some(Expr::Array(vec![outside(query.targets.first()?)]));
        }
        SubLink::Array | SubLink::Row => return None,
    };
    Some(match filter {
        None => value,
        Some(filter) => Expr::Case {
            argument: None,
            arms: vec![(filter, value)],
            default: Some(Box::new(constant(without))),
        },
    })
}

/// Puts the columns of a sub-query into the comparison that names them. Comparisons of sub-queries
/// inside it name their own.
fn bind(test: &mut Expr, targets: &[Expr]) {
    match test {
        Expr::Bound(Bound::SubLink(column)) => {
            if let Some(target) = column.checked_sub(1).and_then(|at| targets.get(at)) {
                *test = target.clone();
            }
        }
        Expr::SubLink { .. } => {}
        other => other.each_part_mut(&mut |part| bind(part, targets)),
    }
}

/// CASE whose conditions say what they compare.
fn compared(argument: &Expr, arms: &[(Expr, Expr)], default: Option<&Expr>) -> Option<Expr> {
    if size(argument).saturating_mul(arms.len()) > MAX_COPIED {
        return None;
    }
    let mut arms = arms.to_vec();
    arms.iter_mut().for_each(|(condition, _)| insert(condition, argument));
    Some(Expr::Case { argument: None, arms, default: default.cloned().map(Box::new) })
}

/// Puts the argument of the nearest CASE into a condition; that of a CASE inside is its own.
fn insert(condition: &mut Expr, argument: &Expr) {
    match condition {
        Expr::CaseTest => *condition = argument.clone(),
        Expr::Case { argument: Some(inner), .. } => insert(inner, argument),
        other => other.each_part_mut(&mut |part| insert(part, argument)),
    }
}

/// How many parts an expression has.
pub fn size(expr: &Expr) -> usize {
    let mut size = 0;
    expr.walk(0, &mut |_, _| size += 1);
    size
}

fn constant(value: Value) -> Expr {
    Expr::Const { type_oid: pg_sys::BOOLOID, value }
}

#[cfg(test)]
mod tests;
