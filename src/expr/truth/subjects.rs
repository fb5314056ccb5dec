//! Which sub-expressions are worth trying case by case.

use super::constants::{constant, order};
use super::interpreter::Interpreter;
use super::split::Subject;
use crate::expr::simplify::size;
use crate::expr::tree::{Expr, Value};

/// At most this many sub-expressions are split into cases, and fewer in a large expression: each
/// one multiplies the work by its cases, which must stay below this many nodes.
const MAX_SUBJECTS: usize = 6;
const MAX_WORK: usize = 250_000;

/// Candidates for splitting are looked for among this many different sub-expressions.
const MAX_CANDIDATES: usize = 64;

/// A sub-expression is split at this many constants that it is compared with.
const MAX_VALUES: usize = 16;

/// What is found worth splitting.
#[derive(Default)]
struct Found {
    tested: Vec<Expr>,
    conditions: Vec<(Expr, usize)>,
    /// Beside what each is compared with, and how often.
    compared: Vec<(Expr, Vec<Value>, usize)>,
}

impl Interpreter<'_> {
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
        affordable(found, size(expr))
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
}

/// As many of them as there is work for. Those of few cases come first, whatever their order.
fn affordable(found: Vec<(Expr, Subject)>, size: usize) -> Vec<(Expr, Subject)> {
    let mut work = size;
    let mut left = MAX_SUBJECTS;
    let mut taken = vec![false; found.len()];
    for many in [false, true] {
        for (taken, (_, subject)) in taken.iter_mut().zip(&found) {
            let more = work.saturating_mul(subject.cases().max(3));
            if matches!(subject, Subject::Values(_)) == many && left > 0 && more <= MAX_WORK {
                (*taken, work, left) = (true, more, left - 1);
            }
        }
    }
    found.into_iter().zip(taken).filter(|(_, taken)| *taken).map(|(subject, _)| subject).collect()
}

/// The constants that an operand is: one, or the elements of an array.
fn constants(operand: &Expr) -> Vec<&Value> {
    let splits = |value: &&Value| {
        order(value, value).is_some() || matches!(value, Value::Text(_) | Value::Label(_))
    };
    if let Expr::Array(parts) = operand.unlabelled() {
        return parts.iter().flat_map(constants).collect();
    }
    match constant(operand) {
        Some(Value::Array(values)) => values.iter().filter(splits).collect(),
        other => other.into_iter().filter(splits).collect(),
    }
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
