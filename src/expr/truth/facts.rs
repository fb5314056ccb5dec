//! What the interpreter needs to know of the database.

use pgrx::pg_sys::{self, Oid};

use crate::catalog::Operator;

/// The built-in scalar types whose built-in comparisons obey the laws of an order.
const ORDERED: [Oid; 25] = [
    pg_sys::BOOLOID,
    pg_sys::INT2OID,
    pg_sys::INT4OID,
    pg_sys::INT8OID,
    pg_sys::FLOAT4OID,
    pg_sys::FLOAT8OID,
    pg_sys::NUMERICOID,
    pg_sys::TEXTOID,
    pg_sys::VARCHAROID,
    pg_sys::BPCHAROID,
    pg_sys::NAMEOID,
    pg_sys::CHAROID,
    pg_sys::BYTEAOID,
    pg_sys::BITOID,
    pg_sys::VARBITOID,
    pg_sys::UUIDOID,
    pg_sys::DATEOID,
    pg_sys::TIMEOID,
    pg_sys::TIMESTAMPOID,
    pg_sys::TIMESTAMPTZOID,
    pg_sys::INTERVALOID,
    pg_sys::OIDOID,
    pg_sys::INETOID,
    pg_sys::JSONBOID,
    pg_sys::ANYENUMOID,
];

/// The types held as integers.
pub const INTEGERS: [Oid; 3] = [pg_sys::INT2OID, pg_sys::INT4OID, pg_sys::INT8OID];

/// The types held as reals.
const REALS: [Oid; 2] = [pg_sys::FLOAT4OID, pg_sys::FLOAT8OID];

/// A built-in comparison of two values of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// =
    Equal,
    /// <>
    NotEqual,
    /// <
    Less,
    /// <=
    LessOrEqual,
    /// >
    Greater,
    /// >=
    GreaterOrEqual,
}

/// An object of the server's own, by its id.
pub fn is_built_in(oid: Oid) -> bool {
    oid.to_u32() < pg_sys::FirstNormalObjectId
}

impl Comparison {
    /// The comparison that a built-in operator makes.
    pub fn of(operator: &Operator) -> Option<Self> {
        let alike = operator.left == operator.right && ORDERED.contains(&operator.left);
        let numbers = [INTEGERS.as_slice(), REALS.as_slice()]
            .iter()
            .any(|types| types.contains(&operator.left) && types.contains(&operator.right));
        if !is_built_in(operator.oid) || !(numbers || alike) {
            return None;
        }
        Some(match operator.name.as_str() {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// The comparison with its sides exchanged.
    pub fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

/// A built-in computation on two values of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// + of integers.
    Add,
    /// - of integers.
    Subtract,
    /// * of integers.
    Multiply,
    /// / of integers.
    Divide,
    /// % of integers.
    Remainder,
    /// || of texts.
    Concatenate,
}

/// A built-in search whose answer is computed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// LIKE, of texts.
    Like,
    /// NOT LIKE.
    NotLike,
    /// ILIKE, judged only where the pattern fits everything.
    AnyCaseLike,
    /// ~ and ~*, judged only where the pattern fits everything.
    Matches,
    /// !~ and !~*, likewise.
    NotMatches,
    /// Whether a jsonb value holds another, or a key: judged by its arguments alone.
    Holds,
    /// @> of arrays.
    Contains,
    /// <@ of arrays.
    ContainedBy,
    /// && of arrays.
    Overlaps,
}

/// What says who is asking says of somebody without an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anonymous {
    /// NULL.
    Null,
    /// False: it is never NULL.
    False,
    /// NULL, and the empty string where the session had it set before.
    Setting,
    /// False or NULL; a body that cannot be read says which.
    FalseOrNull,
}

/// What is known of an operator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OperatorFacts {
    /// A built-in comparison that obeys the laws of an order.
    pub comparison: Option<Comparison>,
    /// A built-in computation.
    pub arithmetic: Option<Arithmetic>,
    /// A built-in search.
    pub search: Option<Search>,
    /// It is called =, whoever defined it.
    pub equals: bool,
    /// It is called <>, whoever defined it.
    pub differs: bool,
    /// The server's own: its negator is its negator.
    pub built_in: bool,
    /// The operator whose answer is the opposite; 0 where there is none.
    pub negator: Option<Oid>,
    /// NULL for a NULL argument.
    pub strict: bool,
    /// The same arguments may give another answer within a statement.
    pub volatile: bool,
    /// Defined by a user, and its answer can be anything.
    pub opaque: bool,
}

/// What is known of a function.
#[derive(Debug, Clone, Copy, Default)]
pub struct FunctionFacts {
    /// NULL for a NULL argument.
    pub strict: bool,
    /// The same arguments may give another answer within a statement.
    pub volatile: bool,
    /// Defined by a user, and its answer can be anything.
    pub opaque: bool,
    /// A built-in cast between integers, or to text, that keeps what [`Value`] holds.
    pub cast: bool,
    /// Never NULL for arguments that are not NULL.
    pub total: bool,
    /// It returns a set of rows.
    pub returns_set: bool,
    /// The built-in number of letters of a text.
    pub length: bool,
    /// A built-in function that returns integers, or numerics, from 0 up.
    pub never_negative: bool,
    /// The number of rows, for an aggregate; a built-in aggregate of another kind is NULL where
    /// there are none.
    pub counts: bool,
    /// A built-in aggregate.
    pub built_in_aggregate: bool,
    /// It says who is asking.
    pub identity: Option<Anonymous>,
}

/// What the interpreter needs to know of the database.
pub trait Facts {
    /// No row of the relation holds NULL in this column.
    fn not_null(&self, relation: Oid, attribute: i16) -> bool;
    /// What is known of an operator.
    fn operator(&self, operator: Oid) -> OperatorFacts;
    /// What is known of a function.
    fn function(&self, function: Oid) -> FunctionFacts;
    /// Texts of this collation are equal only when their bytes are.
    fn deterministic(&self, collation: Oid) -> bool;
}
