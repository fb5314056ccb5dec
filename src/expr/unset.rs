//! What becomes of an expression when a setting of the application is not set.
//!
//! A setting that was never set in a session is missing: reading it raises an error unless the
//! reader says otherwise. One that was set in an earlier transaction reads as the empty string,
//! which many types refuse. To find such casts the expression is computed with the empty string in
//! place of the setting, as far as it goes; a CASE that tests the setting in a way that cannot be
//! computed is taken to test it well.

use pgrx::pg_sys::{self, Oid};

use super::tree::{Cast, Expr, Query, SubLink, Value};
use super::truth::{Arithmetic, Comparison, Facts};

/// A setting that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its name in lower case; nothing where it is computed.
    pub name: Option<String>,
    /// A missing setting is read as NULL.
    pub missing_ok: bool,
}

/// The settings that `expr` reads, in the order written.
pub fn readings(facts: &dyn Facts, expr: &Expr) -> Vec<Reading> {
    let unset = Unset { facts, name: None, tests: Vec::new() };
    let mut found = Vec::new();
    expr.walk(0, &mut |part, _| found.extend(unset.reading(part)));
    found
}

/// The types that the setting of this name is cast to while it is the empty string.
pub fn casts(facts: &dyn Facts, expr: &Expr, name: &str) -> Vec<Oid> {
    let mut unset = Unset { facts, name: Some(name), tests: Vec::new() };
    let mut found = Vec::new();
    unset.walk(expr, &mut found);
    found
}

struct Unset<'a> {
    facts: &'a dyn Facts,
    /// The setting that is taken to be empty.
    name: Option<&'a str>,
    /// What the arguments of the CASEs around are.
    tests: Vec<Option<Value>>,
}

impl Unset<'_> {
    fn reading(&self, expr: &Expr) -> Option<Reading> {
        let Expr::Function { function, arguments, .. } = expr else { return None };
        let missing_ok = match (function.to_u32(), arguments.as_slice()) {
            (pg_sys::F_CURRENT_SETTING_TEXT, [_]) => false,
            (pg_sys::F_CURRENT_SETTING_TEXT_BOOL, [_, missing_ok]) => {
                self.value(missing_ok) == Some(Value::Bool(true))
            }
            _ => return None,
        };
        let name = match self.value(arguments.first()?) {
            Some(Value::Text(name)) => Some(name.to_ascii_lowercase()),
            _ => None,
        };
        Some(Reading { name, missing_ok })
    }

    /// It is a reading of the setting that is taken to be empty.
    fn is_it(&self, expr: &Expr) -> bool {
        self.name.is_some()
            && self.reading(expr).is_some_and(|reading| reading.name.as_deref() == self.name)
    }

    fn mentions(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.walk(0, &mut |part, _| found |= self.is_it(part));
        found
    }

    /// Collects the types that the empty string is cast to where evaluation may come.
    fn walk(&mut self, expr: &Expr, found: &mut Vec<Oid>) {
        match expr {
            Expr::Cast { argument, type_oid, how: Cast::Io } => {
                if self.mentions(argument) && self.value(argument) == Some(empty()) {
                    found.push(*type_oid);
                }
                self.walk(argument, found);
            }
            Expr::Case { argument, arms, default } => {
                argument.iter().for_each(|argument| self.walk(argument, found));
                let test = argument.as_ref().map(|argument| self.value(argument));
                let tested = argument.as_ref().is_some_and(|argument| self.mentions(argument));
                for (condition, result) in arms {
                    self.tests.extend(test.clone());
                    self.walk(condition, found);
                    let answer = self.value(condition);
                    if test.is_some() {
                        self.tests.pop();
                    }
                    match answer {
                        Some(Value::Bool(true)) => return self.walk(result, found),
                        Some(_) => {}
                        None if tested || self.mentions(condition) => return,
                        None => self.walk(result, found),
                    }
                }
                default.iter().for_each(|default| self.walk(default, found));
            }
            Expr::Coalesce(parts) => {
                for part in parts {
                    self.walk(part, found);
                    if !matches!(self.value(part), None | Some(Value::Null)) {
                        break;
                    }
                }
            }
            Expr::SubLink { test, query, .. } => {
                test.iter().for_each(|test| self.walk(test, found));
                self.query(query, found);
            }
            other => other.each_part(&mut |part| self.walk(part, found)),
        }
    }

    fn query(&mut self, query: &Query, found: &mut Vec<Oid>) {
        query.each_query(&mut |query| query.each_own(&mut |part| self.walk(part, found)));
    }

    /// What the expression is, where that follows.
    fn value(&self, expr: &Expr) -> Option<Value> {
        if self.is_it(expr) {
            return Some(empty());
        }
        match expr {
            Expr::Const { value, .. } => Some(value.clone()),
            Expr::Cast { argument, how: Cast::Relabel | Cast::Domain, .. }
            | Expr::Inlined { body: argument, .. } => self.value(argument),
            Expr::Cast { argument, type_oid, how: Cast::Io } => {
                let text = [pg_sys::TEXTOID, pg_sys::VARCHAROID].contains(type_oid);
                self.value(argument).filter(|value| {
                    *value == Value::Null || (text && matches!(value, Value::Text(_)))
                })
            }
            Expr::CaseTest => self.tests.last().cloned().flatten(),
            Expr::Coalesce(parts) => {
                for part in parts {
                    match self.value(part)? {
                        Value::Null => {}
                        other => return Some(other),
                    }
                }
                Some(Value::Null)
            }
            Expr::NullIf { operator, arguments, .. } => {
                let [left, right] = arguments.as_slice() else { return None };
                let left = self.value(left)?;
                match self.compared(*operator, Some(&left), self.value(right).as_ref())? {
                    Value::Bool(true) => Some(Value::Null),
                    _ => Some(left),
                }
            }
            Expr::Operator { operator, arguments, .. } => {
                let [left, right] = arguments.as_slice() else { return None };
                let (left, right) = (self.value(left), self.value(right));
                self.compared(*operator, left.as_ref(), right.as_ref()).or_else(|| {
                    match (self.facts.operator(*operator).arithmetic?, left?, right?) {
                        (Arithmetic::Concatenate, Value::Text(left), Value::Text(right)) => {
                            Some(Value::Text(left + &right))
                        }
                        _ => None,
                    }
                })
            }
            Expr::Distinct { operator, arguments, .. } => {
                let [left, right] = arguments.as_slice() else { return None };
                let (left, right) = (self.value(left)?, self.value(right)?);
                match (&left, &right) {
                    (Value::Null, Value::Null) => Some(Value::Bool(false)),
                    (Value::Null, _) | (_, Value::Null) => Some(Value::Bool(true)),
                    _ => negated(self.compared(*operator, Some(&left), Some(&right))),
                }
            }
            Expr::OverArray { operator, any, left, array, .. } => {
                let left = self.value(left)?;
                let elements: Vec<Value> = match (array.unlabelled(), self.value(array)) {
                    (_, Some(Value::Array(values))) => values,
                    (Expr::Array(parts), _) => {
                        parts.iter().map(|part| self.value(part)).collect::<Option<_>>()?
                    }
                    _ => return None,
                };
                let answers: Vec<Value> = elements
                    .iter()
                    .map(|element| self.compared(*operator, Some(&left), Some(element)))
                    .collect::<Option<_>>()?;
                Some(joined(&answers, *any))
            }
            Expr::And(parts) | Expr::Or(parts) => {
                let any = matches!(expr, Expr::Or(_));
                let answers: Vec<Option<Value>> =
                    parts.iter().map(|part| self.value(part)).collect();
                if answers.contains(&Some(Value::Bool(any))) {
                    return Some(Value::Bool(any));
                }
                let answers: Vec<Value> = answers.into_iter().collect::<Option<_>>()?;
                Some(joined(&answers, any))
            }
            Expr::Not(argument) => negated(self.value(argument)),
            Expr::NullTest { argument, is_null, of_row: false } => {
                Some(Value::Bool((self.value(argument)? == Value::Null) == *is_null))
            }
            Expr::BooleanTest { argument, test, negated } => {
                use super::tree::TruthTest;
                let wanted = match test {
                    TruthTest::True => Value::Bool(true),
                    TruthTest::False => Value::Bool(false),
                    TruthTest::Unknown => Value::Null,
                };
                Some(Value::Bool((self.value(argument)? == wanted) != *negated))
            }
            Expr::Function { function, arguments, .. } => self.computed(*function, arguments),
            Expr::Case { argument: None, arms, default } => {
                for (condition, result) in arms {
                    if self.value(condition)? == Value::Bool(true) {
                        return self.value(result);
                    }
                }
                default.as_ref().map_or(Some(Value::Null), |default| self.value(default))
            }
            Expr::SubLink { kind: SubLink::Scalar, query, .. } if !query.aggregated => {
                self.value(query.targets.first()?)
            }
            _ => None,
        }
    }

    /// A built-in function of text.
    fn computed(&self, function: Oid, arguments: &[Expr]) -> Option<Value> {
        let Some(Value::Text(text)) = self.value(arguments.first()?) else { return None };
        match function.to_u32() {
            pg_sys::F_LENGTH_TEXT
            | pg_sys::F_CHAR_LENGTH_TEXT
            | pg_sys::F_CHARACTER_LENGTH_TEXT => {
                i64::try_from(text.chars().count()).ok().map(Value::Int)
            }
            pg_sys::F_OCTET_LENGTH_TEXT => i64::try_from(text.len()).ok().map(Value::Int),
            pg_sys::F_BTRIM_TEXT
            | pg_sys::F_BTRIM_TEXT_TEXT
            | pg_sys::F_LTRIM_TEXT
            | pg_sys::F_LTRIM_TEXT_TEXT
            | pg_sys::F_RTRIM_TEXT
            | pg_sys::F_RTRIM_TEXT_TEXT
            | pg_sys::F_LOWER_TEXT
            | pg_sys::F_UPPER_TEXT
            | pg_sys::F_REPLACE
                if text.is_empty() =>
            {
                Some(empty())
            }
            _ => None,
        }
    }

    /// A comparison of two values; one with NULL is NULL.
    fn compared(
        &self,
        operator: Oid,
        left: Option<&Value>,
        right: Option<&Value>,
    ) -> Option<Value> {
        let comparison = self.facts.operator(operator).comparison?;
        let order = match (left?, right?) {
            (Value::Null, _) | (_, Value::Null) => return Some(Value::Null),
            // In every collation the empty string comes first and is equal to itself alone.
            (Value::Text(left), Value::Text(right)) if left.is_empty() || right.is_empty() => {
                left.cmp(right)
            }
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            _ => return None,
        };
        Some(Value::Bool(match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }))
    }
}

fn empty() -> Value {
    Value::Text(String::new())
}

fn negated(value: Option<Value>) -> Option<Value> {
    match value? {
        Value::Bool(value) => Some(Value::Bool(!value)),
        Value::Null => Some(Value::Null),
        _ => None,
    }
}

/// OR of all where `any`, else AND.
fn joined(answers: &[Value], any: bool) -> Value {
    if answers.contains(&Value::Bool(any)) {
        Value::Bool(any)
    } else if answers.contains(&Value::Null) {
        Value::Null
    } else {
        Value::Bool(!any)
    }
}
