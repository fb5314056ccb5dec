//! What is known of a value.

use super::Truth;
use super::range::Range;
use crate::expr::tree::Value;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// Exactly this.
    Value(Value),
    /// One of these truth values.
    Truth(Truth),
    /// Within this range, or NULL where that is possible.
    Range { range: Range, null: bool },
    /// Some other text than these.
    Without(Vec<Value>),
    /// Not NULL.
    NotNull,
    /// Nothing.
    Nothing,
    /// What an opaque function says, the same for every row.
    Opaque,
}

impl Known {
    pub(super) fn is_null(&self) -> Truth {
        match self {
            Self::Value(Value::Null) => Truth::TRUE,
            Self::Value(_) | Self::NotNull | Self::Without(_) | Self::Range { null: false, .. } => {
                Truth::FALSE
            }
            Self::Truth(truth) => truth.is(Truth::NULL),
            Self::Nothing | Self::Opaque | Self::Range { null: true, .. } => Truth::KNOWN,
        }
    }

    pub(super) fn may_be_null(&self) -> bool {
        self.is_null().can_be(Truth::TRUE)
    }

    /// What it is where it is not NULL.
    pub(super) fn not_null(self) -> Self {
        match self {
            Self::Truth(truth) => Self::Truth(truth.without(Truth::NULL)),
            Self::Range { range, .. } => Self::Range { range, null: false },
            Self::Nothing => Self::NotNull,
            other => other,
        }
    }

    /// The range of a value whose order is known.
    pub(super) fn range(&self) -> Option<Range> {
        match self {
            Self::Value(value) => Range::point(value),
            Self::Range { range, .. } => Some(range.clone()),
            _ => None,
        }
    }

    /// One of two. `wanted` is the answer that an opaque one gives beside a truth value.
    pub(super) fn either(self, other: Self, wanted: bool) -> Self {
        if self == other {
            return self;
        }
        if let Some(range) = self.within_one_range(&other) {
            return range;
        }
        match (self.as_truth(), other.as_truth()) {
            (Some(one), Some(two)) => Self::Truth(one.or(two)),
            (Some(truth), None) | (None, Some(truth))
                if self == Self::Opaque || other == Self::Opaque =>
            {
                Self::Truth(truth.or(Truth::of(wanted)))
            }
            _ if self.may_be_null() || other.may_be_null() => Self::Nothing,
            _ => Self::NotNull,
        }
    }

    /// One range for both, where one of them is more than a constant truth value.
    fn within_one_range(&self, other: &Self) -> Option<Self> {
        if self.as_truth().is_some() && other.as_truth().is_some() {
            return None;
        }
        let null = self.may_be_null() || other.may_be_null();
        let range = match (self, other) {
            (known, Self::Value(Value::Null)) | (Self::Value(Value::Null), known) => {
                known.range()?
            }
            (one, two) => one.range()?.hull(&two.range()?),
        };
        range.example()?;
        Some(Self::Range { range, null })
    }

    pub(super) fn as_truth(&self) -> Option<Truth> {
        match self {
            Self::Value(Value::Bool(value)) => Some(Truth::of(*value)),
            Self::Value(Value::Null) => Some(Truth::NULL),
            Self::Truth(truth) => Some(*truth),
            _ => None,
        }
    }
}
