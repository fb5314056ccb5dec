//! The typed expression: what a policy, an index predicate or a query says.

use pgrx::pg_sys::Oid;

/// A constant, as far as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// boolean.
    Bool(bool),
    /// smallint, integer or bigint.
    Int(i64),
    /// text, varchar or name; a character(n) without its trailing blanks, which do not count; a literal
    /// without a type; a jsonpath as it is printed.
    Text(String),
    /// uuid.
    Uuid([u8; 16]),
    /// numeric, as it is printed.
    Number(String),
    /// real or double precision: a whole number in the same order.
    Real(i64),
    /// date, time or timestamp, as the server counts it.
    Moment(i64),
    /// bytea, bit or bit varying: the bytes, and how many bits of them count.
    Bits(Vec<u8>, i32),
    /// A value of an enum, by its id.
    Label(u32),
    /// A one-dimensional array of the above.
    Array(Vec<Value>),
    /// Any other type: only its bytes, good for telling that two are the same constant.
    Other(Vec<u8>),
}

impl Value {
    /// A number of real or double precision: zero has no sign, and NaN comes last.
    pub fn real(number: f64) -> Self {
        if number.is_nan() {
            return Self::Real(i64::MAX);
        }
        let bits = (number + 0.0).to_bits().cast_signed();
        Self::Real(if bits < 0 { bits ^ i64::MAX } else { bits })
    }
}

/// A column, by its place: which query level, which entry of its range table, which attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    /// Query levels outwards; 0 is the query that the expression stands in.
    pub level: usize,
    /// Entry of that query's range table, from 1.
    pub source: usize,
    /// Attribute number; 0 is the whole row, below 0 a system column.
    pub attribute: i16,
}

/// How a value becomes one of another type without a function of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// The same bytes under another type.
    Relabel,
    /// Printed, then read again.
    Io,
    /// An array, element by element, by a function where it takes one.
    Array(Option<Oid>),
    /// Into a domain.
    Domain,
    /// A row of one type as a row of another.
    Row,
}

/// The tests IS TRUE, IS FALSE and IS UNKNOWN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TruthTest {
    /// IS TRUE.
    True,
    /// IS FALSE.
    False,
    /// IS UNKNOWN.
    Unknown,
}

/// Which clause of a sub-query an expression uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubLink {
    /// EXISTS (...).
    Exists,
    /// x op ANY (...), IN.
    Any,
    /// x op ALL (...), NOT IN after negation.
    All,
    /// (...) as a value.
    Scalar,
    /// ARRAY (...).
    Array,
    /// (a, b) op (...).
    Row,
}

/// A value that is bound from outside of the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// A column of the sub-query of the nearest ANY or ALL, from 1.
    SubLink(usize),
    /// An argument of the function whose body the expression stands in, from 1.
    Argument(usize),
    /// What the function has for an argument that the call does not give.
    Default,
    /// Anything else.
    Other(i32),
}

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A constant.
    Const { type_oid: Oid, value: Value },
    /// A column.
    Column(ColumnRef),
    /// An operator applied to one or two arguments.
    Operator { operator: Oid, collation: Oid, arguments: Vec<Expr> },
    /// left IS DISTINCT FROM right, by the equality named.
    Distinct { operator: Oid, collation: Oid, arguments: Vec<Expr> },
    /// NULLIF(left, right), by the equality named.
    NullIf { operator: Oid, collation: Oid, arguments: Vec<Expr> },
    /// left op ANY (array), or ALL.
    OverArray { operator: Oid, collation: Oid, any: bool, left: Box<Expr>, array: Box<Expr> },
    /// A function call.
    Function { function: Oid, type_oid: Oid, arguments: Vec<Expr> },
    /// A call of a SQL function whose body was read: the arguments as called, and the body with
    /// them bound in place, its columns numbered for the place of the call. A body that is a query
    /// is a scalar sub-link. What the call says stands in the body, and walks go there and not into
    /// the arguments, which would be seen twice; whether it is volatile, strict or run as its
    /// owner is said of the function.
    Inlined { function: Oid, arguments: Vec<Expr>, body: Box<Expr> },
    /// An aggregate or window function call, with everything it is given; `window` where it stands
    /// before OVER, and says of each row what the rows around it add up to.
    Aggregate { function: Oid, window: bool, arguments: Vec<Expr> },
    /// AND.
    And(Vec<Expr>),
    /// OR.
    Or(Vec<Expr>),
    /// NOT.
    Not(Box<Expr>),
    /// IS [NOT] NULL; of a row it looks into its fields.
    NullTest { argument: Box<Expr>, is_null: bool, of_row: bool },
    /// IS [NOT] TRUE, FALSE, UNKNOWN.
    BooleanTest { argument: Box<Expr>, test: TruthTest, negated: bool },
    /// CASE; with an argument the conditions refer to it by `CaseTest`.
    Case { argument: Option<Box<Expr>>, arms: Vec<(Expr, Expr)>, default: Option<Box<Expr>> },
    /// The argument of the nearest CASE.
    CaseTest,
    /// COALESCE.
    Coalesce(Vec<Expr>),
    /// GREATEST, or else LEAST.
    MinMax { greatest: bool, parts: Vec<Expr> },
    /// A cast that is no function call.
    Cast { argument: Box<Expr>, type_oid: Oid, how: Cast },
    /// ARRAY[...].
    Array(Vec<Expr>),
    /// ROW(...).
    Row(Vec<Expr>),
    /// (a, b) op (c, d), one operator per pair.
    RowCompare { operators: Vec<Oid>, left: Vec<Expr>, right: Vec<Expr> },
    /// A value bound from outside.
    Bound(Bound),
    /// CURRENT_USER, CURRENT_TIMESTAMP and their like, by `SQLValueFunctionOp`.
    SessionValue { which: u32 },
    /// container[subscripts].
    Subscript { container: Box<Expr>, subscripts: Vec<Expr> },
    /// (row).field; without a name where the row's type does not tell.
    Field { argument: Box<Expr>, number: i16, name: String },
    /// A sub-query, with the comparison of ANY and ALL.
    SubLink { kind: SubLink, test: Option<Box<Expr>>, query: Box<Query> },
    /// A node that is not understood, by its tag.
    Unknown { tag: u32 },
}

/// A SELECT inside an expression.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// The range table; `ColumnRef::source` counts it from 1.
    pub sources: Vec<Source>,
    /// FROM.
    pub from: Vec<From>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// The columns that come out.
    pub targets: Vec<Expr>,
    /// Columns that only sorting and grouping need.
    pub hidden_targets: Vec<Expr>,
    /// HAVING.
    pub having: Option<Expr>,
    /// WITH, by name.
    pub with: Vec<(String, Query)>,
    /// GROUP BY or grouping sets.
    pub grouped: bool,
    /// Aggregates.
    pub aggregated: bool,
    /// A set-returning function among the columns, LIMIT or OFFSET, a set operation, or a command
    /// that is no SELECT: the number of rows is not what FROM and WHERE say.
    pub reshaped: bool,
    /// LIMIT, OFFSET and window frames.
    pub extras: Vec<Expr>,
}

/// An entry of a range table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A table, view or other relation, with the arguments of its TABLESAMPLE.
    Relation { oid: Oid, sample: Vec<Expr> },
    /// A sub-query.
    Query(Box<Query>),
    /// The columns of a join, or of a GROUP BY step, as expressions over its parts.
    Alias(Vec<Expr>),
    /// Functions in FROM, and the names of the columns of the record that a lone one makes: those that
    /// AS (...) defines, or those of its type.
    Functions { calls: Vec<Expr>, defined: Vec<String> },
    /// VALUES, by row.
    Values(Vec<Vec<Expr>>),
    /// A reference to a WITH query, `level` queries outwards.
    With { name: String, level: usize },
    /// Anything else, by `RTEKind`.
    Other { kind: u32 },
}

/// How the two sides of a join meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// INNER or CROSS.
    Inner,
    /// LEFT.
    Left,
    /// RIGHT.
    Right,
    /// FULL.
    Full,
}

/// An item of FROM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// An entry of the range table, from 1.
    Source(usize),
    /// A join.
    Join { kind: JoinKind, left: Box<From>, right: Box<From>, on: Option<Expr> },
    /// Not understood.
    Unknown { tag: u32 },
}

impl From {
    /// Calls `visit` with each join condition, outermost first.
    pub fn each_on<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        if let Self::Join { left, right, on, .. } = self {
            on.iter().for_each(&mut *visit);
            left.each_on(visit);
            right.each_on(visit);
        }
    }

    /// The range-table entries below.
    pub fn sources(&self, found: &mut Vec<usize>) {
        match self {
            Self::Source(source) => found.push(*source),
            Self::Join { left, right, .. } => {
                left.sources(found);
                right.sources(found);
            }
            Self::Unknown { .. } => {}
        }
    }

    /// The range-table entries whose columns an outer join may fill with NULL.
    pub fn nullable(&self, found: &mut Vec<usize>) {
        if let Self::Join { kind, left, right, .. } = self {
            if matches!(kind, JoinKind::Left | JoinKind::Full) {
                right.sources(found);
            }
            if matches!(kind, JoinKind::Right | JoinKind::Full) {
                left.sources(found);
            }
            left.nullable(found);
            right.nullable(found);
        }
    }

    fn has_unknown(&self) -> bool {
        match self {
            Self::Source(_) => false,
            Self::Join { left, right, .. } => left.has_unknown() || right.has_unknown(),
            Self::Unknown { .. } => true,
        }
    }
}

impl Expr {
    /// Calls `visit` with each direct part, in the order written; sub-queries are left out. Of a
    /// call whose body was read the body is the one part.
    pub fn each_part<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
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
            | Self::Row(arguments) => arguments.iter().for_each(visit),
            Self::OverArray { left, array, .. } => {
                visit(left);
                visit(array);
            }
            Self::Not(argument)
            | Self::NullTest { argument, .. }
            | Self::BooleanTest { argument, .. }
            | Self::Cast { argument, .. }
            | Self::Field { argument, .. }
            | Self::Inlined { body: argument, .. } => visit(argument),
            Self::Case { argument, arms, default } => {
                argument.iter().for_each(|part| visit(part));
                for (condition, result) in arms {
                    visit(condition);
                    visit(result);
                }
                default.iter().for_each(|part| visit(part));
            }
            Self::RowCompare { left, right, .. } => left.iter().chain(right).for_each(visit),
            Self::Subscript { container, subscripts } => {
                visit(container);
                subscripts.iter().for_each(visit);
            }
            Self::SubLink { test, .. } => test.iter().for_each(|part| visit(part)),
        }
    }

    /// Calls `visit` with this expression and everything below it, sub-queries included, and the
    /// number of queries between it and the start.
    pub fn walk<'a>(&'a self, depth: usize, visit: &mut dyn FnMut(&'a Expr, usize)) {
        visit(self, depth);
        self.each_part(&mut |part| part.walk(depth, visit));
        if let Self::SubLink { query, .. } = self {
            query.walk(depth + 1, visit);
        }
    }

    /// Calls `change` with each column outside of sub-queries.
    pub fn each_column_mut(&mut self, change: &mut dyn FnMut(&mut ColumnRef)) {
        match self {
            Self::Column(column) => change(column),
            Self::Const { .. }
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
            | Self::Row(arguments) => {
                arguments.iter_mut().for_each(|part| part.each_column_mut(change));
            }
            Self::OverArray { left, array, .. } => {
                left.each_column_mut(change);
                array.each_column_mut(change);
            }
            Self::Not(argument)
            | Self::NullTest { argument, .. }
            | Self::BooleanTest { argument, .. }
            | Self::Cast { argument, .. }
            | Self::Field { argument, .. } => argument.each_column_mut(change),
            Self::Case { argument, arms, default } => {
                argument.iter_mut().for_each(|part| part.each_column_mut(change));
                for (condition, result) in arms {
                    condition.each_column_mut(change);
                    result.each_column_mut(change);
                }
                default.iter_mut().for_each(|part| part.each_column_mut(change));
            }
            Self::RowCompare { left, right, .. } => {
                left.iter_mut().chain(right).for_each(|part| part.each_column_mut(change));
            }
            Self::Subscript { container, subscripts } => {
                container.each_column_mut(change);
                subscripts.iter_mut().for_each(|part| part.each_column_mut(change));
            }
            Self::SubLink { test, .. } => {
                test.iter_mut().for_each(|part| part.each_column_mut(change));
            }
            Self::Inlined { arguments, body, .. } => {
                arguments.iter_mut().for_each(|part| part.each_column_mut(change));
                body.each_column_mut(change);
            }
        }
    }

    /// Some node of it, at any depth, is not understood.
    pub fn has_unknown(&self) -> bool {
        let mut found = false;
        self.walk(0, &mut |part, _| {
            found |= match part {
                Self::Unknown { .. } => true,
                Self::SubLink { query, .. } => query.has_unknown(),
                _ => false,
            }
        });
        found
    }

    /// The expression below casts.
    pub fn uncast(&self) -> &Expr {
        match self {
            Self::Cast { argument, .. } => argument.uncast(),
            other => other,
        }
    }

    /// The expression below casts that keep the bytes.
    pub fn unlabelled(&self) -> &Expr {
        match self {
            Self::Cast { argument, how: Cast::Relabel, .. } => argument.unlabelled(),
            other => other,
        }
    }
}

impl Query {
    /// As [`Expr::walk`], for every expression of the query; `depth` is the query's own.
    pub fn walk<'a>(&'a self, depth: usize, visit: &mut dyn FnMut(&'a Expr, usize)) {
        for (_, query) in &self.with {
            query.walk(depth + 1, visit);
        }
        for source in &self.sources {
            if let Source::Query(query) = source {
                query.walk(depth + 1, visit);
            }
        }
        self.each_own(&mut |part| part.walk(depth, visit));
    }

    /// Calls `visit` with each expression of the query itself; queries in its FROM and WITH are left
    /// out.
    pub fn each_own<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        for source in &self.sources {
            match source {
                Source::Relation { sample: parts, .. }
                | Source::Alias(parts)
                | Source::Functions { calls: parts, .. } => parts.iter().for_each(&mut *visit),
                Source::Values(rows) => rows.iter().flatten().for_each(&mut *visit),
                Source::Query(_) | Source::With { .. } | Source::Other { .. } => {}
            }
        }
        for item in &self.from {
            item.each_on(&mut |on| visit(on));
        }
        self.filter
            .iter()
            .chain(&self.targets)
            .chain(&self.hidden_targets)
            .chain(&self.having)
            .chain(&self.extras)
            .for_each(visit);
    }

    /// Calls `visit` with this query and each query in its FROM and WITH, at any depth, outermost
    /// first; those inside expressions are left out.
    pub fn each_query<'a>(&'a self, visit: &mut dyn FnMut(&'a Query)) {
        visit(self);
        for (_, query) in &self.with {
            query.each_query(visit);
        }
        for source in &self.sources {
            if let Source::Query(query) = source {
                query.each_query(visit);
            }
        }
    }

    /// Its range table or FROM holds something that is not understood.
    pub fn has_unknown(&self) -> bool {
        let mut found = false;
        self.each_query(&mut |query| {
            found |= query.sources.iter().any(|source| matches!(source, Source::Other { .. }))
                || query.from.iter().any(From::has_unknown);
        });
        found
    }
}
