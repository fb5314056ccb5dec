//! Sets of truth values, and three-valued logic over them.

/// A set of truth values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth(pub(super) u8);

impl Truth {
    pub(super) const NONE: Self = Self(0);
    /// Only true.
    pub const TRUE: Self = Self(1);
    /// Only false.
    pub const FALSE: Self = Self(2);
    /// Only null.
    pub const NULL: Self = Self(4);
    /// True or false.
    pub const KNOWN: Self = Self(3);
    /// Anything.
    pub const ANY: Self = Self(7);

    pub(super) fn of(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Some value of `other` is possible.
    pub fn can_be(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn not(self) -> Self {
        let mut result = Self(self.0 & Self::NULL.0);
        if self.can_be(Self::TRUE) {
            result = result.or(Self::FALSE);
        }
        if self.can_be(Self::FALSE) {
            result = result.or(Self::TRUE);
        }
        result
    }

    pub(super) fn conjunction(self, other: Self) -> Self {
        let mut result = Self::NONE;
        if self.can_be(Self::FALSE) || other.can_be(Self::FALSE) {
            result = result.or(Self::FALSE);
        }
        if self.can_be(Self::TRUE) && other.can_be(Self::TRUE) {
            result = result.or(Self::TRUE);
        }
        let not_false = Self::TRUE.or(Self::NULL);
        if (self.can_be(Self::NULL) && other.can_be(not_false))
            || (other.can_be(Self::NULL) && self.can_be(not_false))
        {
            result = result.or(Self::NULL);
        }
        result
    }

    pub(super) fn disjunction(self, other: Self) -> Self {
        self.not().conjunction(other.not()).not()
    }

    /// IS TRUE, IS FALSE, IS UNKNOWN, where `value` is the one tested for.
    pub(super) fn is(self, value: Self) -> Self {
        let mut result = Self::NONE;
        if self.can_be(value) {
            result = result.or(Self::TRUE);
        }
        if self.can_be(Self::ANY.without(value)) {
            result = result.or(Self::FALSE);
        }
        result
    }
}
