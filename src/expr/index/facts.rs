//! What the search for indexes needs to know, from what was read of the catalogs.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::{self, Oid};

use super::{Candidate, Indexes, Key};
use crate::catalog::{Function, Index, Operator, OperatorFamilies, Table, Volatility};
use crate::error::Error;
use crate::expr::tree::Cast;
use crate::expr::truth::Comparison;
use crate::expr::{ColumnRef, Expr, expression, expressions};

/// Facts by id. Whoever asks has read those of everything that the expression uses.
pub struct IndexFacts<'a> {
    /// The indexes of each relation that queries may use.
    pub candidates: &'a HashMap<Oid, Vec<Candidate>>,
    /// Operators, with their commutators.
    pub operators: &'a HashMap<Oid, Operator>,
    /// All operator families.
    pub families: &'a OperatorFamilies,
    /// SQL functions whose bodies the planner puts in place of calls.
    pub inline: &'a HashSet<Oid>,
    /// Functions that may stand in an index, by what they are declared as.
    pub functions: &'a HashMap<Oid, Function>,
    /// The relations that are scanned.
    pub relations: &'a HashMap<Oid, Table>,
}

impl Indexes for IndexFacts<'_> {
    fn of(&self, relation: Oid) -> &[Candidate] {
        self.candidates.get(&relation).map_or(&[], Vec::as_slice)
    }

    fn commutator(&self, operator: Oid) -> Option<Oid> {
        self.operators.get(&operator).and_then(|known| known.commutator)
    }

    fn is_searchable(&self, operator: Oid) -> bool {
        // Asked for every comparison, so that a large expression can be cancelled.
        pgrx::check_for_interrupts!();
        self.families.is_searchable(operator)
    }

    fn serves(&self, family: Oid, operator: Oid) -> bool {
        self.families.serves(family, operator)
    }

    fn is_equality(&self, family: Oid, operator: Oid) -> bool {
        self.families.is_equality(family, operator)
    }

    fn comparison(&self, operator: Oid) -> Option<Comparison> {
        self.operators.get(&operator).and_then(Comparison::of)
    }

    fn is_strict(&self, operator: Oid) -> bool {
        self.operators.get(&operator).is_some_and(|known| known.strict)
    }

    fn is_planned_inline(&self, function: Oid) -> bool {
        self.inline.contains(&function)
    }

    fn is_immutable(&self, relation: Oid, node: &Expr) -> bool {
        match node {
            Expr::Column(_)
            | Expr::Const { .. }
            | Expr::CaseTest
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::NullTest { .. }
            | Expr::BooleanTest { .. }
            | Expr::Case { .. }
            | Expr::Coalesce(_)
            | Expr::Subscript { .. }
            | Expr::Cast { how: Cast::Relabel, .. } => true,
            Expr::Function { function, .. } => self.lasts(*function),
            Expr::Operator { operator, .. }
            | Expr::NullIf { operator, .. }
            | Expr::Distinct { operator, .. } => {
                self.operators.get(operator).is_some_and(|known| self.lasts(known.function))
            }
            Expr::Cast { argument, type_oid, how: Cast::Io } => {
                LASTING.contains(type_oid)
                    && self.type_of(relation, argument).is_some_and(|from| LASTING.contains(&from))
            }
            _ => false,
        }
    }
}

/// Types whose values are printed and read the same whatever the settings.
const LASTING: [Oid; 18] = [
    pg_sys::BOOLOID,
    pg_sys::INT2OID,
    pg_sys::INT4OID,
    pg_sys::INT8OID,
    pg_sys::OIDOID,
    pg_sys::NUMERICOID,
    pg_sys::TEXTOID,
    pg_sys::VARCHAROID,
    pg_sys::BPCHAROID,
    pg_sys::NAMEOID,
    pg_sys::CHAROID,
    pg_sys::UUIDOID,
    pg_sys::JSONBOID,
    pg_sys::INETOID,
    pg_sys::CIDROID,
    pg_sys::MACADDROID,
    pg_sys::MACADDR8OID,
    pg_sys::BITOID,
];

impl IndexFacts<'_> {
    fn lasts(&self, function: Oid) -> bool {
        self.functions
            .get(&function)
            .is_some_and(|known| known.volatility == Volatility::Immutable && !known.returns_set)
    }

    /// The type of what is cast, where it is known.
    fn type_of(&self, relation: Oid, expr: &Expr) -> Option<Oid> {
        match expr {
            Expr::Const { type_oid, .. } | Expr::Function { type_oid, .. } => Some(*type_oid),
            // A COLLATE clause names no type.
            Expr::Cast { type_oid, argument, .. } if *type_oid == Oid::INVALID => {
                self.type_of(relation, argument)
            }
            Expr::Cast { type_oid, .. } => Some(*type_oid),
            Expr::Column(column) => self
                .relations
                .get(&relation)
                .and_then(|table| table.column(column.attribute))
                .map(|column| column.type_oid),
            Expr::Operator { operator, .. } => {
                let function = self.operators.get(operator)?.function;
                self.functions.get(&function).map(|known| known.result)
            }
            _ => None,
        }
    }
}

impl Candidate {
    /// An index as the search for one looks at it.
    pub fn read(index: &Index) -> Result<Self, Error> {
        let mut expressions = index
            .expressions
            .as_deref()
            .map(expressions)
            .transpose()?
            .unwrap_or_default()
            .into_iter();
        let keys = index
            .keys
            .iter()
            .map(|key| Key {
                expr: if key.column == 0 {
                    expressions.next().unwrap_or(Expr::Unknown { tag: 0 })
                } else {
                    Expr::Column(ColumnRef { level: 0, source: 1, attribute: key.column })
                },
                family: key.family,
                collation: key.collation,
            })
            .collect();
        let predicate = match index.predicate.as_deref().map(expression).transpose()? {
            Some(Expr::And(parts)) => parts,
            Some(whole) => vec![whole],
            None => Vec::new(),
        };
        Ok(Candidate { keys, predicate })
    }
}
