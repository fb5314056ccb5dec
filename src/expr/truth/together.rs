//! Conditions that hold together: whether what they say of one value can be so.

use super::Truth;
use super::constants::constant;
use super::facts::Comparison;
use super::interpreter::Interpreter;
use super::known::Known;
use super::range::Range;
use crate::expr::tree::{Expr, Value};

/// So many comparisons are looked at: each is held against each.
const MAX_COMPARED: usize = 50;

/// A value and where it lies when a comparison of it is true.
struct Place<'a> {
    subject: &'a Expr,
    collation: pgrx::pg_sys::Oid,
    lies: Known,
}

impl Interpreter<'_> {
    /// No value fulfils all of these at once, as in `role = 'a' AND role = 'b'`.
    pub(super) fn exclude_each_other(&self, parts: &[Expr]) -> bool {
        let places: Vec<Place<'_>> =
            parts.iter().filter_map(|part| self.place(part)).take(MAX_COMPARED).collect();
        places.iter().enumerate().any(|(at, one)| {
            places[at + 1..].iter().any(|two| {
                one.subject == two.subject
                    && one.collation == two.collation
                    && self.compare(Comparison::Equal, one.collation, &one.lies, &two.lies, false)
                        == Known::Truth(Truth::FALSE)
                    && self.is_steady(one.subject)
            })
        })
    }

    fn place<'a>(&self, part: &'a Expr) -> Option<Place<'a>> {
        let Expr::Operator { operator, collation, arguments } = part else { return None };
        let comparison = self.facts.operator(*operator).comparison?;
        let known = |expr: &'a Expr| constant(expr).filter(|value| **value != Value::Null);
        let [left, right] = arguments.as_slice() else { return None };
        let (subject, comparison, value) = match (known(left), known(right)) {
            (None, Some(value)) => (left, comparison, value),
            (Some(value), None) => (right, comparison.turned(), value),
            _ => return None,
        };
        let range = |range: Option<Range>| range.map(|range| Known::Range { range, null: false });
        Range::point(value)
            .map_or_else(
                || match (comparison, value) {
                    (Comparison::Equal, _) => Some(Known::Value(value.clone())),
                    (Comparison::NotEqual, Value::Text(_) | Value::Label(_)) => {
                        Some(Known::Without(vec![value.clone()]))
                    }
                    _ => None,
                },
                |point| match comparison {
                    Comparison::Equal => range(Some(point)),
                    Comparison::Less => range(Range::between(None, Some(value))),
                    Comparison::LessOrEqual => range(Some(Range::up_to(value))),
                    Comparison::Greater => range(Range::between(Some(value), None)),
                    Comparison::GreaterOrEqual => range(Some(Range::from(value))),
                    Comparison::NotEqual => None,
                },
            )
            .map(|lies| Place { subject, collation: *collation, lies })
    }
}
