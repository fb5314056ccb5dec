//! Sub-queries: whether they return rows, and what their columns hold.

use super::interpreter::{Interpreter, Test};
use super::known::Known;
use super::{Caller, Opaque, Truth};
use crate::expr::scope::Scope;
use crate::expr::tree::{ColumnRef, Expr, From, JoinKind, Query, Source, SubLink, Value};

impl Interpreter<'_> {
    pub(super) fn sub_link(
        &mut self,
        kind: SubLink,
        test: Option<&Expr>,
        query: &Query,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let inside = scope.inside(query);
        let rows = self.rows(query, &inside, wanted);
        match kind {
            SubLink::Exists => Known::Truth(rows),
            SubLink::Array if rows == Truth::FALSE => Known::Value(Value::Array(Vec::new())),
            SubLink::Array => Known::NotNull,
            SubLink::Scalar => {
                if rows == Truth::FALSE {
                    return Known::Value(Value::Null);
                }
                let value = self.target(query, 1, &inside, wanted);
                if rows == Truth::TRUE {
                    value
                } else {
                    value.either(Known::Value(Value::Null), wanted)
                }
            }
            SubLink::Any | SubLink::All => {
                let empty = Truth::of(kind == SubLink::All);
                if rows == Truth::FALSE {
                    return Known::Truth(empty);
                }
                let Some(test) = test else { return Known::Truth(Truth::ANY) };
                // Whatever the rows are, the answer is that for one of them, or the empty one.
                let row = (1..=query.targets.len())
                    .map(|column| self.target(query, column, &inside, true))
                    .collect();
                self.tests.push(Test::Row(row));
                let answer = self.truth(test, scope, wanted);
                self.tests.pop();
                Known::Truth(if rows == Truth::TRUE { answer } else { answer.or(empty) })
            }
            SubLink::Row => Known::Truth(Truth::ANY),
        }
    }

    /// What a column of the query holds, from 1, in any of its rows.
    pub(super) fn target(
        &mut self,
        query: &Query,
        column: usize,
        inside: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let Some(at) = column.checked_sub(1) else { return Known::Nothing };
        if is_set_operation(query) {
            let mut answer: Option<Known> = None;
            for arm in arms(query) {
                let known = self.target(arm, column, &inside.inside(arm), wanted);
                answer = Some(match answer {
                    Some(sofar) => sofar.either(known, wanted),
                    None => known,
                });
            }
            return answer.unwrap_or(Known::Nothing);
        }
        let Some(target) = query.targets.get(at) else { return Known::Nothing };
        let over_nothing =
            query.aggregated && !query.grouped && self.input(query, inside, wanted) == Truth::FALSE;
        let before = std::mem::replace(&mut self.over_nothing, over_nothing);
        let value = self.value(target, inside, wanted);
        self.over_nothing = before;
        value
    }

    /// What a column that is no relation's holds.
    pub(super) fn computed_column(
        &mut self,
        column: ColumnRef,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let Some(query) = scope.query(column.level) else { return Known::Nothing };
        let within = scope.outside(column.level);
        let Ok(number) = usize::try_from(column.attribute) else { return Known::Nothing };
        let source = column.source.checked_sub(1).and_then(|at| query.sources.get(at));
        let known = match source {
            Some(Source::Query(inner)) => self.target(inner, number, &within.inside(inner), wanted),
            Some(Source::With { name, level }) => match with(name, *level, &within) {
                Some((inner, scope)) => self.target(inner, number, &scope.inside(inner), wanted),
                None => Known::Nothing,
            },
            Some(Source::Values(rows)) => {
                let mut answer: Option<Known> = None;
                for row in rows {
                    let known = match number.checked_sub(1).and_then(|at| row.get(at)) {
                        Some(value) => self.value(value, &within, wanted),
                        None => Known::Nothing,
                    };
                    answer = Some(match answer {
                        Some(sofar) => sofar.either(known, wanted),
                        None => known,
                    });
                }
                answer.unwrap_or(Known::Nothing)
            }
            Some(Source::Alias(_)) => match scope.alias(column) {
                Some(alias) => self.value(alias, &within, wanted),
                None => Known::Nothing,
            },
            _ => Known::Nothing,
        };
        let mut nullable = Vec::new();
        query.from.iter().for_each(|item: &From| item.nullable(&mut nullable));
        // A grouping set leaves columns out.
        if query.grouped || nullable.contains(&column.source) {
            known.either(Known::Value(Value::Null), wanted)
        } else {
            known
        }
    }

    /// Whether the query returns a row.
    fn rows(&mut self, query: &Query, inside: &Scope<'_>, wanted: bool) -> Truth {
        if is_set_operation(query) {
            let mut none = true;
            for arm in arms(query) {
                none &= self.rows(arm, &inside.inside(arm), wanted) == Truth::FALSE;
            }
            return if none { Truth::FALSE } else { Truth::KNOWN };
        }
        let input = self.input(query, inside, wanted);
        let one = (query.aggregated || query.having.is_some()) && !query.grouped;
        let having = match &query.having {
            Some(having) => {
                let over_nothing = one && input == Truth::FALSE;
                let before = std::mem::replace(&mut self.over_nothing, over_nothing);
                let having = self.truth(having, inside, wanted);
                self.over_nothing = before;
                having
            }
            None => Truth::TRUE,
        };
        let rows = if !having.can_be(Truth::TRUE) {
            Truth::FALSE
        } else if one {
            // Without groups there is one row of however many, even of none.
            having.is(Truth::TRUE)
        } else if query.grouped {
            // An empty grouping set makes a row of nothing.
            Truth::KNOWN
        } else {
            input
        };
        // LIMIT, OFFSET and functions that return sets can only take rows away.
        match query.targets.as_slice() {
            _ if !query.reshaped || rows == Truth::FALSE => rows,
            [target] if self.set(target, inside, wanted) == Some(Truth::FALSE) => Truth::FALSE,
            _ => Truth::KNOWN,
        }
    }

    /// Whether a call of a function that returns a set returns a row, where its body was read.
    fn set(&mut self, call: &Expr, scope: &Scope<'_>, wanted: bool) -> Option<Truth> {
        match call {
            Expr::Inlined { function, body, .. } if self.facts.function(*function).returns_set => {
                match body.as_ref() {
                    Expr::SubLink { kind: SubLink::Scalar, query, .. } => {
                        Some(self.rows(query, &scope.inside(query), wanted))
                    }
                    _ => None,
                }
            }
            // A set that depends on who is asking is empty for nobody.
            Expr::Function { function, .. } if self.caller != Caller::Anybody => {
                let facts = self.facts.function(*function);
                (facts.returns_set && facts.identity.is_some()).then_some(Truth::FALSE)
            }
            _ => None,
        }
    }

    /// Whether FROM and WHERE leave a row.
    fn input(&mut self, query: &Query, inside: &Scope<'_>, wanted: bool) -> Truth {
        let mut rows = match &query.filter {
            Some(filter) => self.truth(filter, inside, wanted).is(Truth::TRUE),
            None => Truth::TRUE,
        };
        for item in &query.from {
            rows = rows.conjunction(self.item(item, query, inside, wanted));
        }
        rows
    }

    /// Whether an item of FROM has a row.
    fn item(&mut self, item: &From, query: &Query, inside: &Scope<'_>, wanted: bool) -> Truth {
        match item {
            From::Source(source) => match query.sources.get(source.wrapping_sub(1)) {
                Some(Source::Values(rows)) => Truth::of(!rows.is_empty()),
                Some(Source::Query(inner)) => self.rows(inner, &inside.inside(inner), wanted),
                Some(Source::With { name, level }) => match with(name, *level, inside) {
                    Some((inner, scope)) => self.rows(inner, &scope.inside(inner), wanted),
                    None => Truth::KNOWN,
                },
                Some(Source::Functions { calls, .. })
                    if let [call] = calls.as_slice()
                        && let Some(rows) = self.set(call, inside, wanted) =>
                {
                    rows
                }
                Some(Source::Functions { calls, .. })
                    if self.opaque == Opaque::InFavour
                        && calls.iter().any(|call| {
                            matches!(call, Expr::Function { function, .. }
                                if self.facts.function(*function).opaque)
                        }) =>
                {
                    Truth::TRUE
                }
                _ => Truth::KNOWN,
            },
            From::Join { kind, left, right, on } => {
                let left = self.item(left, query, inside, wanted);
                let right = self.item(right, query, inside, wanted);
                match kind {
                    JoinKind::Inner => {
                        let on = match on {
                            Some(on) => self.truth(on, inside, wanted).is(Truth::TRUE),
                            None => Truth::TRUE,
                        };
                        left.conjunction(right).conjunction(on)
                    }
                    JoinKind::Left => left,
                    JoinKind::Right => right,
                    JoinKind::Full => left.disjunction(right),
                }
            }
            From::Unknown { .. } => Truth::KNOWN,
        }
    }
}

/// The query is a UNION, INTERSECT or EXCEPT: its range table holds the arms, and it has no FROM.
pub fn is_set_operation(query: &Query) -> bool {
    query.reshaped && query.from.is_empty() && arms(query).next().is_some()
}

fn arms(query: &Query) -> impl Iterator<Item = &Query> {
    query.sources.iter().filter_map(|source| match source {
        Source::Query(arm) => Some(arm.as_ref()),
        _ => None,
    })
}

/// The WITH query of this name, and the scope of the query that holds it; nothing for one that may
/// refer to itself, which only a UNION does.
fn with<'a>(name: &str, level: usize, scope: &Scope<'a>) -> Option<(&'a Query, Scope<'a>)> {
    let holder = scope.query(level)?;
    let (_, inner) = holder.with.iter().find(|(known, _)| known == name)?;
    (!is_set_operation(inner)).then(|| (inner, scope.outside(level)))
}
