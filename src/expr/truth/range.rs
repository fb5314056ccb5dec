//! Values between two others, of types whose order is known here.

use std::cmp::Ordering;

use super::constants::{is_at_end, order};
use crate::expr::tree::Value;

/// The values from one to another; without an edge there is no end on that side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    low: Option<Edge>,
    high: Option<Edge>,
}

/// Where a range ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    value: Value,
    /// The value itself is in the range.
    within: bool,
}

impl Edge {
    fn at(value: &Value) -> Self {
        Self { value: value.clone(), within: true }
    }

    /// The edge of what lies beyond `value`: the next integer, where there is one.
    fn beyond(value: &Value, step: i64) -> Self {
        match value {
            Value::Int(number) if let Some(next) = number.checked_add(step) => {
                Self { value: Value::Int(next), within: true }
            }
            other => Self { value: other.clone(), within: false },
        }
    }
}

impl Range {
    /// One value, where its order among others is known.
    pub(super) fn point(value: &Value) -> Option<Self> {
        order(value, value)?;
        Some(Self { low: Some(Edge::at(value)), high: Some(Edge::at(value)) })
    }

    /// A value and those above.
    pub(super) fn from(value: &Value) -> Self {
        Self { low: Some(Edge::at(value)), high: None }
    }

    /// A value and those below.
    pub(super) fn up_to(value: &Value) -> Self {
        Self { low: None, high: Some(Edge::at(value)) }
    }

    /// Strictly between two values; nothing where there is none.
    pub(super) fn between(low: Option<&Value>, high: Option<&Value>) -> Option<Self> {
        let range = Self {
            low: low.map(|value| Edge::beyond(value, 1)),
            high: high.map(|value| Edge::beyond(value, -1)),
        };
        let beyond_all =
            |value: Option<&Value>, last| value.is_some_and(|one| is_at_end(one, last));
        match (&range.low, &range.high) {
            _ if beyond_all(low, true) || beyond_all(high, false) => None,
            (Some(low), Some(high)) => match order(&low.value, &high.value)? {
                Ordering::Less => Some(range),
                Ordering::Equal if low.within && high.within => Some(range),
                _ => None,
            },
            _ => Some(range),
        }
    }

    /// What it is a range of.
    pub(super) fn example(&self) -> Option<&Value> {
        self.low.as_ref().or(self.high.as_ref()).map(|edge| &edge.value)
    }

    /// A range that holds both.
    pub(super) fn hull(&self, other: &Self) -> Self {
        Self {
            low: outermost([self.low.as_ref(), other.low.as_ref()], Ordering::Less),
            high: outermost([self.high.as_ref(), other.high.as_ref()], Ordering::Greater),
        }
    }

    /// Where the greatest, or least, of some values lies; `true` beside one says that it may be
    /// NULL, which is passed over. Nothing where no end is known.
    pub(super) fn outermost(greatest: bool, parts: &[(Option<Self>, bool)]) -> Option<Self> {
        let towards = if greatest { Ordering::Greater } else { Ordering::Less };
        let near = |part: &'_ Self| if greatest { part.low.clone() } else { part.high.clone() };
        let far = |part: &'_ Self| if greatest { part.high.clone() } else { part.low.clone() };
        let ends = |of: &dyn Fn(&Self) -> Option<Edge>| -> Vec<Option<Edge>> {
            parts.iter().map(|(part, _)| part.as_ref().and_then(of)).collect()
        };
        // It is no nearer than any value that is there.
        let there: Vec<Edge> = ends(&near)
            .into_iter()
            .zip(parts)
            .filter_map(|(edge, (_, null))| edge.filter(|_| !null))
            .collect();
        let near = if there.is_empty() {
            outermost(ends(&near).iter().map(Option::as_ref), towards.reverse())
        } else {
            outermost(there.iter().map(Some), towards)
        };
        let far = outermost(ends(&far).iter().map(Option::as_ref), towards);
        let range =
            if greatest { Self { low: near, high: far } } else { Self { low: far, high: near } };
        range.example().is_some().then_some(range)
    }

    /// A value of this one can be so beside a value of the other.
    pub(super) fn can_be(&self, wanted: Ordering, other: &Self) -> bool {
        match wanted {
            Ordering::Less => !reaches(&self.low, &other.high, false),
            Ordering::Greater => !reaches(&other.low, &self.high, false),
            Ordering::Equal => {
                !reaches(&self.low, &other.high, true) && !reaches(&other.low, &self.high, true)
            }
        }
    }

    /// The sums of integers, or the differences. What does not fit is an error where it is computed.
    pub(super) fn moved(&self, other: &Self, down: bool) -> Option<Self> {
        let edge = |one: &Option<Edge>, two: &Option<Edge>| match (one, two) {
            (
                Some(Edge { value: Value::Int(one), within: true }),
                Some(Edge { value: Value::Int(two), within: true }),
            ) => {
                let moved = if down { one.checked_sub(*two) } else { one.checked_add(*two) };
                moved.map(|number| Edge::at(&Value::Int(number)))
            }
            _ => None,
        };
        let (against_low, against_high) =
            if down { (&other.high, &other.low) } else { (&other.low, &other.high) };
        let moved =
            Self { low: edge(&self.low, against_low), high: edge(&self.high, against_high) };
        (moved != Self { low: None, high: None }).then_some(moved)
    }
}

/// The edge furthest on one side; nothing where one of them has no end there.
fn outermost<'a>(
    edges: impl IntoIterator<Item = Option<&'a Edge>>,
    wanted: Ordering,
) -> Option<Edge> {
    let mut found: Option<&Edge> = None;
    for edge in edges {
        let edge = edge?;
        found = Some(match found {
            None => edge,
            Some(other) => match order(&edge.value, &other.value)? {
                order if order == wanted => edge,
                Ordering::Equal if edge.within => edge,
                _ => other,
            },
        });
    }
    found.cloned()
}

/// What begins at `low` begins at or above where the other ends: nothing of it lies below. `apart`
/// asks that the two have no value in common either.
fn reaches(low: &Option<Edge>, high: &Option<Edge>, apart: bool) -> bool {
    let (Some(low), Some(high)) = (low, high) else { return false };
    match order(&low.value, &high.value) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => !(apart && low.within && high.within),
        _ => false,
    }
}
