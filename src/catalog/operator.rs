//! Operators and what indexes serve them by: `pg_operator`, `pg_amop`, `pg_opclass`.

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
    /// Type of its left side; 0 for a prefix operator.
    pub left: Oid,
    /// Type of its right side.
    pub right: Oid,
    /// The same comparison with its sides exchanged.
    pub commutator: Option<Oid>,
    /// The opposite comparison.
    pub negator: Option<Oid>,
    /// NULL for a NULL argument.
    pub strict: bool,
    /// Its function is VOLATILE.
    pub volatile: bool,
}

/// The operators of these ids, with their commutators and negators.
pub fn by_oids(operators: &[Oid]) -> Result<Vec<Operator>, Error> {
    select(
        "SELECT o.oid, o.oprname::pg_catalog.text, o.oprleft, o.oprright,
                NULLIF(o.oprcom, 0::pg_catalog.oid), NULLIF(o.oprnegate, 0::pg_catalog.oid),
                p.proisstrict, p.provolatile OPERATOR(pg_catalog.=) 'v'::pg_catalog.\"char\",
                p.oid
           FROM pg_catalog.pg_operator o
           JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) o.oprcode::pg_catalog.oid
          WHERE o.oid OPERATOR(pg_catalog.=) ANY (
                SELECT pg_catalog.unnest(ARRAY[k.oid, k.oprcom, k.oprnegate])
                  FROM pg_catalog.pg_operator k
                 WHERE k.oid OPERATOR(pg_catalog.=) ANY ($1))
          ORDER BY o.oid",
        &[DatumWithOid::from(operators.to_vec())],
        |row| {
            Ok(Operator {
                oid: row.required(1)?,
                name: row.required(2)?,
                left: row.required(3)?,
                right: row.required(4)?,
                commutator: row.optional(5)?,
                negator: row.optional(6)?,
                strict: row.required(7)?,
                volatile: row.required(8)?,
                function: row.required(9)?,
            })
        },
    )
}

/// An operator class: what an index method needs to hold values of a type.
#[derive(Debug, Clone)]
pub struct OperatorClass {
    /// Name of its index method, such as `gin`.
    pub method: String,
    /// Its schema, unquoted.
    pub schema: String,
    /// Unquoted name.
    pub name: String,
    /// Its operator family.
    pub family: Oid,
    /// The type of the columns it is for.
    pub input_type: Oid,
    /// Taken for that type when none is named.
    pub default: bool,
}

/// Which operator families hold which operators as search operators, and their classes.
#[derive(Debug, Default)]
pub struct OperatorFamilies {
    members: HashSet<(Oid, Oid)>,
    equalities: HashSet<(Oid, Oid)>,
    families: HashMap<Oid, Vec<Oid>>,
    classes: HashMap<Oid, Vec<OperatorClass>>,
}

impl OperatorFamilies {
    /// All families of the database: about a thousand memberships. A block range index does not
    /// count for equality: where values are not stored in order it has every block read.
    pub fn read() -> Result<Self, Error> {
        let mut found = Self::default();
        let members = select(
            "SELECT a.amopfamily, a.amopopr,
                    (m.amname OPERATOR(pg_catalog.=) 'btree'
                     AND a.amopstrategy OPERATOR(pg_catalog.=) 3)
                    OR (m.amname OPERATOR(pg_catalog.=) 'hash'
                     AND a.amopstrategy OPERATOR(pg_catalog.=) 1)
               FROM pg_catalog.pg_amop a
               JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) a.amopmethod
               JOIN pg_catalog.pg_operator o ON o.oid OPERATOR(pg_catalog.=) a.amopopr
              WHERE a.amoppurpose OPERATOR(pg_catalog.=) 's'::pg_catalog.\"char\"
                AND NOT (m.amname OPERATOR(pg_catalog.=) 'brin'
                     AND o.oprname OPERATOR(pg_catalog.=) '=')
              ORDER BY a.amopfamily, a.amopopr",
            &[],
            |row| Ok((row.required::<Oid>(1)?, row.required::<Oid>(2)?, row.required::<bool>(3)?)),
        )?;
        for (family, operator, equality) in members {
            found.members.insert((family, operator));
            if equality {
                found.equalities.insert((family, operator));
            }
            found.families.entry(operator).or_default().push(family);
        }
        let classes = select(
            "SELECT m.amname::pg_catalog.text, n.nspname::pg_catalog.text,
                    c.opcname::pg_catalog.text, c.opcfamily, c.opcintype, c.opcdefault
               FROM pg_catalog.pg_opclass c
               JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) c.opcmethod
               JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.opcnamespace
              ORDER BY m.amname, n.nspname, c.opcname",
            &[],
            |row| {
                Ok(OperatorClass {
                    method: row.required(1)?,
                    schema: row.required(2)?,
                    name: row.required(3)?,
                    family: row.required(4)?,
                    input_type: row.required(5)?,
                    default: row.required(6)?,
                })
            },
        )?;
        for class in classes {
            found.classes.entry(class.family).or_default().push(class);
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

    /// The operator classes whose indexes serve the operator.
    pub fn classes(&self, operator: Oid) -> impl Iterator<Item = &OperatorClass> {
        self.families
            .get(&operator)
            .into_iter()
            .flatten()
            .filter_map(|family| self.classes.get(family))
            .flatten()
    }
}
