//! The ways in which a condition can come out true.
//!
//! A condition is taken apart along AND, OR, NOT, CASE, COALESCE, tests of truth and the conditions
//! of sub-queries, whatever it is written with, down to parts that are judged by themselves. What a
//! way is worth, and how the worth of parts adds up, is the asker's: see [`Measure`].

use std::collections::HashMap;
use std::rc::Rc;

use super::rewrite::bound_inside;
use super::scope::Scope;
use super::simplify::size;
use super::tree::{Cast, Expr, From, JoinKind, Query, Source, SubLink, TruthTest, Value};
use super::truth::{Facts, is_set_operation};

/// What a way is worth.
pub trait Measure {
    /// The worth.
    type Worth: Clone;
    /// There is no way.
    fn impossible(&self) -> Self::Worth;
    /// Nothing is asked.
    fn certain(&self) -> Self::Worth;
    /// Nothing leads there.
    fn is_impossible(&self, worth: &Self::Worth) -> bool;
    /// Both must be.
    fn both(&self, one: Self::Worth, two: Self::Worth) -> Self::Worth;
    /// One of these must be.
    fn either(&self, arms: Vec<Self::Worth>) -> Self::Worth;
    /// A part that is not taken apart, to be true, or false where `positive` is not set.
    fn part(&mut self, expr: &Expr, positive: bool, scope: &Scope<'_>) -> Self::Worth;
    /// A part, to be NULL.
    fn null(&mut self, _expr: &Expr, _scope: &Scope<'_>) -> Self::Worth {
        self.certain()
    }
    /// A part, to be false or NULL.
    fn either_or_null(&self, other: Self::Worth, null: Self::Worth) -> Self::Worth {
        self.either(vec![other, null])
    }
    /// A sub-query, to return a row for which its conditions are worth this much.
    fn look_up(&mut self, _query: &Query, _scope: &Scope<'_>, worth: Self::Worth) -> Self::Worth {
        worth
    }
    /// Parts that were just added up, as one.
    fn whole(
        &mut self,
        _expr: &Expr,
        _positive: bool,
        _scope: &Scope<'_>,
        worth: Self::Worth,
    ) -> Self::Worth {
        worth
    }
    /// Whether the conditions of a CASE that were not met on the way count although they lead
    /// somewhere themselves. Those that lead nowhere always count.
    fn counts_unmet(&self) -> bool {
        false
    }
}

/// Elements of an array that are compared one by one, at most, times the size of what they are
/// compared with.
const MAX_ELEMENTS: usize = 10_000;

/// WITH queries that are looked into; the rest ask nothing.
const MAX_WITHS: usize = 100;

/// What it is worth that `expr` is true, or false where `positive` is not set. Meant for simplified
/// expressions.
pub fn worth<M: Measure>(
    facts: &dyn Facts,
    measure: &mut M,
    expr: &Expr,
    positive: bool,
    scope: &Scope<'_>,
) -> M::Worth {
    let mut walk = Walk { facts, measure, withs: 0, cases: HashMap::new(), made: Vec::new() };
    walk.expr(expr, positive, scope)
}

struct Walk<'a, M: Measure> {
    facts: &'a dyn Facts,
    measure: &'a mut M,
    /// How many WITH queries were looked into: each as often as it is named.
    withs: usize,
    /// What each CASE is worth to be true, or not: nested ones are asked for both, at each level. By
    /// their places, so that none may be given up before the end.
    cases: HashMap<(*const Expr, bool), M::Worth>,
    /// The expressions that were made on the way.
    made: Vec<Rc<[Expr]>>,
}

impl<M: Measure> Walk<'_, M> {
    fn expr(&mut self, expr: &Expr, positive: bool, scope: &Scope<'_>) -> M::Worth {
        match expr {
            Expr::Const { value: Value::Bool(value), .. } if *value == positive => {
                self.measure.certain()
            }
            Expr::Const { value: Value::Bool(_) | Value::Null, .. } => self.measure.impossible(),
            Expr::And(parts) => {
                let worth = self.several(parts, positive, positive, scope);
                self.measure.whole(expr, positive, scope, worth)
            }
            Expr::Or(parts) => {
                let worth = self.several(parts, !positive, positive, scope);
                self.measure.whole(expr, positive, scope, worth)
            }
            Expr::Not(part) => self.expr(part, !positive, scope),
            Expr::Cast { argument, how: Cast::Relabel | Cast::Domain, .. } => {
                self.expr(argument, positive, scope)
            }
            Expr::Inlined { body, .. } => self.expr(body, positive, scope),
            Expr::BooleanTest { argument, test, negated } => {
                let met = positive != *negated;
                match test {
                    TruthTest::True => self.test(argument, true, met, scope),
                    TruthTest::False => self.test(argument, false, met, scope),
                    TruthTest::Unknown => self.measure.part(expr, positive, scope),
                }
            }
            Expr::Case { argument: None, arms, default } => {
                let place = (std::ptr::from_ref(expr), positive);
                if let Some(known) = self.cases.get(&place) {
                    return known.clone();
                }
                let worth = self.case(arms, default.as_deref(), positive, scope);
                self.cases.insert(place, worth.clone());
                worth
            }
            Expr::Coalesce(parts) => {
                let mut before = self.measure.certain();
                let mut ways = Vec::new();
                for part in parts {
                    let here = self.expr(part, positive, scope);
                    ways.push(self.measure.both(before.clone(), here));
                    let null = self.measure.null(part, scope);
                    before = self.measure.both(before, null);
                }
                self.measure.either(ways)
            }
            Expr::Operator { operator, arguments, .. } => {
                let facts = self.facts.operator(*operator);
                match (beside_bool(arguments), facts.equals, facts.differs) {
                    (Some((part, value)), true, _) => self.expr(part, positive == value, scope),
                    (Some((part, value)), _, true) => self.expr(part, positive != value, scope),
                    _ => self.measure.part(expr, positive, scope),
                }
            }
            Expr::Distinct { arguments, .. } => match beside_bool(arguments) {
                Some((part, value)) => self.test(part, value, !positive, scope),
                None => self.measure.part(expr, positive, scope),
            },
            Expr::OverArray { operator, collation, any, left, array } => match array.unlabelled() {
                Expr::Array(parts) if size(left).saturating_mul(parts.len()) <= MAX_ELEMENTS => {
                    let comparisons = parts
                        .iter()
                        .map(|part| Expr::Operator {
                            operator: *operator,
                            collation: *collation,
                            arguments: vec![(**left).clone(), part.clone()],
                        })
                        .collect();
                    let comparisons = self.kept(comparisons);
                    self.several(&comparisons, *any != positive, positive, scope)
                }
                _ => self.measure.part(expr, positive, scope),
            },
            Expr::SubLink { kind, test, query } => {
                let found = match kind {
                    SubLink::Exists | SubLink::Any if positive => {
                        self.query(query, test.as_deref(), None, scope)
                    }
                    SubLink::Scalar if !query.aggregated && !query.grouped => {
                        self.query(query, None, Some(positive), scope)
                    }
                    _ => None,
                };
                match found {
                    Some(worth) => self.measure.look_up(query, scope, worth),
                    None => self.measure.part(expr, positive, scope),
                }
            }
            _ => self.measure.part(expr, positive, scope),
        }
    }

    /// Expressions that stay where they are.
    fn kept(&mut self, made: Vec<Expr>) -> Rc<[Expr]> {
        let made: Rc<[Expr]> = made.into();
        self.made.push(Rc::clone(&made));
        made
    }

    /// All of the parts, or one of them.
    fn several(
        &mut self,
        parts: &[Expr],
        all: bool,
        positive: bool,
        scope: &Scope<'_>,
    ) -> M::Worth {
        let worths: Vec<M::Worth> =
            parts.iter().map(|part| self.expr(part, positive, scope)).collect();
        if !all {
            return self.measure.either(worths);
        }
        let mut sum = self.measure.certain();
        for worth in worths {
            sum = self.measure.both(sum, worth);
        }
        sum
    }

    /// The part is this truth value; or, not met, it is the other or NULL.
    fn test(&mut self, part: &Expr, value: bool, met: bool, scope: &Scope<'_>) -> M::Worth {
        if met {
            return self.expr(part, value, scope);
        }
        let other = self.expr(part, !value, scope);
        let null = self.measure.null(part, scope);
        self.measure.either_or_null(other, null)
    }

    fn case(
        &mut self,
        arms: &[(Expr, Expr)],
        default: Option<&Expr>,
        positive: bool,
        scope: &Scope<'_>,
    ) -> M::Worth {
        let mut unmet = self.measure.certain();
        let mut ways = Vec::new();
        for (condition, result) in arms {
            let result = self.expr(result, positive, scope);
            let leads = !self.measure.is_impossible(&result);
            if leads {
                let met = self.expr(condition, true, scope);
                let way = self.measure.both(met, result);
                ways.push(self.measure.both(unmet.clone(), way));
            }
            if !leads || self.measure.counts_unmet() {
                let other = self.test(condition, true, false, scope);
                unmet = self.measure.both(unmet, other);
            }
        }
        if let Some(default) = default {
            let result = self.expr(default, positive, scope);
            ways.push(self.measure.both(unmet, result));
        }
        self.measure.either(ways)
    }

    /// A row of the query, for which the comparison of ANY is true or the first column is `target`.
    /// Nothing where FROM and WHERE do not say what its rows are.
    fn query(
        &mut self,
        query: &Query,
        test: Option<&Expr>,
        target: Option<bool>,
        outer: &Scope<'_>,
    ) -> Option<M::Worth> {
        let scope = outer.inside(query);
        if is_set_operation(query) {
            let mut ways = Vec::new();
            for source in &query.sources {
                if let Source::Query(arm) = source {
                    // The arm stands one level further in.
                    let mut test = test.cloned();
                    test.iter_mut().for_each(|test| test.raise(0));
                    ways.push(self.query(arm, test.as_ref(), target, &scope)?);
                }
            }
            return Some(self.measure.either(ways));
        }
        let mut sum = self.measure.certain();
        let mut add = |walk: &mut Self, part: &Expr, positive: bool| {
            let here = walk.expr(part, positive, &scope);
            sum = walk.measure.both(sum.clone(), here);
        };
        if let Some(filter) = &query.filter {
            add(self, filter, true);
        }
        if let Some(having) = &query.having {
            add(self, having, true);
        }
        if let Some(test) = test {
            let inside = self.kept(vec![bound_inside(test, &query.targets)]);
            inside.iter().for_each(|test| add(self, test, true));
        }
        if let Some(positive) = target {
            add(self, query.targets.first()?, positive);
        }
        for item in &query.from {
            let inner = self.item(item, query, &scope);
            sum = self.measure.both(sum, inner);
        }
        Some(sum)
    }

    /// What the rows of an item of FROM are worth.
    fn item(&mut self, item: &From, query: &Query, scope: &Scope<'_>) -> M::Worth {
        match item {
            From::Source(source) => match query.sources.get(source.wrapping_sub(1)) {
                Some(Source::Query(inner)) => match self.query(inner, None, None, scope) {
                    Some(worth) => worth,
                    None => self.measure.certain(),
                },
                Some(Source::With { name, level }) => {
                    self.withs += 1;
                    let holder = scope.query(*level).filter(|_| self.withs <= MAX_WITHS);
                    let found = holder
                        .and_then(|holder| holder.with.iter().find(|(known, _)| known == name))
                        .filter(|(_, inner)| !is_set_operation(inner));
                    match found {
                        Some((_, inner)) => self
                            .query(inner, None, None, &scope.outside(*level))
                            .unwrap_or_else(|| self.measure.certain()),
                        None => self.measure.certain(),
                    }
                }
                // What a function in FROM is given, or asks by itself.
                Some(Source::Functions { calls, .. }) => {
                    let mut sum = self.measure.certain();
                    for call in calls {
                        let here = self.measure.part(call, true, scope);
                        sum = self.measure.both(sum, here);
                    }
                    sum
                }
                _ => self.measure.certain(),
            },
            From::Join { kind, left, right, on } => match kind {
                JoinKind::Inner => {
                    let left = self.item(left, query, scope);
                    let right = self.item(right, query, scope);
                    let both = self.measure.both(left, right);
                    match on {
                        Some(on) => {
                            let on = self.expr(on, true, scope);
                            self.measure.both(both, on)
                        }
                        None => both,
                    }
                }
                JoinKind::Left => self.item(left, query, scope),
                JoinKind::Right => self.item(right, query, scope),
                JoinKind::Full => self.measure.certain(),
            },
            From::Unknown { .. } => self.measure.certain(),
        }
    }
}

/// The part that is compared with a constant truth value, and that value.
fn beside_bool(arguments: &[Expr]) -> Option<(&Expr, bool)> {
    match arguments {
        [part, Expr::Const { value: Value::Bool(value), .. }]
        | [Expr::Const { value: Value::Bool(value), .. }, part] => Some((part, *value)),
        _ => None,
    }
}
