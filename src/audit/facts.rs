//! What the questions asked of expressions need to know of the database.

use pgrx::pg_sys::{self, Oid};

use super::context::Context;
use crate::catalog::{Kind, Volatility};
use crate::expr::depends::Identities;
use crate::expr::truth::{Arithmetic, Comparison, Facts, FunctionFacts, OperatorFacts};

/// Ids from here on are users'; those below are the server's own.
const FIRST_USER_OID: u32 = 16384;

/// The built-in scalar types whose built-in comparisons obey the laws of an order.
const ORDERED: [Oid; 22] = [
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
    pg_sys::UUIDOID,
    pg_sys::DATEOID,
    pg_sys::TIMEOID,
    pg_sys::TIMESTAMPOID,
    pg_sys::TIMESTAMPTZOID,
    pg_sys::INTERVALOID,
    pg_sys::OIDOID,
    pg_sys::INETOID,
    pg_sys::JSONBOID,
];

/// The types held as integers.
const INTEGERS: [Oid; 3] = [pg_sys::INT2OID, pg_sys::INT4OID, pg_sys::INT8OID];

fn is_built_in(oid: Oid) -> bool {
    oid.to_u32() < FIRST_USER_OID
}

impl Facts for Context {
    fn not_null(&self, relation: Oid, attribute: i16) -> bool {
        self.relation(relation)
            // The server takes a foreign table's NOT NULL on trust.
            .filter(|table| table.kind != Kind::Foreign)
            .and_then(|table| table.column(attribute))
            .is_some_and(|column| column.not_null)
    }

    fn operator(&self, operator: Oid) -> OperatorFacts {
        let Some(known) = self.operators.get(&operator) else {
            return OperatorFacts { volatile: true, opaque: true, ..OperatorFacts::default() };
        };
        let mut facts = OperatorFacts {
            negator: known.negator,
            strict: known.strict,
            volatile: known.volatile,
            // An operator of an index is a comparison or a search, whoever wrote it.
            opaque: !is_built_in(operator) && !self.families.is_searchable(operator),
            ..OperatorFacts::default()
        };
        if !is_built_in(operator) {
            return facts;
        }
        let integers = INTEGERS.contains(&known.left) && INTEGERS.contains(&known.right);
        let texts = known.left == pg_sys::TEXTOID && known.right == pg_sys::TEXTOID;
        if integers || (known.left == known.right && ORDERED.contains(&known.left)) {
            facts.comparison = match known.name.as_str() {
                "=" => Some(Comparison::Equal),
                "<>" => Some(Comparison::NotEqual),
                "<" => Some(Comparison::Less),
                "<=" => Some(Comparison::LessOrEqual),
                ">" => Some(Comparison::Greater),
                ">=" => Some(Comparison::GreaterOrEqual),
                _ => None,
            };
        }
        facts.arithmetic = match known.name.as_str() {
            "+" if integers => Some(Arithmetic::Add),
            "-" if integers => Some(Arithmetic::Subtract),
            "*" if integers => Some(Arithmetic::Multiply),
            "||" if texts => Some(Arithmetic::Concatenate),
            _ => None,
        };
        facts
    }

    fn function(&self, function: Oid) -> FunctionFacts {
        let Some(known) = Self::function(self, function) else {
            return FunctionFacts { volatile: true, opaque: true, ..FunctionFacts::default() };
        };
        let between_integers = matches!(known.arguments.as_slice(), [from] if INTEGERS.contains(from))
            && INTEGERS.contains(&known.result)
            && matches!(known.name.as_str(), "int2" | "int4" | "int8");
        FunctionFacts {
            strict: known.strict,
            volatile: known.volatility == Volatility::Volatile,
            opaque: self.routines.is_opaque(function),
            cast: is_built_in(function) && between_integers,
        }
    }

    fn deterministic(&self, collation: Oid) -> bool {
        // The default collation of a database is always deterministic.
        collation == pg_sys::DEFAULT_COLLATION_OID
            || self.collations.get(&collation).is_some_and(|found| found.deterministic)
    }
}

impl Identities for Context {
    fn is_identity(&self, function: Oid) -> bool {
        self.routines.is_identity(function)
    }
}
