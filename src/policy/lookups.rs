//! Whether an index serves the look-ups of a set's policies: the question that the audit asks, put to
//! what the policies will say and to the indexes that there will be.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::{self, Oid};

use super::expression;
use super::ground::Ground;
use super::part::Part;
use super::template::Template;
use crate::catalog::{Column, Index, Operator, Table, index, operator};
use crate::error::Error;
use crate::expr::index::facts::IndexFacts;
use crate::expr::index::{Candidate, Compared, Key, compared};
use crate::expr::used::Used;
use crate::expr::{ColumnRef, Expr};

/// An index of a table, or one that an earlier step makes.
pub struct KnownIndex {
    /// Its id; nothing yet for one that a step makes.
    pub oid: Option<Oid>,
    /// Unquoted name.
    pub name: String,
}

/// What was found out about the look-ups of a table.
pub enum Served {
    /// By this index, and others maybe.
    By(KnownIndex),
    /// Not all of them.
    No,
}

/// Whether indexes serve the look-ups by these columns of a table that the policies of the set make.
/// Where the policies leave that to a function, a look-up by equality is taken. `without` are indexes
/// that do not count.
pub fn served(
    set: &Template<'_>,
    table: &Table,
    columns: &[&Column],
    without: &[Oid],
    ground: &Ground,
) -> Result<Served, Error> {
    let mut known = Vec::new();
    let mut candidates = Vec::new();
    let usable = |index: &&Index| index.usable && !without.contains(&index.oid);
    for index in index::of_tables(&[table.oid])?.iter().filter(usable) {
        candidates.push(Candidate::read(index)?);
        known.push(KnownIndex { oid: Some(index.oid), name: index.name.clone() });
    }
    for planned in ground.indexes.iter().filter(|planned| planned.table == table.oid) {
        let key = |(attribute, family, collation): &(i16, Oid, Oid)| Key {
            expr: column(*attribute),
            family: *family,
            collation: *collation,
        };
        candidates.push(Candidate {
            keys: planned.keys.iter().map(key).collect(),
            predicate: Vec::new(),
        });
        known.push(KnownIndex { oid: None, name: planned.name.clone() });
    }
    let candidates = HashMap::from([(table.oid, candidates)]);
    let wanted = |found: &Compared| {
        found.relation == table.oid && columns.iter().any(|column| column.number == found.attribute)
    };

    let mut found = Vec::new();
    for (clause, own_rows) in clauses(set, table)? {
        found.extend(look_ups(&clause, set.target.table.oid, own_rows, &candidates, ground)?);
    }
    found.retain(wanted);
    if found.is_empty() {
        found = look_ups(&by_equality(columns), table.oid, true, &candidates, ground)?;
    }
    if found.iter().any(|look_up| look_up.served_by.is_none()) {
        return Ok(Served::No);
    }
    let place = found.iter().find_map(|look_up| {
        look_up.served_by.filter(|(relation, _)| *relation == table.oid).map(|(_, place)| place)
    });
    Ok(match place {
        Some(place) if place < known.len() => Served::By(known.swap_remove(place)),
        _ => Served::No,
    })
}

/// The columns of a table by which a condition looks its rows up for equality, an index for each.
pub fn columns<'a>(table: &'a Table, condition: &str) -> Result<Vec<Vec<&'a Column>>, Error> {
    let ground = Ground::default();
    let clause = expression::tree(table.oid, condition)?;
    let mut groups: Vec<(usize, Vec<&Column>)> = Vec::new();
    for look_up in look_ups(&clause, table.oid, true, &HashMap::new(), &ground)? {
        let Some(column) = table.column(look_up.attribute) else { continue };
        let (_, family, _) = key(column);
        if look_up.relation != table.oid
            || look_up.collation != column.collation
            || !ground.families()?.is_equality(family, look_up.operator)
        {
            continue;
        }
        match groups.iter_mut().find(|(group, _)| *group == look_up.group) {
            Some((_, columns)) if columns.iter().any(|known| known.number == column.number) => {}
            Some((_, columns)) => columns.push(column),
            None => groups.push((look_up.group, vec![column])),
        }
    }
    Ok(groups.into_iter().map(|(_, columns)| columns).collect())
}

/// A column as a key of a new index: number, operator family and collation.
pub fn key(column: &Column) -> (i16, Oid, Oid) {
    // SAFETY: look-ups of a type's id; the entry lives in the server's cache.
    let family = unsafe {
        (*pg_sys::lookup_type_cache(column.type_oid, pg_sys::TYPECACHE_BTREE_OPFAMILY as i32))
            .btree_opf
    };
    (column.number, family, column.collation)
}

/// The clauses of the set's policies, each with whether it picks the rows of the table itself. None
/// where functions are among its parts: policies call them, and they need not exist yet.
fn clauses(set: &Template<'_>, table: &Table) -> Result<Vec<(Expr, bool)>, Error> {
    let mut clauses = Vec::new();
    if table.oid != set.target.table.oid
        || set.parts.iter().any(|part| matches!(part, Part::Function(_)))
    {
        return Ok(clauses);
    }
    for part in &set.parts {
        if let Part::Policy(policy) = part {
            for (clause, own_rows) in [(&policy.using, true), (&policy.check, false)] {
                if let Some(clause) = clause {
                    clauses.push((expression::tree(table.oid, clause)?, own_rows));
                }
            }
        }
    }
    Ok(clauses)
}

fn look_ups(
    clause: &Expr,
    relation: Oid,
    own_rows: bool,
    candidates: &HashMap<Oid, Vec<Candidate>>,
    ground: &Ground,
) -> Result<Vec<Compared>, Error> {
    let mut used = Used::default();
    used.by(clause);
    let operators: HashMap<Oid, Operator> = operator::by_oids(&Vec::from_iter(used.operators))?
        .into_iter()
        .map(|operator| (operator.oid, operator))
        .collect();
    // No function's body is looked into here.
    let (inline, functions, relations) = (HashSet::new(), HashMap::new(), HashMap::new());
    let facts = IndexFacts {
        candidates,
        operators: &operators,
        families: ground.families()?,
        inline: &inline,
        functions: &functions,
        relations: &relations,
    };
    Ok(compared(&facts, relation, clause, own_rows))
}

/// Each of the columns is equal to something that is no constant.
fn by_equality(columns: &[&Column]) -> Expr {
    let mut equalities = Vec::new();
    for found in columns {
        // SAFETY: as in `key`.
        let operator = unsafe {
            (*pg_sys::lookup_type_cache(found.type_oid, pg_sys::TYPECACHE_EQ_OPR as i32)).eq_opr
        };
        equalities.push(Expr::Operator {
            operator,
            collation: found.collation,
            arguments: vec![column(found.number), Expr::CaseTest],
        });
    }
    Expr::And(equalities)
}

fn column(attribute: i16) -> Expr {
    Expr::Column(ColumnRef { level: 0, source: 1, attribute })
}
