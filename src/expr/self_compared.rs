//! Which comparisons have the same column on both sides.

use pgrx::pg_sys::Oid;

use super::rewrite::bound_inside;
use super::scope::{Home, Scope};
use super::simplify::simplify;
use super::tree::{Expr, Query, Source, SubLink};
use super::truth::{Facts, is_set_operation, is_steady};
use super::visit::visit;

/// A comparison of something with itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The columns on either side.
    pub columns: Vec<Column>,
}

/// A column of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// `pg_class.oid`.
    pub relation: Oid,
    /// Its number.
    pub attribute: i16,
    /// It is read from the row of the outermost relation.
    pub own: bool,
}

/// The comparisons in `expr`, an expression over `relation`, of a column, or of the same expression
/// over columns, with itself: of one entry of one FROM, at one level.
pub fn self_compared(facts: &dyn Facts, relation: Oid, expr: &Expr) -> Vec<Compared> {
    let expr = simplify(facts, expr);
    let mut found = Vec::new();
    visit(&expr, &Scope::new(relation), &mut |part, scope| {
        if let Expr::SubLink { test: Some(test), query, .. } = part {
            against_rows(facts, test, query, scope, &mut found);
        } else {
            compare(facts, part, scope, &mut found);
        }
    });
    found
}

/// The comparison of ANY or ALL, with what the sub-query selects.
fn against_rows(
    facts: &dyn Facts,
    test: &Expr,
    query: &Query,
    outer: &Scope<'_>,
    found: &mut Vec<Compared>,
) {
    let scope = outer.inside(query);
    if is_set_operation(query) {
        let mut raised = test.clone();
        raised.raise(0);
        for source in &query.sources {
            if let Source::Query(arm) = source {
                against_rows(facts, &raised, arm, &scope, found);
            }
        }
    } else {
        visit(&bound_inside(test, &query.targets), &scope, &mut |part, _| {
            compare(facts, part, &scope, found);
        });
    }
}

fn compare(facts: &dyn Facts, part: &Expr, scope: &Scope<'_>, found: &mut Vec<Compared>) {
    let compares = |operator: Oid| {
        let facts = facts.operator(operator);
        facts.equals || facts.differs || facts.comparison.is_some() || facts.search.is_some()
    };
    match part {
        Expr::Operator { operator, arguments, .. } | Expr::Distinct { operator, arguments, .. }
            if compares(*operator) =>
        {
            if let [left, right] = arguments.as_slice() {
                sides(facts, left, right, scope, found);
            }
        }
        Expr::OverArray { operator, left, array, .. } if compares(*operator) => {
            match array.unlabelled() {
                Expr::Array(parts) => {
                    parts.iter().for_each(|part| sides(facts, left, part, scope, found));
                }
                other => sides(facts, left, other, scope, found),
            }
        }
        Expr::RowCompare { left, right, .. } => {
            left.iter().zip(right).for_each(|(one, two)| sides(facts, one, two, scope, found));
        }
        _ => {}
    }
}

fn sides(
    facts: &dyn Facts,
    left: &Expr,
    right: &Expr,
    scope: &Scope<'_>,
    found: &mut Vec<Compared>,
) {
    for (one, other) in [(left, right), (right, left)] {
        // Compared with the rows of a sub-query.
        if let Expr::SubLink { kind: SubLink::Scalar | SubLink::Array, query, .. } = other.uncast()
            && let [target] = query.targets.as_slice()
            && !is_set_operation(query)
        {
            let mut one = one.clone();
            one.raise(0);
            return sides(facts, &one, target, &scope.inside(query), found);
        }
    }
    let (one, two) = (resolved(left.uncast(), scope), resolved(right.uncast(), scope));
    if one != two || !is_steady(facts, &one) {
        return;
    }
    let mut columns = Vec::new();
    direct_columns(&one, scope, &mut columns);
    if !columns.is_empty() {
        found.push(Compared { columns });
    }
}

/// The expression, where it is a column that a join makes, as the column of the relation.
fn resolved(expr: &Expr, scope: &Scope<'_>) -> Expr {
    match expr {
        Expr::Column(column) => match scope.alias(*column).map(Expr::uncast) {
            Some(Expr::Column(inner)) => {
                let mut inner = *inner;
                inner.level += column.level;
                resolved(&Expr::Column(inner), scope)
            }
            _ => expr.clone(),
        },
        other => other.clone(),
    }
}

/// The columns of relations in it, outside of sub-queries.
fn direct_columns(expr: &Expr, scope: &Scope<'_>, found: &mut Vec<Column>) {
    if let Expr::Column(column) = expr {
        match scope.home(*column) {
            Home::Relation { oid, depth, attribute, .. } => {
                found.push(Column { relation: oid, attribute, own: depth == 0 });
            }
            // A column all the same, if of no relation.
            Home::Computed => {
                found.push(Column { relation: Oid::INVALID, attribute: 0, own: false });
            }
        }
    }
    expr.each_part(&mut |part| direct_columns(part, scope, found));
}
