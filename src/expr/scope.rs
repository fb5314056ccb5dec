//! Where a column comes from, seen from inside nested queries.

use pgrx::pg_sys::Oid;

use super::tree::{ColumnRef, Expr, From, Query, Source};

/// The queries around an expression, innermost last, above the relation that the outermost
/// expression belongs to.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// The relation whose policy, index or constraint this is.
    relation: Oid,
    queries: Vec<&'a Query>,
}

/// Where a column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// A column of a relation.
    Relation {
        /// `pg_class.oid`.
        oid: Oid,
        /// How many queries stand around the one that scans it; 0 for the outermost relation.
        depth: usize,
        /// Its entry in that query's range table.
        source: usize,
        /// Attribute number.
        attribute: i16,
        /// An outer join may make it NULL although the column is not.
        outer: bool,
    },
    /// Computed: a column of a sub-query, function, VALUES or WITH.
    Computed,
}

impl<'a> Scope<'a> {
    /// The scope of an expression over one relation.
    pub fn new(relation: Oid) -> Self {
        Self { relation, queries: Vec::new() }
    }

    /// The scope inside `query`.
    pub fn inside(&self, query: &'a Query) -> Self {
        let mut queries = self.queries.clone();
        queries.push(query);
        Self { relation: self.relation, queries }
    }

    /// The scope `level` queries further out.
    pub fn outside(&self, level: usize) -> Self {
        let kept = self.queries.len().saturating_sub(level);
        Self { relation: self.relation, queries: self.queries[..kept].to_vec() }
    }

    /// The query that a column of this level belongs to; nothing for the outermost relation.
    pub fn query(&self, level: usize) -> Option<&'a Query> {
        let at = self.queries.len().checked_sub(level)?.checked_sub(1)?;
        self.queries.get(at).copied()
    }

    /// What a column stands for that a join or a GROUP BY step makes.
    pub fn alias(&self, column: ColumnRef) -> Option<&'a Expr> {
        let sources = &self.query(column.level)?.sources;
        match sources.get(column.source.checked_sub(1)?)? {
            Source::Alias(columns) => {
                columns.get(usize::try_from(column.attribute).ok()?.checked_sub(1)?)
            }
            _ => None,
        }
    }

    /// How many queries stand around the expression.
    pub fn depth(&self) -> usize {
        self.queries.len()
    }

    /// Where a column of an expression in this scope comes from.
    pub fn home(&self, column: ColumnRef) -> Home {
        let Some(depth) = self.queries.len().checked_sub(column.level) else {
            return Home::Computed;
        };
        let Some(query) = self.query(column.level) else {
            return Home::Relation {
                oid: self.relation,
                depth: 0,
                source: column.source,
                attribute: column.attribute,
                outer: false,
            };
        };
        let source = column.source.checked_sub(1).and_then(|index| query.sources.get(index));
        match source {
            Some(Source::Relation { oid, .. }) => {
                let mut nullable = Vec::new();
                query.from.iter().for_each(|item: &From| item.nullable(&mut nullable));
                Home::Relation {
                    oid: *oid,
                    depth,
                    source: column.source,
                    attribute: column.attribute,
                    outer: nullable.contains(&column.source) || query.grouped,
                }
            }
            Some(Source::Alias(_)) => match self.alias(column).map(Expr::unlabelled) {
                Some(Expr::Column(inner)) => {
                    self.home(ColumnRef { level: inner.level + column.level, ..*inner })
                }
                _ => Home::Computed,
            },
            _ => Home::Computed,
        }
    }
}
