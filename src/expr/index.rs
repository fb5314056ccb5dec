//! Which comparisons of an expression an index serves.
//!
//! A comparison counts where a row of a relation is looked up by it: one side is a column of the
//! relation, or an expression of one column that an index could hold, the other is free of the
//! relation's columns, and some kind of index could serve the operator. Comparisons that are ANDed form one group, and an index serves those of the group that
//! cover a prefix of its keys; every arm of an OR is a group of its own, which the comparisons
//! ANDed to the OR may help but need not be repeated in.
//!
//! Left out: comparisons with constants, which tell little about a row's owner; anything under
//! NOT; the rows of IN (SELECT ...), which are hashed; and the columns of the outermost relation
//! inside sub-queries, which are read once per row there. A join of two relations of one query is
//! served by an index on either side, because the planner may start from the other.

pub mod facts;
mod implied;

use pgrx::pg_sys::Oid;

use super::scope::{Home, Scope};
use super::tree::{ColumnRef, Expr, Query, Source};
use super::truth::Comparison;
use implied::follows;

/// What the question needs to know of the database.
pub trait Indexes {
    /// The indexes of a relation that queries may use.
    fn of(&self, relation: Oid) -> &[Candidate];
    /// The operator with its sides exchanged.
    fn commutator(&self, operator: Oid) -> Option<Oid>;
    /// Some kind of index serves the operator.
    fn is_searchable(&self, operator: Oid) -> bool;
    /// A key of this operator family serves the operator.
    fn serves(&self, family: Oid, operator: Oid) -> bool;
    /// The operator is an equality of the family.
    fn is_equality(&self, family: Oid, operator: Oid) -> bool;
    /// The built-in comparison that the operator makes.
    fn comparison(&self, operator: Oid) -> Option<Comparison>;
    /// NULL for a NULL argument.
    fn is_strict(&self, operator: Oid) -> bool;
    /// The planner puts the body of this SQL function in place of a call.
    fn is_planned_inline(&self, function: Oid) -> bool;
    /// An index of the relation can hold this node, once it can hold the parts below it: the same
    /// parts give the same value for ever.
    fn is_immutable(&self, relation: Oid, node: &Expr) -> bool;
}

/// An index that could be used.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its keys, in order.
    pub keys: Vec<Key>,
    /// The conditions of a partial index, all of which must hold, over source 1 of level 0.
    pub predicate: Vec<Expr>,
}

/// A key of an index.
#[derive(Debug, Clone)]
pub struct Key {
    /// What it holds: a column or an expression, over source 1 of level 0.
    pub expr: Expr,
    /// Its operator family.
    pub family: Oid,
    /// The collation it is kept in; 0 where the type has none.
    pub collation: Oid,
}

/// A comparison that looks rows up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The relation that is scanned.
    pub relation: Oid,
    /// Its column.
    pub attribute: i16,
    /// What is compared, where it is made of the column: over source 1 of level 0.
    pub expression: Option<Expr>,
    /// The operator, with the column on its left.
    pub operator: Oid,
    /// The collation that the comparison is made in.
    pub collation: Oid,
    /// The group that it is ANDed into: comparisons of one group could share an index.
    pub group: usize,
    /// The index that serves it: its relation, and its place among those of the relation.
    pub served_by: Option<(Oid, usize)>,
}

/// The comparisons of `clause`, a policy's clause over `relation`, that no index serves.
/// `own_rows` says whether the clause picks rows of the relation itself (USING) or judges one row
/// that is at hand (WITH CHECK); the sub-queries are looked at in both cases.
pub fn unserved(
    indexes: &dyn Indexes,
    relation: Oid,
    clause: &Expr,
    own_rows: bool,
) -> Vec<Compared> {
    let mut found = compared(indexes, relation, clause, own_rows);
    found.retain(|compared| compared.served_by.is_none());
    found
}

/// All comparisons of `clause` that look rows up, as `unserved` takes it.
pub fn compared(
    indexes: &dyn Indexes,
    relation: Oid,
    clause: &Expr,
    own_rows: bool,
) -> Vec<Compared> {
    let mut search = Search { indexes, groups: 0, found: Vec::new() };
    let scope = Scope::new(relation);
    if own_rows {
        search.conditions(&[clause], &scope, &[]);
    }
    search.sub_queries(clause, &scope);
    search.found
}

/// So many conditions that hold together are looked at to see what an index serves: far more than
/// people write, and few enough for the work to grow with the size of the expression.
const MAX_HELPERS: usize = 200;

/// The expressions of columns in `clause`, a policy's USING over `relation`, by which an index finds
/// the rows of the relation.
pub fn served_expressions(indexes: &dyn Indexes, relation: Oid, clause: &Expr) -> Vec<Expr> {
    compared(indexes, relation, clause, true)
        .into_iter()
        .filter(|compared| compared.relation == relation && compared.served_by.is_some())
        .filter_map(|compared| compared.expression)
        .collect()
}

/// A comparison of a column with something that is free of its relation.
#[derive(Debug, Clone)]
struct Lookup<'a> {
    relation: Oid,
    source: usize,
    attribute: i16,
    operand: &'a Expr,
    operator: Oid,
    collation: Oid,
    /// The other side is a constant: it helps to use an index, but needs none.
    constant: bool,
    /// The same comparison seen from the relation on the other side.
    joined: Option<(Oid, usize, &'a Expr, Oid)>,
}

struct Search<'a> {
    indexes: &'a dyn Indexes,
    groups: usize,
    found: Vec<Compared>,
}

impl Search<'_> {
    /// Looks into every sub-query below `expr`.
    fn sub_queries(&mut self, expr: &Expr, scope: &Scope<'_>) {
        if let Expr::SubLink { query, .. } = expr {
            self.query(query, scope);
        }
        expr.each_part(&mut |part| self.sub_queries(part, scope));
    }

    fn query(&mut self, query: &Query, outer: &Scope<'_>) {
        let scope = outer.inside(query);
        let mut conditions = Vec::new();
        query.filter.iter().for_each(|filter| conditions.push(filter));
        for item in &query.from {
            item.each_on(&mut |on| conditions.push(on));
        }
        self.conditions(&conditions, &scope, &[]);
        for (_, inner) in &query.with {
            self.query(inner, &scope);
        }
        for source in &query.sources {
            match source {
                Source::Query(inner) => self.query(inner, &scope),
                Source::Relation { sample: parts, .. } | Source::Functions { calls: parts, .. } => {
                    parts.iter().for_each(|part| self.sub_queries(part, &scope));
                }
                Source::Values(rows) => {
                    rows.iter().flatten().for_each(|part| self.sub_queries(part, &scope));
                }
                Source::Alias(_) | Source::With { .. } | Source::Other { .. } => {}
            }
        }
        conditions
            .into_iter()
            .chain(&query.targets)
            .chain(&query.hidden_targets)
            .chain(&query.having)
            .chain(&query.extras)
            .for_each(|part| self.sub_queries(part, &scope));
    }

    /// Judges conditions that hold together, below `outer` ones that hold too.
    fn conditions(&mut self, conditions: &[&Expr], scope: &Scope<'_>, outer: &[&Expr]) {
        let mut own = Vec::new();
        conditions.iter().for_each(|condition| self.flatten(condition, &mut own));
        let mut all = outer.to_vec();
        all.extend(&own);
        all.truncate(MAX_HELPERS);
        let available: Vec<Lookup<'_>> =
            all.iter().flat_map(|condition| self.lookups(condition, scope)).collect();
        self.groups += 1;
        let group = self.groups;
        for condition in &own {
            for lookup in self.lookups(condition, scope) {
                if lookup.constant {
                    continue;
                }
                let served_by = self.served_by(&lookup, &available, &all, scope).or_else(|| {
                    let (relation, source, operand, operator) = lookup.joined?;
                    let other = Lookup { relation, source, operand, operator, ..lookup.clone() };
                    self.served_by(&other, &available, &all, scope)
                });
                let plain = matches!(lookup.operand.unlabelled(), Expr::Column(_));
                self.found.push(Compared {
                    relation: lookup.relation,
                    attribute: lookup.attribute,
                    expression: (!plain).then(|| renumbered(lookup.operand, lookup.source)),
                    operator: lookup.operator,
                    collation: lookup.collation,
                    group,
                    served_by,
                });
            }
        }
        for condition in &own {
            if let Expr::Or(arms) = condition {
                let beside: Vec<&Expr> = all
                    .iter()
                    .filter(|other| !std::ptr::eq(**other, *condition))
                    .copied()
                    .collect();
                arms.iter().for_each(|arm| self.conditions(&[arm], scope, &beside));
            }
        }
    }

    /// The parts of nested ANDs, in functions' bodies too where the planner sees them.
    fn flatten<'a>(&self, condition: &'a Expr, parts: &mut Vec<&'a Expr>) {
        match condition {
            Expr::And(inner) => inner.iter().for_each(|part| self.flatten(part, parts)),
            Expr::Inlined { function, body, .. } if self.indexes.is_planned_inline(*function) => {
                self.flatten(body, parts);
            }
            other => parts.push(other),
        }
    }

    /// The look-ups that a condition makes: none, one, or two where it joins two relations.
    fn lookups<'a>(&self, condition: &'a Expr, scope: &Scope<'_>) -> Vec<Lookup<'a>> {
        let mut found = Vec::new();
        match condition {
            Expr::Operator { operator, collation, arguments } => {
                if let [left, right] = arguments.as_slice() {
                    let commutator = self.indexes.commutator(*operator);
                    found
                        .extend(self.lookup(*operator, *collation, left, right, commutator, scope));
                    if let Some(commutator) = commutator {
                        let back = Some(*operator);
                        found.extend(self.lookup(commutator, *collation, right, left, back, scope));
                    }
                }
            }
            Expr::OverArray { operator, collation, any: true, left, array } => {
                found.extend(self.lookup(*operator, *collation, left, array, None, scope));
            }
            _ => {}
        }
        // Of a join between two relations of the query one look-up is judged, for both sides.
        if let [one, two] = found.as_slice()
            && one.joined.is_some()
            && two.joined.is_some()
        {
            found.truncate(1);
        }
        found
    }

    fn lookup<'a>(
        &self,
        operator: Oid,
        collation: Oid,
        operand: &'a Expr,
        other: &'a Expr,
        commutator: Option<Oid>,
        scope: &Scope<'_>,
    ) -> Option<Lookup<'a>> {
        let (relation, source, attribute) = self.here(operand, scope)?;
        if !self.indexes.is_searchable(operator) || !is_free_of(other, source, scope) {
            return None;
        }
        let joined = self
            .here(other, scope)
            .zip(commutator)
            .map(|((relation, source, _), commutator)| (relation, source, other, commutator));
        let constant = self.is_constant(relation, other);
        Some(Lookup { relation, source, attribute, operand, operator, collation, constant, joined })
    }

    /// The relation, source and attribute, where the expression is a column of a relation that the
    /// innermost query itself scans, or made of that column alone in a way that an index can hold.
    fn here(&self, expr: &Expr, scope: &Scope<'_>) -> Option<(Oid, usize, i16)> {
        if let Expr::Column(column) = expr.unlabelled() {
            return column_here(*column, scope);
        }
        let mut found: Option<(Oid, usize, i16)> = None;
        let mut one = true;
        let mut columns = 0;
        expr.walk(0, &mut |part, depth| {
            if let Expr::Column(column) = part {
                columns += 1;
                let place = if depth == 0 { column_here(*column, scope) } else { None };
                one &= place.is_some() && found.is_none_or(|found| Some(found) == place);
                found = place;
            }
        });
        let (relation, source, attribute) = found.filter(|_| one && columns > 0)?;
        let mut lasting = true;
        expr.walk(0, &mut |part, _| lasting &= self.indexes.is_immutable(relation, part));
        lasting.then_some((relation, source, attribute))
    }

    /// The same value for ever, whoever asks.
    fn is_constant(&self, relation: Oid, expr: &Expr) -> bool {
        match expr {
            Expr::Const { .. } => true,
            Expr::Cast { argument, .. } | Expr::Inlined { body: argument, .. } => {
                self.is_constant(relation, argument)
            }
            Expr::Array(parts) | Expr::Row(parts) => {
                parts.iter().all(|part| self.is_constant(relation, part))
            }
            Expr::Function { arguments, .. } | Expr::Operator { arguments, .. } => {
                self.indexes.is_immutable(relation, expr)
                    && arguments.iter().all(|argument| self.is_constant(relation, argument))
            }
            _ => false,
        }
    }

    fn served_by(
        &self,
        lookup: &Lookup<'_>,
        available: &[Lookup<'_>],
        conditions: &[&Expr],
        scope: &Scope<'_>,
    ) -> Option<(Oid, usize)> {
        let at = self.indexes.of(lookup.relation).iter().position(|index| {
            self.covers(index, lookup, available)
                && index
                    .predicate
                    .iter()
                    .all(|part| self.is_implied(part, lookup.source, conditions, scope))
        })?;
        Some((lookup.relation, at))
    }

    /// A key of the index serves the look-up, and equalities at hand serve every key before it.
    fn covers(&self, index: &Candidate, lookup: &Lookup<'_>, available: &[Lookup<'_>]) -> bool {
        for key in &index.keys {
            if self.fits(key, lookup) {
                return true;
            }
            let bridged = available.iter().any(|other| {
                other.source == lookup.source
                    && self.fits(key, other)
                    && self.indexes.is_equality(key.family, other.operator)
            });
            if !bridged {
                return false;
            }
        }
        false
    }

    fn fits(&self, key: &Key, lookup: &Lookup<'_>) -> bool {
        self.indexes.serves(key.family, lookup.operator)
            && (key.collation == Oid::INVALID || key.collation == lookup.collation)
            && same(key.expr.unlabelled(), lookup.operand.unlabelled(), lookup.source)
    }

    /// A condition of a partial index holds whenever `conditions` do: it follows from one of them, it
    /// has an arm that does, or it only says that a column is not NULL which one of them compares.
    fn is_implied(
        &self,
        part: &Expr,
        source: usize,
        conditions: &[&Expr],
        scope: &Scope<'_>,
    ) -> bool {
        conditions.iter().any(|condition| follows(self.indexes, part, condition, source))
            || match part {
                Expr::Or(arms) => {
                    arms.iter().any(|arm| self.is_implied(arm, source, conditions, scope))
                }
                Expr::And(parts) => {
                    parts.iter().all(|part| self.is_implied(part, source, conditions, scope))
                }
                Expr::NullTest { argument, is_null: false, of_row: false } => {
                    conditions.iter().any(|condition| {
                        self.lookups(condition, scope).iter().any(|lookup| {
                            lookup.source == source
                                && self.indexes.is_strict(lookup.operator)
                                && same(argument.unlabelled(), lookup.operand.unlabelled(), source)
                        })
                    })
                }
                _ => false,
            }
    }
}

/// The relation, source and attribute, where the expression is a column of a relation that the
/// innermost query itself scans.
fn column_here(column: ColumnRef, scope: &Scope<'_>) -> Option<(Oid, usize, i16)> {
    match scope.home(column) {
        Home::Relation { oid, depth, source, attribute, .. }
            if depth == scope.depth() && attribute > 0 =>
        {
            Some((oid, source, attribute))
        }
        _ => None,
    }
}

/// The expression reads no column of this source of the innermost query.
fn is_free_of(expr: &Expr, source: usize, scope: &Scope<'_>) -> bool {
    let mut free = true;
    let mut visit = |part: &Expr, depth: usize| {
        if let Expr::Column(column) = part
            && let Some(level) = column.level.checked_sub(depth)
        {
            free &= match scope.home(ColumnRef { level, ..*column }) {
                Home::Relation { depth, source: other, .. } => {
                    depth != scope.depth() || other != source
                }
                // A join's computed column may hold the relation's; one from further out does not.
                Home::Computed => level > 0,
            };
        }
    };
    expr.walk(0, &mut visit);
    free
}

/// `own`, an expression of an index over source 1, says the same as `used`, over `source`.
fn same(own: &Expr, used: &Expr, source: usize) -> bool {
    own == &renumbered(used, source)
}

/// `expr` with `source` numbered 1, as the expressions of an index number their relation.
fn renumbered(expr: &Expr, source: usize) -> Expr {
    let mut renumbered = expr.clone();
    renumbered.each_column_mut(&mut |column| {
        column.source = match (column.level, column.source) {
            (0, number) if number == source => 1,
            // Any other source must not be taken for it.
            (0, 1) => 0,
            (_, number) => number,
        };
    });
    renumbered
}

#[cfg(test)]
mod tests;
