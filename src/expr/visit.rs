//! Visiting every part of an expression together with the place where it stands.

use super::scope::Scope;
use super::tree::{Expr, Query, Source};

/// Calls `visit` with `expr` and everything below it, sub-queries included, each in its scope. The
/// columns that a join or a GROUP BY step makes are left out: they are seen where they are used.
pub fn visit<'a>(expr: &'a Expr, scope: &Scope<'a>, each: &mut dyn FnMut(&'a Expr, &Scope<'a>)) {
    each(expr, scope);
    expr.each_part(&mut |part| visit(part, scope, each));
    if let Expr::SubLink { query, .. } = expr {
        visit_query(query, scope, each);
    }
}

fn visit_query<'a>(
    query: &'a Query,
    outer: &Scope<'a>,
    each: &mut dyn FnMut(&'a Expr, &Scope<'a>),
) {
    let scope = outer.inside(query);
    for (_, inner) in &query.with {
        visit_query(inner, &scope, each);
    }
    for source in &query.sources {
        match source {
            Source::Relation { sample: parts, .. } | Source::Functions { calls: parts, .. } => {
                parts.iter().for_each(|part| visit(part, &scope, each));
            }
            Source::Values(rows) => {
                rows.iter().flatten().for_each(|part| visit(part, &scope, each));
            }
            Source::Query(inner) => visit_query(inner, &scope, each),
            Source::Alias(_) | Source::With { .. } | Source::Other { .. } => {}
        }
    }
    for item in &query.from {
        item.each_on(&mut |on| visit(on, &scope, each));
    }
    query
        .filter
        .iter()
        .chain(&query.targets)
        .chain(&query.hidden_targets)
        .chain(&query.having)
        .chain(&query.extras)
        .for_each(|part| visit(part, &scope, each));
}
