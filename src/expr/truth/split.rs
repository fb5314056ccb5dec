//! Trying the cases of sub-expressions one after the other.

use pgrx::pg_sys::Oid;

use super::Truth;
use super::interpreter::Interpreter;
use super::known::Known;
use crate::expr::scope::Scope;
use crate::expr::simplify::size;
use crate::expr::tree::{Bound, Expr, Query, Source, Value};

/// At most this many sub-expressions are split into cases, and fewer in a large expression: each
/// one triples the work, which must stay below this many nodes.
const MAX_SUBJECTS: usize = 6;
const MAX_WORK: usize = 1_000_000;

/// Candidates for splitting are looked for among this many different sub-expressions.
const MAX_CANDIDATES: usize = 64;

/// A case that is tried for a sub-expression.
#[derive(Debug, Clone)]
pub(super) enum Case {
    Null,
    NotNull,
    Truth(Truth),
}

impl Interpreter<'_> {
    /// Tries the cases of each subject in turn and joins the answers.
    pub(super) fn split(
        &mut self,
        expr: &Expr,
        scope: &Scope<'_>,
        subjects: &[(Expr, bool)],
    ) -> Truth {
        let Some(((subject, boolean), rest)) = subjects.split_first() else {
            return self.truth(expr, scope, true);
        };
        let possible = self.value(subject, scope, true);
        let cases: Vec<Case> = if *boolean {
            let possible = match possible {
                Known::NotNull => Truth::KNOWN,
                possible => possible.as_truth().unwrap_or(Truth::ANY),
            };
            [Truth::TRUE, Truth::FALSE, Truth::NULL]
                .into_iter()
                .filter(|truth| possible.can_be(*truth))
                .map(Case::Truth)
                .collect()
        } else if possible.may_be_null() {
            vec![Case::Null, Case::NotNull]
        } else {
            return self.split(expr, scope, rest);
        };
        let mut answer = Truth::NONE;
        for case in cases {
            self.assumed.push((subject.clone(), case));
            answer = answer.or(self.split(expr, scope, rest));
            self.assumed.pop();
        }
        answer
    }

    /// The sub-expressions worth splitting into cases: those tested for NULL, and conditions that
    /// occur more than once. `true` beside one says that it is a condition.
    pub(super) fn subjects(&self, expr: &Expr) -> Vec<(Expr, bool)> {
        let mut tested = Vec::new();
        let mut conditions: Vec<(Expr, usize)> = Vec::new();
        self.leaves(expr, &mut tested, &mut conditions);
        let mut found: Vec<(Expr, bool)> =
            tested.into_iter().map(|subject| (subject, false)).collect();
        for (condition, count) in conditions {
            if count > 1 {
                found.push((condition, true));
            }
        }
        // A part before what it is a part of, so that its case tells which of the other's there are.
        found.sort_by_key(|(subject, _)| size(subject));
        let mut work = size(expr);
        let affordable = (0..MAX_SUBJECTS).take_while(|_| {
            work *= 3;
            work <= MAX_WORK
        });
        found.truncate(affordable.count());
        found
    }

    fn leaves(&self, expr: &Expr, tested: &mut Vec<Expr>, conditions: &mut Vec<(Expr, usize)>) {
        match expr {
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Case { .. } | Expr::Coalesce(_) => {
                expr.each_part(&mut |part| self.leaves(part, tested, conditions));
            }
            Expr::BooleanTest { argument, .. } => {
                // Its argument occurs in every other test of it, so that once is enough.
                if self.is_steady(argument) {
                    self.count(argument, 2, conditions);
                }
                self.leaves(argument, tested, conditions);
            }
            Expr::NullTest { argument, of_row: false, .. }
                if tested.len() < MAX_CANDIDATES
                    && !tested.contains(argument)
                    && self.is_steady(argument) =>
            {
                tested.push((**argument).clone());
            }
            _ if let Some(condition) = beside_truth(expr)
                && self.is_steady(condition) =>
            {
                self.count(condition, 2, conditions);
            }
            Expr::Column(_)
            | Expr::Operator { .. }
            | Expr::Distinct { .. }
            | Expr::OverArray { .. }
            | Expr::RowCompare { .. }
            | Expr::Function { .. }
            | Expr::Inlined { .. }
            | Expr::Cast { .. }
            | Expr::SubLink { .. }
                if self.is_steady(expr) =>
            {
                self.count(expr, 1, conditions);
            }
            _ => {}
        }
    }

    /// Notes that a condition, or its opposite, occurs so many times more.
    fn count(&self, expr: &Expr, times: usize, conditions: &mut Vec<(Expr, usize)>) {
        let known = conditions.iter().position(|(known, _)| self.same(known, expr).is_some());
        match known {
            Some(at) => conditions[at].1 += times,
            None if conditions.len() < MAX_CANDIDATES => conditions.push((expr.clone(), times)),
            None => {}
        }
    }

    /// Whether two conditions are the same (`false`) or, by their operators, opposites (`true`), as
    /// `a = b` and `a <> b` are.
    fn same(&self, one: &Expr, two: &Expr) -> Option<bool> {
        if one == two {
            return Some(false);
        }
        match (one, two) {
            (
                Expr::Operator { operator, collation, arguments },
                Expr::Operator { operator: other, collation: its, arguments: theirs },
            ) if arguments == theirs && collation == its => {
                self.are_opposites(*operator, *other).then_some(true)
            }
            (
                Expr::OverArray { operator, collation, any, left, array },
                Expr::OverArray {
                    operator: other,
                    collation: its,
                    any: some,
                    left: subject,
                    array: range,
                },
            ) if left == subject && array == range && collation == its && any != some => {
                self.are_opposites(*operator, *other).then_some(true)
            }
            _ => None,
        }
    }

    fn are_opposites(&self, operator: Oid, other: Oid) -> bool {
        let facts = self.facts.operator(operator);
        facts.built_in && facts.negator == Some(other)
    }

    /// Evaluated twice for one row it gives the same value.
    pub(super) fn is_steady(&self, expr: &Expr) -> bool {
        let mut steady = !matches!(expr, Expr::Bound(_));
        expr.walk(0, &mut |part, _| {
            steady &= match part {
                Expr::Operator { operator, .. }
                | Expr::Distinct { operator, .. }
                | Expr::NullIf { operator, .. }
                | Expr::OverArray { operator, .. } => !self.facts.operator(*operator).volatile,
                Expr::RowCompare { operators, .. } => {
                    operators.iter().all(|operator| !self.facts.operator(*operator).volatile)
                }
                Expr::Function { function, .. }
                | Expr::Aggregate { function, .. }
                | Expr::Inlined { function, .. } => !self.facts.function(*function).volatile,
                Expr::SubLink { query, .. } => is_steady_query(query),
                // The columns of a sub-query, in the comparison with it.
                Expr::Bound(Bound::SubLink(_)) => true,
                Expr::Unknown { .. } | Expr::CaseTest | Expr::Bound(_) => false,
                _ => true,
            }
        });
        steady
    }

    /// What is assumed of an expression of the outermost level.
    pub(super) fn assumption(&self, expr: &Expr) -> Option<Known> {
        self.assumed.iter().find_map(|(subject, case)| match case {
            Case::Truth(truth) => self
                .same(subject, expr)
                .map(|opposite| Known::Truth(if opposite { truth.not() } else { *truth })),
            Case::Null if subject == expr => Some(Known::Value(Value::Null)),
            _ => None,
        })
    }

    /// It is assumed not to be NULL.
    pub(super) fn assumed_not_null(&self, expr: &Expr) -> bool {
        self.assumed.iter().any(|(subject, case)| matches!(case, Case::NotNull) && subject == expr)
    }
}

/// The query, asked twice in one statement, returns the same rows; its expressions are looked at
/// elsewhere.
fn is_steady_query(query: &Query) -> bool {
    let mut steady = true;
    query.each_query(&mut |query| {
        // Which rows LIMIT takes, and a sample, may differ.
        steady &= !query.reshaped
            && query.sources.iter().all(|source| match source {
                Source::Relation { sample, .. } => sample.is_empty(),
                Source::Other { .. } => false,
                _ => true,
            });
    });
    steady
}

/// The condition that an expression compares with constant truth values: `open = true`,
/// `open IN (true, false)`.
fn beside_truth(expr: &Expr) -> Option<&Expr> {
    let is_truth = |expr: &Expr| match expr {
        Expr::Const { value: Value::Bool(_), .. } => true,
        Expr::Const { value: Value::Array(values), .. } => {
            values.iter().all(|value| matches!(value, Value::Bool(_)))
        }
        _ => false,
    };
    match expr {
        Expr::Operator { arguments, .. } => match arguments.as_slice() {
            [condition, constant] | [constant, condition] if is_truth(constant) => Some(condition),
            _ => None,
        },
        Expr::OverArray { left, array, .. } => {
            let truths = match array.as_ref() {
                Expr::Array(parts) => parts.iter().all(is_truth),
                other => is_truth(other),
            };
            truths.then_some(left)
        }
        _ => None,
    }
}
