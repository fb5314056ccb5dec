//! Values computed from constants, by the semantics written down here.

use std::cmp::{Ordering, Reverse};

use pgrx::pg_sys::{self, Oid};

use super::facts::{Arithmetic, Comparison, Search};
use crate::expr::tree::{Cast, Expr, Value};

/// The same bytes, seen as another type, compare as before: not so for an integer as an oid, which
/// has no sign, or a text as a character(n), whose trailing blanks do not count.
pub(super) fn keeps_meaning(value: &Value, to: Oid) -> bool {
    // A COLLATE clause names no type.
    to == Oid::INVALID
        || match value {
            Value::Int(_) => [pg_sys::INT2OID, pg_sys::INT4OID, pg_sys::INT8OID].contains(&to),
            Value::Text(_) => [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::NAMEOID].contains(&to),
            Value::Array(_) => [pg_sys::TEXTARRAYOID, pg_sys::VARCHARARRAYOID].contains(&to),
            Value::Number(_) => to == pg_sys::NUMERICOID,
            Value::Bits(..) => [pg_sys::BITOID, pg_sys::VARBITOID].contains(&to),
            Value::Null | Value::Bool(_) | Value::Uuid(_) => true,
            Value::Real(_) | Value::Moment(_) | Value::Label(_) | Value::Other(_) => false,
        }
}

/// The constant that an expression is, as one of the type that it has.
pub(in crate::expr) fn constant(expr: &Expr) -> Option<&Value> {
    match expr {
        Expr::Const { value, .. } => Some(value),
        Expr::Cast { argument, type_oid, how: Cast::Relabel } => {
            constant(argument).filter(|value| keeps_meaning(value, *type_oid))
        }
        _ => None,
    }
}

/// How two constants of one type are ordered, where that is known. Texts are left out: their order
/// is their collation's; and enums, whose labels come in any order.
pub(in crate::expr) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Uuid(left), Value::Uuid(right)) => Some(left.cmp(right)),
        (Value::Real(left), Value::Real(right)) | (Value::Moment(left), Value::Moment(right)) => {
            Some(left.cmp(right))
        }
        (Value::Bits(left, one), Value::Bits(right, two)) => {
            Some(left.cmp(right).then(one.cmp(two)))
        }
        (Value::Number(left), Value::Number(right)) => {
            Some(Decimal::read(left)?.cmp(&Decimal::read(right)?))
        }
        _ => None,
    }
}

/// A comparison of two constants, where their types are known here.
pub(in crate::expr) fn decide(
    comparison: Comparison,
    left: &Value,
    right: &Value,
    exact: bool,
) -> Option<bool> {
    let order = match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            // Equal bytes are equal in every collation; how unequal texts are ordered is not
            // known here.
            let equal = left == right;
            return match comparison {
                Comparison::Equal if equal || exact => Some(equal),
                Comparison::NotEqual if equal || exact => Some(!equal),
                Comparison::LessOrEqual | Comparison::GreaterOrEqual if equal => Some(true),
                Comparison::Less | Comparison::Greater if equal => Some(false),
                _ => None,
            };
        }
        (Value::Other(left), Value::Other(right)) if left == right => Ordering::Equal,
        (Value::Label(left), Value::Label(right)) if left == right => Ordering::Equal,
        (Value::Label(_), Value::Label(_)) => {
            return match comparison {
                Comparison::Equal => Some(false),
                Comparison::NotEqual => Some(true),
                _ => None,
            };
        }
        _ => order(left, right)?,
    };
    Some(holds_for(comparison, order))
}

/// A comparison of values that are ordered so.
pub(super) fn holds_for(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// A value that comes after all others of its type, or before them.
pub(super) fn is_at_end(value: &Value, last: bool) -> bool {
    match value {
        Value::Bool(value) => *value == last,
        Value::Number(text) => text == if last { "NaN" } else { "-Infinity" },
        Value::Real(_) => *value == Value::real(if last { f64::NAN } else { f64::NEG_INFINITY }),
        Value::Moment(moment) => *moment == if last { i64::MAX } else { i64::MIN },
        _ => false,
    }
}

/// A number as it is printed, in the order of numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Decimal<'a> {
    MinusInfinity,
    Negative(Reverse<(usize, &'a str, &'a str)>),
    /// The length of the whole part first, which has no zeros in front; then the digits.
    Positive((usize, &'a str, &'a str)),
    Infinity,
    NaN,
}

impl<'a> Decimal<'a> {
    /// Nothing for what is printed otherwise.
    fn read(text: &'a str) -> Option<Self> {
        match text {
            "-Infinity" => return Some(Self::MinusInfinity),
            "Infinity" => return Some(Self::Infinity),
            "NaN" => return Some(Self::NaN),
            _ => {}
        }
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let number = (whole.len(), whole, fraction);
        let zero = whole.is_empty() && fraction.is_empty();
        Some(if negative && !zero {
            Self::Negative(Reverse(number))
        } else {
            Self::Positive(number)
        })
    }
}

pub(super) fn compute(arithmetic: Arithmetic, left: &Value, right: &Value) -> Option<Value> {
    match (arithmetic, left, right) {
        (Arithmetic::Add, Value::Int(left), Value::Int(right)) => {
            left.checked_add(*right).map(Value::Int)
        }
        (Arithmetic::Subtract, Value::Int(left), Value::Int(right)) => {
            left.checked_sub(*right).map(Value::Int)
        }
        (Arithmetic::Multiply, Value::Int(left), Value::Int(right)) => {
            left.checked_mul(*right).map(Value::Int)
        }
        // Both fail for zero, and for the one quotient that does not fit.
        (Arithmetic::Divide, Value::Int(left), Value::Int(right)) => {
            left.checked_div(*right).map(Value::Int)
        }
        (Arithmetic::Remainder, Value::Int(left), Value::Int(right)) => {
            left.checked_rem(*right).map(Value::Int)
        }
        (Arithmetic::Concatenate, Value::Text(left), Value::Text(right)) => {
            Some(Value::Text(format!("{left}{right}")))
        }
        _ => None,
    }
}

/// A search in a constant, where the types are known here. `exact` says that texts are equal only
/// when their bytes are.
pub(super) fn find(search: Search, left: &Value, right: &Value, exact: bool) -> Option<bool> {
    let large = |one: usize, two: usize| one.saturating_mul(two) > MAX_SEARCHED;
    match (left, right) {
        (Value::Text(text), Value::Text(pattern)) if large(text.len(), pattern.len()) => None,
        (Value::Array(one), Value::Array(two)) if large(one.len(), two.len()) => None,
        _ => searched(search, left, right, exact),
    }
}

/// So many pairs of letters or elements are compared: what people write has fewer.
const MAX_SEARCHED: usize = 1_000_000;

fn searched(search: Search, left: &Value, right: &Value, exact: bool) -> Option<bool> {
    match (search, left, right) {
        (Search::Like, Value::Text(text), Value::Text(pattern)) if exact => like(text, pattern),
        (Search::NotLike, Value::Text(text), Value::Text(pattern)) if exact => {
            like(text, pattern).map(|fits| !fits)
        }
        (Search::Contains, Value::Array(all), Value::Array(some))
        | (Search::ContainedBy, Value::Array(some), Value::Array(all)) => {
            let (all, mut found) = (elements(all), true);
            for value in elements(some) {
                found &= holds(&all, value, exact)?;
            }
            Some(found)
        }
        (Search::Overlaps, Value::Array(one), Value::Array(two)) => {
            let (two, mut found) = (elements(two), false);
            for value in elements(one) {
                found |= holds(&two, value, exact)?;
            }
            Some(found)
        }
        _ => None,
    }
}

/// The elements of an array, those of arrays in it too: there it is one array of more dimensions.
pub(super) fn elements(array: &[Value]) -> Vec<&Value> {
    let mut found = Vec::new();
    for value in array {
        match value {
            Value::Array(inner) => found.extend(elements(inner)),
            value => found.push(value),
        }
    }
    found
}

/// The array holds the value; NULL is held by none.
fn holds(array: &[&Value], value: &Value, exact: bool) -> Option<bool> {
    let mut found = false;
    for element in array.iter().copied() {
        if *element != Value::Null && *value != Value::Null {
            found |= decide(Comparison::Equal, element, value, exact)?;
        }
    }
    Some(found)
}

/// LIKE with the usual escape; nothing for a pattern that ends in it, which is an error.
fn like(text: &str, pattern: &str) -> Option<bool> {
    let text: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        tokens.push(match letter {
            '%' => Token::Any,
            '_' => Token::One,
            '\\' => Token::Letter(letters.next()?),
            letter => Token::Letter(letter),
        });
    }
    // Which prefixes of the text the tokens so far fit.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for token in tokens {
        let mut next = vec![false; text.len() + 1];
        let mut any = false;
        for at in 0..=text.len() {
            any |= fits[at];
            next[at] = match token {
                Token::Any => any,
                Token::One => at > 0 && fits[at - 1],
                Token::Letter(letter) => at > 0 && fits[at - 1] && text[at - 1] == letter,
            };
        }
        fits = next;
    }
    fits.last().copied()
}

enum Token {
    Any,
    One,
    Letter(char),
}
