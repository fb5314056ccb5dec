//! What an expression depends on: columns of its own row, columns of other relations, and who is
//! asking; and how often the functions in it are called.
//!
//! A call in a sub-query is made for each row that the sub-query reads. In one without FROM it is
//! made once for all when the sub-query refers to nothing outside of itself, as in
//! `(SELECT auth.uid())`, because the server then computes it before it reads rows; otherwise as
//! often as the sub-query stands in the way. A sub-query in FROM without a FROM of its own is merged
//! into the one around it, and saves nothing.

use std::collections::{BTreeSet, HashSet};

use pgrx::pg_sys::{Oid, SQLValueFunctionOp};

use super::scope::{Home, Scope};
use super::tree::{ColumnRef, Expr, From, Query, Source};

/// What the question needs to know of the database.
pub trait Identities {
    /// The function says who is asking.
    fn is_identity(&self, function: Oid) -> bool;
}

/// A column that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Read {
    /// How many queries stand around the one that scans its relation; 0 is the own row of the
    /// outermost relation.
    pub scanned: usize,
    /// Its relation.
    pub relation: Oid,
    /// Its number; 0 is the whole row, below 0 a system column.
    pub attribute: i16,
    /// How many queries stand around the expression that reads it.
    pub depth: usize,
}

/// How often a call is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rate {
    /// Once for a whole statement.
    Once,
    /// For each row that the query `depth` queries below the expression reads; 0 is the outermost
    /// relation.
    PerRow {
        /// How many queries stand around.
        depth: usize,
        /// The relations that the query scans itself; empty where it reads something else.
        relations: Vec<Oid>,
    },
}

/// A call of a function, or of a session value such as CURRENT_USER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'a> {
    /// The call itself.
    pub expr: &'a Expr,
    /// The function; nothing for a session value.
    pub function: Option<Oid>,
    /// It says who is asking.
    pub identity: bool,
    /// How many queries stand around it.
    pub depth: usize,
    /// How often it is made.
    pub rate: Rate,
    /// A column of some row is among its arguments.
    pub takes_column: bool,
}

/// What an expression depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependence<'a> {
    /// The columns it reads, in no particular order.
    pub reads: HashSet<Read>,
    /// The calls it makes, in the order written.
    pub calls: Vec<Call<'a>>,
    /// Some part of it is not understood and may read anything.
    pub unknown: bool,
}

impl<'a> Dependence<'a> {
    /// The columns of the own row, read directly or from inside sub-queries.
    pub fn own(&self) -> BTreeSet<i16> {
        self.reads.iter().filter(|read| read.scanned == 0).map(|read| read.attribute).collect()
    }

    /// The calls that say who is asking.
    pub fn identities(&self) -> impl Iterator<Item = &Call<'a>> {
        self.calls.iter().filter(|call| call.identity)
    }
}

/// What `expr`, an expression over `relation`, depends on.
pub fn depends<'a>(identities: &dyn Identities, relation: Oid, expr: &'a Expr) -> Dependence<'a> {
    let mut search =
        Search { identities, relation, frames: Vec::new(), found: Dependence::default() };
    search.expr(expr, &Scope::new(relation));
    search.found
}

/// A session value that names a role.
pub fn is_session_identity(which: u32) -> bool {
    matches!(
        which,
        SQLValueFunctionOp::SVFOP_CURRENT_ROLE
            | SQLValueFunctionOp::SVFOP_CURRENT_USER
            | SQLValueFunctionOp::SVFOP_USER
            | SQLValueFunctionOp::SVFOP_SESSION_USER
    )
}

/// The query refers to a row of a query around it.
pub fn is_correlated(query: &Query) -> bool {
    let mut correlated = false;
    query.walk(0, &mut |part, depth| {
        correlated |= matches!(part, Expr::Column(column) if column.level > depth);
    });
    correlated
}

/// A query around the expression that is looked at.
struct Frame {
    /// It reads rows.
    scans: bool,
    /// The relations among them.
    relations: Vec<Oid>,
    /// It stands in the FROM of the query around it.
    merged: bool,
    correlated: bool,
}

struct Search<'a, 'f> {
    identities: &'f dyn Identities,
    relation: Oid,
    frames: Vec<Frame>,
    found: Dependence<'a>,
}

impl<'a> Search<'a, '_> {
    fn expr(&mut self, expr: &'a Expr, scope: &Scope<'a>) {
        match expr {
            Expr::Column(column) => self.column(*column, scope),
            Expr::Function { function, arguments, .. } => {
                let identity = self.identities.is_identity(*function);
                self.call(expr, Some(*function), identity, arguments, scope);
            }
            Expr::Inlined { function, arguments, .. } => {
                let identity = self.identities.is_identity(*function);
                self.call(expr, Some(*function), identity, arguments, scope);
            }
            Expr::SessionValue { which } => {
                self.call(expr, None, is_session_identity(*which), &[], scope);
            }
            Expr::Unknown { .. } => self.found.unknown = true,
            Expr::SubLink { query, .. } => self.query(query, scope, false),
            _ => {}
        }
        expr.each_part(&mut |part| self.expr(part, scope));
    }

    fn call(
        &mut self,
        expr: &'a Expr,
        function: Option<Oid>,
        identity: bool,
        arguments: &'a [Expr],
        scope: &Scope<'a>,
    ) {
        let takes_column = arguments.iter().any(has_column);
        let call = Call {
            expr,
            function,
            identity,
            depth: scope.depth(),
            rate: self.rate(),
            takes_column,
        };
        self.found.calls.push(call);
    }

    fn rate(&self) -> Rate {
        for (at, frame) in self.frames.iter().enumerate().rev() {
            if frame.scans {
                return Rate::PerRow { depth: at + 1, relations: frame.relations.clone() };
            }
            if !frame.merged && !frame.correlated {
                return Rate::Once;
            }
        }
        Rate::PerRow { depth: 0, relations: vec![self.relation] }
    }

    fn column(&mut self, column: ColumnRef, scope: &Scope<'a>) {
        match scope.home(column) {
            Home::Relation { oid, depth, attribute, .. } => {
                self.found.reads.insert(Read {
                    scanned: depth,
                    relation: oid,
                    attribute,
                    depth: scope.depth(),
                });
            }
            // A column of a sub-query is read where the sub-query makes it.
            Home::Computed => {
                if let Some(alias) = scope.alias(column) {
                    self.expr(alias, &scope.outside(column.level));
                }
            }
        }
    }

    fn query(&mut self, query: &'a Query, outer: &Scope<'a>, merged: bool) {
        let scope = outer.inside(query);
        let mut scanned = Vec::new();
        query.from.iter().for_each(|item: &From| item.sources(&mut scanned));
        let scanned = || scanned.iter().filter_map(|at| query.sources.get(at.wrapping_sub(1)));
        self.frames.push(Frame {
            scans: query.from.iter().any(|item| matches!(item, From::Unknown { .. }))
                || scanned().any(reads_rows),
            relations: scanned()
                .filter_map(|source| match source {
                    Source::Relation { oid, .. } => Some(*oid),
                    _ => None,
                })
                .collect(),
            merged: merged && !query.reshaped && !query.aggregated && !query.grouped,
            correlated: is_correlated(query),
        });
        for (_, inner) in &query.with {
            self.query(inner, &scope, true);
        }
        for source in &query.sources {
            match source {
                Source::Relation { sample: parts, .. } | Source::Functions { calls: parts, .. } => {
                    parts.iter().for_each(|part| self.expr(part, &scope));
                }
                Source::Values(rows) => {
                    rows.iter().flatten().for_each(|part| self.expr(part, &scope));
                }
                Source::Query(inner) => self.query(inner, &scope, true),
                // Its columns are read where they are used.
                Source::Alias(_) | Source::With { .. } => {}
                Source::Other { .. } => self.found.unknown = true,
            }
        }
        for item in &query.from {
            item.each_on(&mut |on| self.expr(on, &scope));
            self.found.unknown |= matches!(item, From::Unknown { .. });
        }
        query
            .filter
            .iter()
            .chain(&query.targets)
            .chain(&query.hidden_targets)
            .chain(&query.having)
            .chain(&query.extras)
            .for_each(|part| self.expr(part, &scope));
        self.frames.pop();
    }
}

/// The entry of a range table can have more than the one row of a SELECT without FROM.
fn reads_rows(source: &Source) -> bool {
    match source {
        Source::Query(inner) => {
            inner.reshaped
                || inner.from.iter().any(|item| {
                    let mut below = Vec::new();
                    item.sources(&mut below);
                    matches!(item, From::Unknown { .. })
                        || below
                            .iter()
                            .filter_map(|at| inner.sources.get(at.wrapping_sub(1)))
                            .any(reads_rows)
                })
        }
        _ => true,
    }
}

/// A column, or a sub-query that refers to one outside of it, is part of the expression.
fn has_column(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(0, &mut |part, depth| {
        found |= matches!(part, Expr::Column(column) if column.level >= depth);
    });
    found
}

#[cfg(test)]
mod tests;
