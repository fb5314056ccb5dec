//! What the search for indexes needs to know, from what was read of the catalogs.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::{Candidate, Indexes, Key};
use crate::catalog::{Index, Operator, OperatorFamilies};
use crate::error::Error;
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
}

impl Indexes for IndexFacts<'_> {
    fn of(&self, relation: Oid) -> &[Candidate] {
        self.candidates.get(&relation).map_or(&[], Vec::as_slice)
    }

    fn commutator(&self, operator: Oid) -> Option<Oid> {
        self.operators.get(&operator).and_then(|known| known.commutator)
    }

    fn is_searchable(&self, operator: Oid) -> bool {
        self.families.is_searchable(operator)
    }

    fn serves(&self, family: Oid, operator: Oid) -> bool {
        self.families.serves(family, operator)
    }

    fn is_equality(&self, family: Oid, operator: Oid) -> bool {
        self.families.is_equality(family, operator)
    }

    fn is_strict(&self, operator: Oid) -> bool {
        self.operators.get(&operator).is_some_and(|known| known.strict)
    }

    fn is_planned_inline(&self, function: Oid) -> bool {
        self.inline.contains(&function)
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
