//! What is known of a value.

use super::Truth;
use crate::expr::tree::Value;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// Exactly this.
    Value(Value),
    /// One of these truth values.
    Truth(Truth),
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
            Self::Value(_) | Self::NotNull => Truth::FALSE,
            Self::Truth(truth) => truth.is(Truth::NULL),
            Self::Nothing | Self::Opaque => Truth::KNOWN,
        }
    }

    pub(super) fn may_be_null(&self) -> bool {
        self.is_null().can_be(Truth::TRUE)
    }

    /// One of two. `wanted` is the answer that an opaque one gives beside a truth value.
    pub(super) fn either(self, other: Self, wanted: bool) -> Self {
        if self == other {
            return self;
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

    pub(super) fn as_truth(&self) -> Option<Truth> {
        match self {
            Self::Value(Value::Bool(value)) => Some(Truth::of(*value)),
            Self::Value(Value::Null) => Some(Truth::NULL),
            Self::Truth(truth) => Some(*truth),
            _ => None,
        }
    }
}
