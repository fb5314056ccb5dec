//! Operators and the operator families that indexes serve them by, `pg_operator` and `pg_amop`.

use std::collections::{HashMap, HashSet};

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// An operator.
#[derive(Debug, Clone)]
pub struct Operator {
    /// `pg_operator.oid`.
    pub oid: Oid,
    /// Unquoted name, without its schema.
    pub name: String,
    /// The function that computes it.
    pub function: Oid,
    /// The same comparison with its sides exchanged; 0 where there is none.
    pub commutator: Oid,
    /// The function returns NULL for a NULL argument.
    pub strict: bool,
}

/// The operators of these ids.
pub fn by_oids(operators: &[Oid]) -> Result<Vec<Operator>, Error> {
    select(
        "SELECT o.oid, o.oprname::pg_catalog.text, o.oprcode::pg_catalog.oid, o.oprcom, p.proisstrict
           FROM pg_catalog.pg_operator o
           JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) o.oprcode::pg_catalog.oid
          WHERE o.oid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY o.oid",
        &[DatumWithOid::from(operators.to_vec())],
        |row| {
            Ok(Operator {
                oid: row.required(1)?,
                name: row.required(2)?,
                function: row.required(3)?,
                commutator: row.required(4)?,
                strict: row.required(5)?,
            })
        },
    )
}

/// Which operator families hold which operators as search operators.
#[derive(Debug, Default)]
pub struct OperatorFamilies {
    members: HashSet<(Oid, Oid)>,
    equalities: HashSet<(Oid, Oid)>,
    families: HashMap<Oid, usize>,
}

impl OperatorFamilies {
    /// All families of the database: about a thousand memberships.
    pub fn read() -> Result<Self, Error> {
        let mut found = Self::default();
        let rows = select(
            "SELECT a.amopfamily, a.amopopr,
                    (m.amname OPERATOR(pg_catalog.=) 'btree'
                     AND a.amopstrategy OPERATOR(pg_catalog.=) 3)
                    OR (m.amname OPERATOR(pg_catalog.=) 'hash'
                     AND a.amopstrategy OPERATOR(pg_catalog.=) 1)
               FROM pg_catalog.pg_amop a
               JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) a.amopmethod
              WHERE a.amoppurpose OPERATOR(pg_catalog.=) 's'::pg_catalog.\"char\"",
            &[],
            |row| Ok((row.required::<Oid>(1)?, row.required::<Oid>(2)?, row.required::<bool>(3)?)),
        )?;
        for (family, operator, equality) in rows {
            found.members.insert((family, operator));
            if equality {
                found.equalities.insert((family, operator));
            }
            *found.families.entry(operator).or_default() += 1;
        }
        Ok(found)
    }

    /// An index key of this family serves this operator.
    pub fn serves(&self, family: Oid, operator: Oid) -> bool {
        self.members.contains(&(family, operator))
    }

    /// The operator is the family's equality, so that the next key of an index can be used too.
    pub fn is_equality(&self, family: Oid, operator: Oid) -> bool {
        self.equalities.contains(&(family, operator))
    }

    /// Some index could serve the operator.
    pub fn is_searchable(&self, operator: Oid) -> bool {
        self.families.contains_key(&operator)
    }
}
