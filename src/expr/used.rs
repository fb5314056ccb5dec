//! What expressions name: the ids whose facts the questions will ask for.

use std::collections::HashSet;

use pgrx::pg_sys::Oid;

use super::tree::{Cast, Expr, Source};

/// Ids of what expressions use.
#[derive(Debug, Default)]
pub struct Used {
    /// Relations that sub-queries read.
    pub relations: HashSet<Oid>,
    /// Operators.
    pub operators: HashSet<Oid>,
    /// Functions.
    pub functions: HashSet<Oid>,
    /// Collations of comparisons.
    pub collations: HashSet<Oid>,
}

impl Used {
    /// Notes what an expression uses.
    pub fn by(&mut self, expr: &Expr) {
        expr.walk(0, &mut |part, _| self.note(part));
    }

    fn note(&mut self, part: &Expr) {
        match part {
            Expr::Operator { operator, collation, .. }
            | Expr::Distinct { operator, collation, .. }
            | Expr::NullIf { operator, collation, .. }
            | Expr::OverArray { operator, collation, .. } => {
                self.operators.insert(*operator);
                self.collations.insert(*collation);
            }
            Expr::RowCompare { operators, .. } => self.operators.extend(operators),
            Expr::Function { function, .. }
            | Expr::Aggregate { function, .. }
            | Expr::Cast { how: Cast::Array(Some(function)), .. } => {
                self.functions.insert(*function);
            }
            Expr::Inlined { function, arguments, .. } => {
                self.functions.insert(*function);
                // An argument that the body leaves out stands nowhere else.
                for argument in arguments {
                    argument.walk(0, &mut |part, _| self.note(part));
                }
            }
            Expr::SubLink { query, .. } => query.each_query(&mut |query| {
                for source in &query.sources {
                    if let Source::Relation { oid, .. } = source {
                        self.relations.insert(*oid);
                    }
                }
            }),
            _ => {}
        }
    }
}
