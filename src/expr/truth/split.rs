//! Trying the cases of sub-expressions one after the other.

use std::cmp::Ordering;

use pgrx::pg_sys::Oid;

use super::Truth;
use super::constants::order;
use super::interpreter::Interpreter;
use super::known::Known;
use super::range::Range;
use crate::expr::scope::Scope;
use crate::expr::simplify::size;
use crate::expr::tree::{Bound, Expr, Query, Source, Value};

/// At most this many sub-expressions are split into cases, and fewer in a large expression: each
/// one multiplies the work by its cases, which must stay below this many nodes.
const MAX_SUBJECTS: usize = 6;
const MAX_WORK: usize = 250_000;

/// Candidates for splitting are looked for among this many different sub-expressions.
const MAX_CANDIDATES: usize = 64;

/// A sub-expression is split at this many constants that it is compared with.
const MAX_VALUES: usize = 16;

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

/// What is found worth splitting.
#[derive(Default)]
struct Found {
    tested: Vec<Expr>,
    conditions: Vec<(Expr, usize)>,
    /// Beside what each is compared with, and how often.
    compared: Vec<(Expr, Vec<Value>, usize)>,
}

impl Subject {
    /// How many cases there are to try.
    fn cases(&self) -> usize {
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

    /// The sub-expressions worth splitting into cases: those tested for NULL, conditions that occur
    /// more than once, and what is compared with constants more than once.
    pub(super) fn subjects(&self, expr: &Expr) -> Vec<(Expr, Subject)> {
        let mut leaves = Found::default();
        self.leaves(expr, &mut leaves);
        let Found { tested, conditions, mut compared } = leaves;
        compared.retain(|(subject, values, times)| {
            !values.is_empty() && *times + usize::from(tested.contains(subject)) > 1
        });
        let mut found: Vec<(Expr, Subject)> = Vec::new();
        for subject in tested {
            if !compared.iter().any(|(other, ..)| *other == subject) {
                found.push((subject, Subject::Null));
            }
        }
        for (condition, count) in conditions {
            if count > 1 {
                found.push((condition, Subject::Condition));
            }
        }
        found.extend(
            compared.into_iter().map(|(subject, values, _)| (subject, Subject::Values(values))),
        );
        // A part before what it is a part of, so that its case tells which of the other's there are.
        found.sort_by_key(|(subject, _)| size(subject));
        let mut work = size(expr);
        let affordable = found.iter().take(MAX_SUBJECTS).take_while(|(_, subject)| {
            work = work.saturating_mul(subject.cases().max(3));
            work <= MAX_WORK
        });
        let affordable = affordable.count();
        found.truncate(affordable);
        found
    }

    fn leaves(&self, expr: &Expr, found: &mut Found) {
        self.note_values(expr, &mut found.compared);
        match expr {
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Case { .. } | Expr::Coalesce(_) => {
                expr.each_part(&mut |part| self.leaves(part, found));
            }
            Expr::BooleanTest { argument, .. } => {
                // Its argument occurs in every other test of it, so that once is enough.
                if self.is_steady(argument) {
                    self.count(argument, 2, &mut found.conditions);
                }
                self.leaves(argument, found);
            }
            Expr::NullTest { argument, of_row: false, .. }
                if found.tested.len() < MAX_CANDIDATES
                    && !found.tested.contains(argument)
                    && self.is_steady(argument) =>
            {
                found.tested.push((**argument).clone());
            }
            _ if let Some(condition) = beside_truth(expr)
                && self.is_steady(condition) =>
            {
                self.count(condition, 2, &mut found.conditions);
            }
            // Truth values that are compared.
            Expr::Operator { arguments, .. } | Expr::Distinct { arguments, .. }
                if arguments.iter().any(is_condition) =>
            {
                arguments.iter().for_each(|part| self.leaves(part, found));
            }
            Expr::OverArray { left, array, .. } if matches!(array.as_ref(), Expr::Array(parts) if parts.iter().any(is_condition)) =>
            {
                self.leaves(left, found);
                array.each_part(&mut |part| self.leaves(part, found));
            }
            Expr::Column(_)
            | Expr::Operator { .. }
            | Expr::OverArray { .. }
            | Expr::RowCompare { .. }
            | Expr::Function { .. }
            | Expr::Inlined { .. }
            | Expr::Cast { .. }
            | Expr::SubLink { .. }
                if self.is_steady(expr) =>
            {
                self.count(expr, 1, &mut found.conditions);
            }
            Expr::Distinct { operator, collation, arguments } if self.is_steady(expr) => {
                self.count(expr, 1, &mut found.conditions);
                // It is told by whether the two are equal.
                let (operator, collation, arguments) = (*operator, *collation, arguments.clone());
                let equal = Expr::Operator { operator, collation, arguments };
                self.count(&equal, 1, &mut found.conditions);
            }
            _ => {}
        }
    }

    /// Notes what is compared with constants whose order, or whose difference, is known.
    fn note_values(&self, expr: &Expr, compared: &mut Vec<(Expr, Vec<Value>, usize)>) {
        let (operator, subject, values) = match expr {
            Expr::Operator { operator, arguments, .. }
            | Expr::Distinct { operator, arguments, .. } => match arguments.as_slice() {
                [subject, constant] | [constant, subject] if !constants(constant).is_empty() => {
                    (operator, subject, constants(constant))
                }
                _ => return,
            },
            Expr::OverArray { operator, left, array, .. } => {
                (operator, left.as_ref(), constants(array))
            }
            _ => return,
        };
        if self.facts.operator(*operator).comparison.is_none() || !self.is_steady(subject) {
            return;
        }
        let at = match compared.iter().position(|(known, ..)| known == subject) {
            Some(at) => at,
            None if compared.len() < MAX_CANDIDATES => {
                compared.push((subject.clone(), Vec::new(), 0));
                compared.len() - 1
            }
            None => return,
        };
        let (_, known, times) = &mut compared[at];
        *times += 1;
        for value in values {
            if known.len() < MAX_VALUES && !known.contains(value) {
                known.push(value.clone());
            }
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

/// The constants that an operand is: one, or the elements of an array.
fn constants(operand: &Expr) -> Vec<&Value> {
    let splits = |value: &&Value| {
        order(value, value).is_some() || matches!(value, Value::Text(_) | Value::Label(_))
    };
    match operand.unlabelled() {
        Expr::Const { value: Value::Array(values), .. } => values.iter().filter(splits).collect(),
        Expr::Const { value, .. } => Some(value).into_iter().filter(splits).collect(),
        Expr::Array(parts) => parts.iter().flat_map(constants).collect(),
        _ => Vec::new(),
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

/// It is a truth value by what it is made of.
fn is_condition(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::NullTest { .. }
            | Expr::BooleanTest { .. }
            | Expr::Distinct { .. }
    )
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
        Expr::Operator { arguments, .. } | Expr::NullIf { arguments, .. } => match arguments
            .as_slice()
        {
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
