//! Changing expressions in place.

use super::tree::{Bound, ColumnRef, Expr, From, Query, Source};

impl Expr {
    /// Calls `change` with each direct part, in the order written; sub-queries are left out. Of a
    /// call whose body was read the arguments are parts too.
    pub fn each_part_mut(&mut self, change: &mut dyn FnMut(&mut Expr)) {
        match self {
            Self::Const { .. }
            | Self::Column(_)
            | Self::CaseTest
            | Self::Bound(_)
            | Self::SessionValue { .. }
            | Self::Unknown { .. } => {}
            Self::Operator { arguments, .. }
            | Self::Distinct { arguments, .. }
            | Self::NullIf { arguments, .. }
            | Self::Function { arguments, .. }
            | Self::Aggregate { arguments, .. }
            | Self::And(arguments)
            | Self::Or(arguments)
            | Self::Coalesce(arguments)
            | Self::MinMax { parts: arguments, .. }
            | Self::Array(arguments)
            | Self::Row(arguments) => arguments.iter_mut().for_each(change),
            Self::OverArray { left, array, .. } => {
                change(left);
                change(array);
            }
            Self::Not(argument)
            | Self::NullTest { argument, .. }
            | Self::BooleanTest { argument, .. }
            | Self::Cast { argument, .. }
            | Self::Field { argument, .. } => change(argument),
            Self::Inlined { arguments, body, .. } => {
                arguments.iter_mut().for_each(&mut *change);
                change(body);
            }
            Self::Case { argument, arms, default } => {
                argument.iter_mut().for_each(|part| change(part));
                for (condition, result) in arms {
                    change(condition);
                    change(result);
                }
                default.iter_mut().for_each(|part| change(part));
            }
            Self::RowCompare { left, right, .. } => left.iter_mut().chain(right).for_each(change),
            Self::Subscript { container, subscripts } => {
                change(container);
                subscripts.iter_mut().for_each(change);
            }
            Self::SubLink { test, .. } => test.iter_mut().for_each(|part| change(part)),
        }
    }

    /// Takes one query away from around the expression: what refers beyond it refers one level
    /// less far. `depth` counts the queries between it and the expression.
    pub fn lower(&mut self, depth: usize) {
        if let Self::Column(ColumnRef { level, .. }) = self
            && *level > depth
        {
            *level -= 1;
        }
        self.each_part_mut(&mut |part| part.lower(depth));
        if let Self::SubLink { query, .. } = self {
            query.lower(depth + 1);
        }
    }
}

impl Expr {
    /// Puts one query around the expression: what refers beyond it refers one level further.
    /// `depth` counts the queries between it and the expression.
    pub fn raise(&mut self, depth: usize) {
        if let Self::Column(ColumnRef { level, .. }) = self
            && *level >= depth
        {
            *level += 1;
        }
        self.each_part_mut(&mut |part| part.raise(depth));
        if let Self::SubLink { query, .. } = self {
            query.raise(depth + 1);
        }
    }
}

/// The comparison of ANY or ALL, seen from inside the sub-query, whose columns stand where it names
/// them. Comparisons inside it name their own.
pub fn bound_inside(test: &Expr, targets: &[Expr]) -> Expr {
    match test {
        Expr::Bound(Bound::SubLink(column)) => {
            column.checked_sub(1).and_then(|at| targets.get(at)).unwrap_or(test).clone()
        }
        // Without a name in it, it moves inside as it is.
        part if !names_columns(part) => {
            let mut moved = part.clone();
            moved.raise(0);
            moved
        }
        part => {
            let mut moved = part.clone();
            moved.each_part_mut(&mut |inner| *inner = bound_inside(inner, targets));
            moved
        }
    }
}

/// It names a column of the sub-query that it is compared with.
fn names_columns(expr: &Expr) -> bool {
    match expr {
        Expr::Bound(Bound::SubLink(_)) => true,
        Expr::SubLink { .. } => false,
        other => {
            let mut found = false;
            other.each_part(&mut |part| found |= names_columns(part));
            found
        }
    }
}

impl Query {
    /// Calls `change` with each expression that stands in the query itself, not in the queries of
    /// its FROM and WITH.
    pub fn each_part_mut(&mut self, change: &mut dyn FnMut(&mut Expr)) {
        for source in &mut self.sources {
            match source {
                Source::Relation { sample: parts, .. }
                | Source::Alias(parts)
                | Source::Functions { calls: parts, .. } => parts.iter_mut().for_each(&mut *change),
                Source::Values(rows) => rows.iter_mut().flatten().for_each(&mut *change),
                Source::Query(_) | Source::With { .. } | Source::Other { .. } => {}
            }
        }
        self.from.iter_mut().for_each(|item| item.each_on_mut(change));
        self.filter
            .iter_mut()
            .chain(&mut self.targets)
            .chain(&mut self.hidden_targets)
            .chain(&mut self.having)
            .chain(&mut self.extras)
            .for_each(change);
    }

    /// Calls `change` with each query directly in FROM or WITH.
    pub fn each_query_mut(&mut self, change: &mut dyn FnMut(&mut Query)) {
        self.with.iter_mut().for_each(|(_, query)| change(query));
        for source in &mut self.sources {
            if let Source::Query(query) = source {
                change(query);
            }
        }
    }

    /// As [`Expr::raise`]; `depth` is the query's own.
    fn raise(&mut self, depth: usize) {
        for source in &mut self.sources {
            if let Source::With { level, .. } = source
                && *level >= depth
            {
                *level += 1;
            }
        }
        self.each_part_mut(&mut |part| part.raise(depth));
        self.each_query_mut(&mut |query| query.raise(depth + 1));
    }

    /// As [`Expr::lower`]; `depth` is the query's own.
    fn lower(&mut self, depth: usize) {
        for source in &mut self.sources {
            if let Source::With { level, .. } = source
                && *level > depth
            {
                *level -= 1;
            }
        }
        self.each_part_mut(&mut |part| part.lower(depth));
        self.each_query_mut(&mut |query| query.lower(depth + 1));
    }
}

impl From {
    fn each_on_mut(&mut self, change: &mut dyn FnMut(&mut Expr)) {
        if let Self::Join { left, right, on, .. } = self {
            on.iter_mut().for_each(&mut *change);
            left.each_on_mut(change);
            right.each_on_mut(change);
        }
    }
}
