//! Trying the cases of sub-expressions one after the other.

use std::cmp::Ordering;

use pgrx::pg_sys::Oid;

use super::Truth;
use super::constants::order;
use super::interpreter::Interpreter;
use super::known::Known;
use super::range::Range;
use crate::expr::scope::Scope;
use crate::expr::tree::{Bound, Expr, Query, Source, Value};

/// What a sub-expression is split by.
#[derive(Debug, Clone)]
pub(super) enum Subject {
    /// Whether it is NULL.
    Null,
    /// Its truth value.
    Condition,
    /// The constants that it is compared with, in order where their type has one.
    Values(Vec<Value>),
}

/// A case that is tried for a sub-expression.
#[derive(Debug, Clone)]
pub(super) enum Case {
    Null,
    NotNull,
    Truth(Truth),
    Value(Value),
    Range(Range),
    Without(Vec<Value>),
}

impl Subject {
    /// How many cases there are to try.
    pub(super) fn cases(&self) -> usize {
        match self {
            Self::Null => 2,
            Self::Condition => 3,
            Self::Values(values) => 2 * values.len() + 2,
        }
    }
}

impl Interpreter<'_> {
    /// Tries the cases of each subject in turn and joins the answers.
    pub(super) fn split(
        &mut self,
        expr: &Expr,
        scope: &Scope<'_>,
        subjects: &[(Expr, Subject)],
    ) -> Truth {
        let Some(((subject, by), rest)) = subjects.split_first() else {
            return self.truth(expr, scope, true);
        };
        let possible = self.value(subject, scope, true);
        let mut cases: Vec<Case> = Vec::new();
        match by {
            Subject::Condition => {
                let possible = match possible {
                    Known::NotNull => Truth::KNOWN,
                    possible => possible.as_truth().unwrap_or(Truth::ANY),
                };
                cases.extend(
                    [Truth::TRUE, Truth::FALSE, Truth::NULL]
                        .into_iter()
                        .filter(|truth| possible.can_be(*truth))
                        .map(Case::Truth),
                );
            }
            Subject::Null => {
                if !possible.may_be_null() {
                    return self.split(expr, scope, rest);
                }
                cases.extend([Case::Null, Case::NotNull]);
            }
            Subject::Values(values) => {
                if possible.may_be_null() {
                    cases.push(Case::Null);
                }
                cases.extend(around(values));
                if let Some(possible) = possible.range() {
                    cases.retain(|case| case.is_within(&possible));
                }
            }
        }
        let mut answer = Truth::NONE;
        for case in cases {
            self.assumed.push((subject.clone(), case));
            answer = answer.or(self.split(expr, scope, rest));
            self.assumed.pop();
        }
        answer
    }

    /// Whether two conditions are the same (`false`) or, by their operators, opposites (`true`), as
    /// `a = b` and `a <> b` are.
    pub(super) fn same(&self, one: &Expr, two: &Expr) -> Option<bool> {
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
            _ if subject != expr => None,
            Case::Null => Some(Known::Value(Value::Null)),
            Case::Value(value) => Some(Known::Value(value.clone())),
            Case::Range(range) => Some(Known::Range { range: range.clone(), null: false }),
            Case::Without(values) => Some(Known::Without(values.clone())),
            Case::NotNull => None,
        })
    }

    /// It is assumed not to be NULL.
    pub(super) fn assumed_not_null(&self, expr: &Expr) -> bool {
        self.assumed.iter().any(|(subject, case)| matches!(case, Case::NotNull) && subject == expr)
    }
}

impl Case {
    /// It is not ruled out for a value of this range.
    fn is_within(&self, range: &Range) -> bool {
        match self {
            Self::Value(value) => {
                Range::point(value).is_none_or(|point| point.can_be(Ordering::Equal, range))
            }
            Self::Range(case) => case.can_be(Ordering::Equal, range),
            _ => true,
        }
    }
}

/// The cases of a value that is compared with these: each of them, and what lies between or apart.
fn around(values: &[Value]) -> Vec<Case> {
    let mut values = values.to_vec();
    let ordered = values.iter().all(|value| order(value, &values[0]).is_some());
    if !ordered {
        let mut cases: Vec<Case> = values.iter().cloned().map(Case::Value).collect();
        cases.push(Case::Without(values));
        return cases;
    }
    values.sort_by(|one, two| order(one, two).unwrap_or(Ordering::Equal));
    let between =
        |low: Option<&Value>, high: Option<&Value>| Range::between(low, high).map(Case::Range);
    let mut cases = Vec::new();
    cases.extend(between(None, values.first()));
    for (at, value) in values.iter().enumerate() {
        cases.push(Case::Value(value.clone()));
        cases.extend(between(Some(value), values.get(at + 1)));
    }
    cases
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
