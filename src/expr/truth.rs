//! Which of true, false and null an expression can be.
//!
//! An abstract interpreter over sets of truth values. It knows nothing of any row or caller: a
//! column or an identity can be anything its declaration allows. Values are computed for constants
//! of the few types in [`Value`], by the semantics written down here: no function of the server,
//! and so none of the users', is called.
//!
//! An answer that one sub-expression's unknown value hides (`x IS NULL OR x IS NOT NULL`) is found
//! by trying the cases of that sub-expression one after the other.

use pgrx::pg_sys::{self, Oid, SQLValueFunctionOp};

use super::scope::{Home, Scope};
use super::tree::{Bound, Cast, Expr, From, Query, Source, SubLink, TruthTest, Value};

/// A set of truth values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth(u8);

impl Truth {
    const NONE: Self = Self(0);
    /// Only true.
    pub const TRUE: Self = Self(1);
    /// Only false.
    pub const FALSE: Self = Self(2);
    /// Only null.
    pub const NULL: Self = Self(4);
    /// True or false.
    pub const KNOWN: Self = Self(3);
    /// Anything.
    pub const ANY: Self = Self(7);

    fn of(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Some value of `other` is possible.
    pub fn can_be(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn not(self) -> Self {
        let mut result = Self(self.0 & Self::NULL.0);
        if self.can_be(Self::TRUE) {
            result = result.or(Self::FALSE);
        }
        if self.can_be(Self::FALSE) {
            result = result.or(Self::TRUE);
        }
        result
    }

    fn conjunction(self, other: Self) -> Self {
        let mut result = Self::NONE;
        if self.can_be(Self::FALSE) || other.can_be(Self::FALSE) {
            result = result.or(Self::FALSE);
        }
        if self.can_be(Self::TRUE) && other.can_be(Self::TRUE) {
            result = result.or(Self::TRUE);
        }
        let not_false = Self::TRUE.or(Self::NULL);
        if (self.can_be(Self::NULL) && other.can_be(not_false))
            || (other.can_be(Self::NULL) && self.can_be(not_false))
        {
            result = result.or(Self::NULL);
        }
        result
    }

    fn disjunction(self, other: Self) -> Self {
        self.not().conjunction(other.not()).not()
    }

    /// IS TRUE, IS FALSE, IS UNKNOWN, where `value` is the one tested for.
    fn is(self, value: Self) -> Self {
        let mut result = Self::NONE;
        if self.can_be(value) {
            result = result.or(Self::TRUE);
        }
        if self.can_be(Self::ANY.without(value)) {
            result = result.or(Self::FALSE);
        }
        result
    }
}

/// A built-in comparison of two values of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// =
    Equal,
    /// <>
    NotEqual,
    /// <
    Less,
    /// <=
    LessOrEqual,
    /// >
    Greater,
    /// >=
    GreaterOrEqual,
}

/// A built-in computation on two values of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// + of integers.
    Add,
    /// - of integers.
    Subtract,
    /// * of integers.
    Multiply,
    /// || of texts.
    Concatenate,
}

/// What is known of an operator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OperatorFacts {
    /// A built-in comparison that obeys the laws of an order.
    pub comparison: Option<Comparison>,
    /// A built-in computation.
    pub arithmetic: Option<Arithmetic>,
    /// The operator whose answer is the opposite; 0 where there is none.
    pub negator: Option<Oid>,
    /// NULL for a NULL argument.
    pub strict: bool,
    /// The same arguments may give another answer within a statement.
    pub volatile: bool,
    /// Defined by a user, and its answer can be anything.
    pub opaque: bool,
}

/// What is known of a function.
#[derive(Debug, Clone, Copy, Default)]
pub struct FunctionFacts {
    /// NULL for a NULL argument.
    pub strict: bool,
    /// The same arguments may give another answer within a statement.
    pub volatile: bool,
    /// Defined by a user, and its answer can be anything.
    pub opaque: bool,
    /// A built-in cast between integers, or to text, that keeps what [`Value`] holds.
    pub cast: bool,
}

/// What the interpreter needs to know of the database.
pub trait Facts {
    /// No row of the relation holds NULL in this column.
    fn not_null(&self, relation: Oid, attribute: i16) -> bool;
    /// What is known of an operator.
    fn operator(&self, operator: Oid) -> OperatorFacts;
    /// What is known of a function.
    fn function(&self, function: Oid) -> FunctionFacts;
    /// Texts of this collation are equal only when their bytes are.
    fn deterministic(&self, collation: Oid) -> bool;
}

/// What is asked about parts that only running them would tell: opaque functions and nodes that
/// are not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opaque {
    /// They can answer anything, and differently for each row.
    Anything,
    /// They always answer what makes the whole expression true, if any answer does.
    InFavour,
}

/// At most this many sub-expressions are split into cases, and fewer in a large expression: each
/// one triples the work, which must stay below this many nodes.
const MAX_SUBJECTS: usize = 6;
const MAX_WORK: usize = 1_000_000;

/// Candidates for splitting are looked for among this many different sub-expressions.
const MAX_CANDIDATES: usize = 64;

/// The truth values that `expr`, an expression over `relation`, can have.
pub fn truth(facts: &dyn Facts, relation: Oid, expr: &Expr, opaque: Opaque) -> Truth {
    let mut interpreter = Interpreter { facts, opaque, assumed: Vec::new(), tests: Vec::new() };
    let scope = Scope::new(relation);
    let plain = interpreter.truth(expr, &scope, true);
    if plain == Truth::TRUE || !plain.can_be(Truth::TRUE) {
        return plain;
    }
    let mut subjects = Vec::new();
    interpreter.subjects(expr, &mut subjects);
    let mut work = 0;
    expr.walk(0, &mut |_, _| work += 1);
    let affordable = (0..MAX_SUBJECTS).take_while(|_| {
        work *= 3;
        work <= MAX_WORK
    });
    subjects.truncate(affordable.count());
    interpreter.split(expr, &scope, &subjects)
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// Exactly this.
    Value(Value),
    /// One of these truth values.
    Truth(Truth),
    /// Not NULL.
    NotNull,
    /// Nothing.
    Nothing,
    /// What an opaque function says, the same for every row.
    Opaque,
}

impl Known {
    fn is_null(&self) -> Truth {
        match self {
            Self::Value(Value::Null) => Truth::TRUE,
            Self::Value(_) | Self::NotNull => Truth::FALSE,
            Self::Truth(truth) => truth.is(Truth::NULL),
            Self::Nothing | Self::Opaque => Truth::KNOWN,
        }
    }

    fn may_be_null(&self) -> bool {
        self.is_null().can_be(Truth::TRUE)
    }

    /// One of two. `wanted` is the answer that an opaque one gives beside a truth value.
    fn either(self, other: Self, wanted: bool) -> Self {
        if self == other {
            return self;
        }
        match (self.as_truth(), other.as_truth()) {
            (Some(one), Some(two)) => Self::Truth(one.or(two)),
            (Some(truth), None) | (None, Some(truth))
                if self == Self::Opaque || other == Self::Opaque =>
            {
                Self::Truth(truth.or(Truth::of(wanted)))
            }
            _ if self.may_be_null() || other.may_be_null() => Self::Nothing,
            _ => Self::NotNull,
        }
    }

    fn as_truth(&self) -> Option<Truth> {
        match self {
            Self::Value(Value::Bool(value)) => Some(Truth::of(*value)),
            Self::Value(Value::Null) => Some(Truth::NULL),
            Self::Truth(truth) => Some(*truth),
            _ => None,
        }
    }
}

/// A case that is tried for a sub-expression.
#[derive(Debug, Clone)]
enum Case {
    Null,
    NotNull,
    Truth(Truth),
}

/// What ANY, ALL and CASE let their condition refer to.
enum Test {
    Case(Known),
    Row(Vec<Known>),
}

struct Interpreter<'a> {
    facts: &'a dyn Facts,
    opaque: Opaque,
    assumed: Vec<(Expr, Case)>,
    tests: Vec<Test>,
}

impl Interpreter<'_> {
    /// Tries the cases of each subject in turn and joins the answers.
    fn split(&mut self, expr: &Expr, scope: &Scope<'_>, subjects: &[(Expr, bool)]) -> Truth {
        let Some(((subject, boolean), rest)) = subjects.split_first() else {
            return self.truth(expr, scope, true);
        };
        let possible = self.value(subject, scope, true);
        let cases: Vec<Case> = if *boolean {
            let possible = match possible {
                Known::NotNull => Truth::KNOWN,
                possible => possible.as_truth().unwrap_or(Truth::ANY),
            };
            [Truth::TRUE, Truth::FALSE, Truth::NULL]
                .into_iter()
                .filter(|truth| possible.can_be(*truth))
                .map(Case::Truth)
                .collect()
        } else if possible.may_be_null() {
            vec![Case::Null, Case::NotNull]
        } else {
            return self.split(expr, scope, rest);
        };
        let mut answer = Truth::NONE;
        for case in cases {
            self.assumed.push((subject.clone(), case));
            answer = answer.or(self.split(expr, scope, rest));
            self.assumed.pop();
        }
        answer
    }

    /// The sub-expressions worth splitting into cases: those tested for NULL, and conditions that
    /// occur more than once. `true` beside one says that it is a condition.
    fn subjects(&self, expr: &Expr, found: &mut Vec<(Expr, bool)>) {
        let mut tested = Vec::new();
        let mut conditions: Vec<(Expr, usize)> = Vec::new();
        self.leaves(expr, &mut tested, &mut conditions);
        found.extend(tested.into_iter().map(|subject| (subject, false)));
        for (condition, count) in conditions {
            if count > 1 {
                found.push((condition, true));
            }
        }
    }

    fn leaves(&self, expr: &Expr, tested: &mut Vec<Expr>, conditions: &mut Vec<(Expr, usize)>) {
        match expr {
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Case { .. } | Expr::Coalesce(_) => {
                expr.each_part(&mut |part| self.leaves(part, tested, conditions));
            }
            Expr::BooleanTest { argument, .. } => {
                // Its argument occurs in every other test of it, so that once is enough.
                if self.is_steady(argument) {
                    self.count(argument, 2, conditions);
                }
                self.leaves(argument, tested, conditions);
            }
            Expr::Inlined { body, .. } => {
                if self.is_steady(expr) {
                    self.count(expr, 1, conditions);
                }
                self.leaves(body, tested, conditions);
            }
            Expr::NullTest { argument, of_row: false, .. }
                if tested.len() < MAX_CANDIDATES
                    && !tested.contains(argument)
                    && self.is_steady(argument) =>
            {
                tested.push((**argument).clone());
            }
            _ if let Some(condition) = beside_truth(expr)
                && self.is_steady(condition) =>
            {
                self.count(condition, 2, conditions);
            }
            Expr::Column(_) | Expr::Operator { .. } | Expr::Function { .. }
                if self.is_steady(expr) =>
            {
                self.count(expr, 1, conditions);
            }
            _ => {}
        }
    }

    /// Notes that a condition, or its opposite, occurs so many times more.
    fn count(&self, expr: &Expr, times: usize, conditions: &mut Vec<(Expr, usize)>) {
        let known = conditions.iter().position(|(known, _)| self.same(known, expr).is_some());
        match known {
            Some(at) => conditions[at].1 += times,
            None if conditions.len() < MAX_CANDIDATES => conditions.push((expr.clone(), times)),
            None => {}
        }
    }

    /// Whether two conditions are the same (`false`) or, by their operators, opposites (`true`), as
    /// `a = b` and `a <> b` are.
    fn same(&self, one: &Expr, two: &Expr) -> Option<bool> {
        if one == two {
            return Some(false);
        }
        match (one, two) {
            (
                Expr::Operator { operator, collation, arguments },
                Expr::Operator { operator: other, collation: its, arguments: theirs },
            ) if arguments == theirs && collation == its => {
                let facts = self.facts.operator(*operator);
                (facts.comparison.is_some() && facts.negator == Some(*other)).then_some(true)
            }
            _ => None,
        }
    }

    /// Evaluated twice for one row it gives the same value.
    fn is_steady(&self, expr: &Expr) -> bool {
        let mut steady = true;
        expr.walk(0, &mut |part, _| {
            steady &= match part {
                Expr::Operator { operator, .. }
                | Expr::Distinct { operator, .. }
                | Expr::NullIf { operator, .. }
                | Expr::OverArray { operator, .. } => !self.facts.operator(*operator).volatile,
                Expr::Function { function, .. } | Expr::Inlined { function, .. } => {
                    !self.facts.function(*function).volatile
                }
                Expr::Unknown { .. } | Expr::SubLink { .. } | Expr::CaseTest | Expr::Bound(_) => {
                    false
                }
                _ => true,
            }
        });
        steady
    }

    fn assumption(&self, expr: &Expr) -> Option<Known> {
        if self.assumed.is_empty() {
            return None;
        }
        self.assumed.iter().find_map(|(subject, case)| match case {
            Case::Truth(truth) => self
                .same(subject, expr)
                .map(|opposite| Known::Truth(if opposite { truth.not() } else { *truth })),
            Case::Null if subject == expr => Some(Known::Value(Value::Null)),
            _ => None,
        })
    }

    fn assumed_not_null(&self, expr: &Expr) -> bool {
        self.assumed.iter().any(|(subject, case)| matches!(case, Case::NotNull) && subject == expr)
    }

    /// The truth values of a condition. `wanted` is the answer that would make the whole
    /// expression true.
    fn truth(&mut self, expr: &Expr, scope: &Scope<'_>, wanted: bool) -> Truth {
        match self.value(expr, scope, wanted) {
            Known::Value(Value::Bool(value)) => Truth::of(value),
            Known::Value(Value::Null) => Truth::NULL,
            Known::Truth(truth) => truth,
            Known::NotNull => Truth::KNOWN,
            Known::Opaque => Truth::of(wanted),
            Known::Value(_) | Known::Nothing => Truth::ANY,
        }
    }

    fn value(&mut self, expr: &Expr, scope: &Scope<'_>, wanted: bool) -> Known {
        // Assumptions speak of the outermost level: inside a sub-query the same columns are
        // numbered otherwise.
        if scope.depth() == 0 {
            if let Some(known) = self.assumption(expr) {
                return known;
            }
            if self.assumed_not_null(expr) {
                return match self.computed(expr, scope, wanted) {
                    Known::Truth(truth) => Known::Truth(truth.without(Truth::NULL)),
                    Known::Nothing => Known::NotNull,
                    other => other,
                };
            }
        }
        self.computed(expr, scope, wanted)
    }

    fn computed(&mut self, expr: &Expr, scope: &Scope<'_>, wanted: bool) -> Known {
        match expr {
            Expr::Const { value, .. } => Known::Value(value.clone()),
            Expr::Column(column) => match scope.home(*column) {
                Home::Relation { oid, attribute, outer: false, .. }
                    if attribute < 0 || self.facts.not_null(oid, attribute) =>
                {
                    Known::NotNull
                }
                _ => Known::Nothing,
            },
            Expr::Operator { operator, collation, arguments } => {
                self.operator(*operator, *collation, arguments, scope)
            }
            Expr::Distinct { operator, collation, arguments } => {
                Known::Truth(self.distinct(*operator, *collation, arguments, scope, wanted))
            }
            Expr::NullIf { operator, collation, arguments } => {
                self.null_if(*operator, *collation, arguments, scope, wanted)
            }
            Expr::OverArray { operator, collation, any, left, array } => {
                let array = self.elements(left, array, scope);
                let left = self.value(left, scope, true);
                Known::Truth(self.over_array(*operator, *collation, *any, &left, array, wanted))
            }
            Expr::Function { function, arguments, .. } => {
                self.function(*function, arguments, scope)
            }
            Expr::Inlined { function, arguments, body } => {
                self.inlined(*function, arguments, body, scope, wanted)
            }
            Expr::And(parts) => {
                let mut answer = Truth::TRUE;
                for part in parts {
                    answer = answer.conjunction(self.truth(part, scope, wanted));
                }
                Known::Truth(answer)
            }
            Expr::Or(parts) => {
                let mut answer = Truth::FALSE;
                for part in parts {
                    answer = answer.disjunction(self.truth(part, scope, wanted));
                }
                Known::Truth(answer)
            }
            Expr::Not(part) => Known::Truth(self.truth(part, scope, !wanted).not()),
            Expr::NullTest { argument, is_null, of_row } => {
                self.null_test(argument, *is_null, *of_row, scope, wanted)
            }
            Expr::BooleanTest { argument, test, negated } => {
                let value = match test {
                    TruthTest::True => Truth::TRUE,
                    TruthTest::False => Truth::FALSE,
                    TruthTest::Unknown => Truth::NULL,
                };
                let wanted = wanted ^ *negated ^ (*test == TruthTest::False);
                let answer = self.truth(argument, scope, wanted).is(value);
                Known::Truth(if *negated { answer.not() } else { answer })
            }
            Expr::Case { argument, arms, default } => {
                self.case(argument.as_deref(), arms, default.as_deref(), scope, wanted)
            }
            Expr::CaseTest => self
                .tests
                .iter()
                .rev()
                .find_map(|test| match test {
                    Test::Case(known) => Some(known.clone()),
                    Test::Row(_) => None,
                })
                .unwrap_or(Known::Nothing),
            Expr::Coalesce(parts) => self.coalesce(parts, scope, wanted),
            Expr::MinMax(parts) => {
                let known: Vec<Known> =
                    parts.iter().map(|part| self.value(part, scope, wanted)).collect();
                if known.iter().any(|part| !part.may_be_null()) {
                    Known::NotNull
                } else {
                    Known::Nothing
                }
            }
            Expr::Cast { argument, type_oid, how } => {
                self.cast(argument, *type_oid, *how, scope, wanted)
            }
            Expr::Array(parts) => {
                let known = parts.iter().map(|part| self.value(part, scope, wanted));
                let values: Option<Vec<Value>> = known
                    .map(|part| match part {
                        Known::Value(value) => Some(value),
                        Known::Truth(Truth::TRUE) => Some(Value::Bool(true)),
                        Known::Truth(Truth::FALSE) => Some(Value::Bool(false)),
                        _ => None,
                    })
                    .collect();
                values.map_or(Known::NotNull, |values| Known::Value(Value::Array(values)))
            }
            Expr::Row(_) => Known::NotNull,
            Expr::Bound(Bound::SubLink(column)) => self
                .tests
                .iter()
                .rev()
                .find_map(|test| match test {
                    Test::Row(row) => Some(column.checked_sub(1).and_then(|at| row.get(at))),
                    Test::Case(_) => None,
                })
                .flatten()
                .cloned()
                .unwrap_or(Known::Nothing),
            Expr::SubLink { kind, test, query } => {
                self.sub_link(*kind, test.as_deref(), query, scope, wanted)
            }
            Expr::SessionValue { which } => match *which {
                SQLValueFunctionOp::SVFOP_CURRENT_SCHEMA => Known::Nothing,
                _ => Known::NotNull,
            },
            Expr::Unknown { .. } => self.opaque(),
            Expr::Aggregate { .. }
            | Expr::RowCompare { .. }
            | Expr::Bound(_)
            | Expr::Subscript { .. }
            | Expr::Field { .. } => Known::Nothing,
        }
    }

    fn opaque(&self) -> Known {
        match self.opaque {
            Opaque::Anything => Known::Nothing,
            Opaque::InFavour => Known::Opaque,
        }
    }

    fn operator(
        &mut self,
        operator: Oid,
        collation: Oid,
        arguments: &[Expr],
        scope: &Scope<'_>,
    ) -> Known {
        let facts = self.facts.operator(operator);
        let known: Vec<Known> =
            arguments.iter().map(|argument| self.value(argument, scope, true)).collect();
        if facts.strict && known.contains(&Known::Value(Value::Null)) {
            return Known::Value(Value::Null);
        }
        if let [left, right] = known.as_slice() {
            if let Some(comparison) = facts.comparison {
                let same = matches!(arguments, [one, two] if one == two && self.is_steady(one));
                return self.compare(comparison, collation, left, right, same);
            }
            if let (Some(arithmetic), Known::Value(left), Known::Value(right)) =
                (facts.arithmetic, left, right)
                && let Some(value) = compute(arithmetic, left, right)
            {
                return Known::Value(value);
            }
        }
        self.applied(facts.opaque, &known)
    }

    /// The result of a function or operator that is not computed here. Over nothing but opaque
    /// answers and constants it is one more opaque answer.
    fn applied(&self, opaque: bool, arguments: &[Known]) -> Known {
        let fixed = arguments.iter().all(|known| matches!(known, Known::Opaque | Known::Value(_)));
        if opaque || (fixed && arguments.contains(&Known::Opaque)) {
            self.opaque()
        } else {
            Known::Nothing
        }
    }

    fn compare(
        &self,
        comparison: Comparison,
        collation: Oid,
        left: &Known,
        right: &Known,
        same: bool,
    ) -> Known {
        if left == &Known::Value(Value::Null) || right == &Known::Value(Value::Null) {
            return Known::Value(Value::Null);
        }
        let null =
            if left.may_be_null() || right.may_be_null() { Truth::NULL } else { Truth::NONE };
        if same {
            return Known::Truth(
                Truth::of(matches!(
                    comparison,
                    Comparison::Equal | Comparison::LessOrEqual | Comparison::GreaterOrEqual
                ))
                .or(null),
            );
        }
        if let (Known::Value(left), Known::Value(right)) = (left, right) {
            let text = matches!(left, Value::Text(_));
            let decided =
                decide(comparison, left, right, !text || self.facts.deterministic(collation));
            return Known::Truth(decided.map_or(Truth::KNOWN, Truth::of));
        }
        if let (Some(left), Some(right)) = (left.as_truth(), right.as_truth()) {
            let mut answer = null;
            for one in [true, false] {
                for two in [true, false] {
                    if left.can_be(Truth::of(one)) && right.can_be(Truth::of(two)) {
                        let decided =
                            decide(comparison, &Value::Bool(one), &Value::Bool(two), true);
                        answer = answer.or(decided.map_or(Truth::KNOWN, Truth::of));
                    }
                }
            }
            return Known::Truth(answer);
        }
        match self.applied(false, &[left.clone(), right.clone()]) {
            Known::Opaque => Known::Opaque,
            _ => Known::Truth(Truth::KNOWN.or(null)),
        }
    }

    fn distinct(
        &mut self,
        operator: Oid,
        collation: Oid,
        arguments: &[Expr],
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Truth {
        let [left, right] = arguments else { return Truth::KNOWN };
        if left == right
            && self.is_steady(left)
            && self.facts.operator(operator).comparison.is_some()
        {
            return Truth::FALSE;
        }
        let (one, two) = (self.value(left, scope, true), self.value(right, scope, true));
        if self.applied(false, &[one.clone(), two.clone()]) == Known::Opaque {
            return Truth::of(wanted);
        }
        match (one.is_null(), two.is_null()) {
            (Truth::TRUE, null) | (null, Truth::TRUE) => null.not(),
            (Truth::FALSE, Truth::FALSE) => {
                match self.operator(operator, collation, arguments, scope) {
                    Known::Truth(equal) => equal.not(),
                    _ => Truth::KNOWN,
                }
            }
            _ => Truth::KNOWN,
        }
    }

    fn null_if(
        &mut self,
        operator: Oid,
        collation: Oid,
        arguments: &[Expr],
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let Some(left) = arguments.first() else { return Known::Nothing };
        let value = self.value(left, scope, wanted);
        match self.operator(operator, collation, arguments, scope).as_truth() {
            None if value == Known::Opaque => Known::Opaque,
            Some(Truth::TRUE) => Known::Value(Value::Null),
            Some(equal) if !equal.can_be(Truth::TRUE) => value,
            _ => value.either(Known::Value(Value::Null), wanted),
        }
    }

    /// The elements of an array, each beside whether it is the same expression as `left`; or, where
    /// they are not known, what is known of the array.
    fn elements(
        &mut self,
        left: &Expr,
        array: &Expr,
        scope: &Scope<'_>,
    ) -> Result<Vec<(Known, bool)>, Known> {
        if let Expr::Array(parts) = array.unlabelled() {
            let steady = self.is_steady(left);
            let known =
                parts.iter().map(|part| (self.value(part, scope, true), steady && part == left));
            return Ok(known.collect());
        }
        match self.value(array, scope, true) {
            Known::Value(Value::Array(values)) => {
                Ok(values.into_iter().map(|value| (Known::Value(value), false)).collect())
            }
            known => Err(known),
        }
    }

    fn over_array(
        &mut self,
        operator: Oid,
        collation: Oid,
        any: bool,
        left: &Known,
        array: Result<Vec<(Known, bool)>, Known>,
        wanted: bool,
    ) -> Truth {
        let facts = self.facts.operator(operator);
        let elements = match array {
            Ok(elements) => elements,
            Err(Known::Value(Value::Null)) => return Truth::NULL,
            Err(array) => match self.applied(facts.opaque, &[left.clone(), array]) {
                Known::Opaque => return Truth::of(wanted),
                _ => return Truth::ANY,
            },
        };
        let mut answer = Truth::of(!any);
        for (element, same) in elements {
            let one = match facts.comparison {
                Some(comparison) => self.compare(comparison, collation, left, &element, same),
                None => self.applied(facts.opaque, &[left.clone(), element]),
            };
            let one = match one {
                Known::Opaque => Truth::of(wanted),
                known => known.as_truth().unwrap_or(Truth::ANY),
            };
            answer = if any { answer.disjunction(one) } else { answer.conjunction(one) };
        }
        answer
    }

    fn function(&mut self, function: Oid, arguments: &[Expr], scope: &Scope<'_>) -> Known {
        let facts = self.facts.function(function);
        let known: Vec<Known> =
            arguments.iter().map(|argument| self.value(argument, scope, true)).collect();
        if facts.strict && known.contains(&Known::Value(Value::Null)) {
            return Known::Value(Value::Null);
        }
        if facts.cast
            && let [Known::Value(value)] = known.as_slice()
        {
            return Known::Value(value.clone());
        }
        if facts.cast
            && let [argument] = known.as_slice()
            && !argument.may_be_null()
        {
            return Known::NotNull;
        }
        self.applied(facts.opaque, &known)
    }

    /// A call whose body was read says what the body says, unless a NULL argument answers first.
    fn inlined(
        &mut self,
        function: Oid,
        arguments: &[Expr],
        body: &Expr,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let mut perhaps_null = false;
        if self.facts.function(function).strict {
            for argument in arguments {
                let known = self.value(argument, scope, wanted);
                if known == Known::Value(Value::Null) {
                    return known;
                }
                perhaps_null |= known.may_be_null();
            }
        }
        let known = self.value(body, scope, wanted);
        if perhaps_null { known.either(Known::Value(Value::Null), wanted) } else { known }
    }

    fn null_test(
        &mut self,
        argument: &Expr,
        is_null: bool,
        of_row: bool,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let answer = match self.value(argument, scope, wanted) {
            _ if of_row => Truth::KNOWN,
            Known::Opaque => return Known::Opaque,
            known => known.is_null(),
        };
        Known::Truth(if is_null { answer } else { answer.not() })
    }

    fn case(
        &mut self,
        argument: Option<&Expr>,
        arms: &[(Expr, Expr)],
        default: Option<&Expr>,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let tested = argument.map(|argument| self.value(argument, scope, wanted));
        let mut answer: Option<Known> = None;
        let mut join = |known: Known| {
            answer = Some(match answer.take() {
                Some(sofar) => sofar.either(known, wanted),
                None => known,
            });
        };
        for (condition, result) in arms {
            let with_argument = tested.is_some();
            if let Some(tested) = &tested {
                self.tests.push(Test::Case(tested.clone()));
            }
            let condition = self.value(condition, scope, true);
            if with_argument {
                self.tests.pop();
            }
            let condition = match condition {
                // The opaque condition takes the arm that helps.
                Known::Opaque => {
                    let result = self.value(result, scope, wanted);
                    if result == Known::Opaque || result.as_truth() == Some(Truth::of(wanted)) {
                        join(result);
                        return answer.unwrap_or(Known::Nothing);
                    }
                    continue;
                }
                known => known.as_truth().unwrap_or(Truth::ANY),
            };
            if condition.can_be(Truth::TRUE) {
                join(self.value(result, scope, wanted));
            }
            if condition == Truth::TRUE {
                return answer.unwrap_or(Known::Nothing);
            }
        }
        join(match default {
            Some(default) => self.value(default, scope, wanted),
            None => Known::Value(Value::Null),
        });
        answer.unwrap_or(Known::Nothing)
    }

    fn coalesce(&mut self, parts: &[Expr], scope: &Scope<'_>, wanted: bool) -> Known {
        let mut answer: Option<Known> = None;
        for part in parts {
            let known = self.value(part, scope, wanted);
            let may_be_null = known.may_be_null();
            let value = match known {
                Known::Value(Value::Null) => continue,
                // It answers, and with what helps.
                Known::Opaque => {
                    return match answer {
                        Some(sofar) => sofar.either(Known::Opaque, wanted),
                        None => Known::Opaque,
                    };
                }
                Known::Truth(truth) => Known::Truth(truth.without(Truth::NULL)),
                Known::Nothing => Known::NotNull,
                other => other,
            };
            answer = Some(match answer {
                Some(sofar) => sofar.either(value, wanted),
                None => value,
            });
            if !may_be_null {
                return answer.unwrap_or(Known::NotNull);
            }
        }
        match answer {
            Some(sofar) => sofar.either(Known::Value(Value::Null), wanted),
            None => Known::Value(Value::Null),
        }
    }

    fn cast(
        &mut self,
        argument: &Expr,
        to: Oid,
        how: Cast,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        match (how, self.value(argument, scope, wanted)) {
            (_, Known::Value(Value::Null)) => Known::Value(Value::Null),
            (Cast::Relabel | Cast::Domain, Known::Value(value)) if !keeps_meaning(&value, to) => {
                Known::NotNull
            }
            (Cast::Relabel | Cast::Domain, known) => known,
            (Cast::Io, Known::Value(Value::Int(value)))
                if to == pg_sys::TEXTOID || to == pg_sys::VARCHAROID =>
            {
                Known::Value(Value::Text(value.to_string()))
            }
            (_, Known::Opaque) => Known::Opaque,
            (_, known) if known.may_be_null() => Known::Nothing,
            _ => Known::NotNull,
        }
    }

    fn sub_link(
        &mut self,
        kind: SubLink,
        test: Option<&Expr>,
        query: &Query,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let inside = scope.inside(query);
        let rows = self.rows(query, &inside, wanted);
        match kind {
            SubLink::Exists => Known::Truth(rows),
            SubLink::Array => Known::NotNull,
            SubLink::Scalar => match rows {
                Truth::FALSE => Known::Value(Value::Null),
                rows if single(query) => {
                    let value = match query.targets.first() {
                        Some(target) => self.value(target, &inside, wanted),
                        None => Known::Nothing,
                    };
                    if rows == Truth::TRUE {
                        value
                    } else {
                        value.either(Known::Value(Value::Null), wanted)
                    }
                }
                _ => Known::Nothing,
            },
            SubLink::Any | SubLink::All => {
                let empty = Truth::of(kind == SubLink::All);
                if rows == Truth::FALSE {
                    return Known::Truth(empty);
                }
                let (true, Some(test)) = (single(query), test) else {
                    return Known::Truth(Truth::ANY);
                };
                let row =
                    query.targets.iter().map(|target| self.value(target, &inside, true)).collect();
                self.tests.push(Test::Row(row));
                let answer = self.truth(test, scope, wanted);
                self.tests.pop();
                Known::Truth(if rows == Truth::TRUE { answer } else { answer.or(empty) })
            }
            SubLink::Row => Known::Truth(Truth::ANY),
        }
    }

    /// Whether the query returns a row.
    fn rows(&mut self, query: &Query, inside: &Scope<'_>, wanted: bool) -> Truth {
        let having = match &query.having {
            Some(having) => self.truth(having, inside, wanted),
            None => Truth::TRUE,
        };
        if query.reshaped || having != Truth::TRUE {
            return Truth::KNOWN;
        }
        // Without groups either makes one row of however many, even of none.
        if (query.aggregated || query.having.is_some()) && !query.grouped {
            return Truth::TRUE;
        }
        let filter = match &query.filter {
            Some(filter) => self.truth(filter, inside, wanted),
            None => Truth::TRUE,
        };
        if !filter.can_be(Truth::TRUE) {
            return if query.grouped { Truth::KNOWN } else { Truth::FALSE };
        }
        let always = query.from.iter().all(|item| {
            let From::Source(source) = item else { return false };
            match query.sources.get(source.wrapping_sub(1)) {
                Some(Source::Values(rows)) => !rows.is_empty(),
                Some(Source::Query(inner)) => {
                    self.rows(inner, &inside.inside(inner), wanted) == Truth::TRUE
                }
                Some(Source::Functions(calls)) => {
                    self.opaque == Opaque::InFavour
                        && calls.iter().any(|call| {
                            matches!(call, Expr::Function { function, .. }
                                if self.facts.function(*function).opaque)
                        })
                }
                _ => false,
            }
        });
        if always && filter == Truth::TRUE && !query.grouped { Truth::TRUE } else { Truth::KNOWN }
    }
}

/// The same bytes, seen as another type, compare as before: not so for an integer as an oid, which
/// has no sign, or a text as a character(n), whose trailing blanks do not count.
fn keeps_meaning(value: &Value, to: Oid) -> bool {
    // A COLLATE clause names no type.
    to == Oid::INVALID
        || match value {
            Value::Int(_) => [pg_sys::INT2OID, pg_sys::INT4OID, pg_sys::INT8OID].contains(&to),
            Value::Text(_) => [pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::NAMEOID].contains(&to),
            Value::Array(_) => [pg_sys::TEXTARRAYOID, pg_sys::VARCHARARRAYOID].contains(&to),
            Value::Null | Value::Bool(_) | Value::Uuid(_) => true,
            Value::Other(_) => false,
        }
}

/// The query returns at most one row, made of its columns alone.
fn single(query: &Query) -> bool {
    query.from.is_empty() && !query.reshaped && !query.aggregated && !query.grouped
}

/// The condition that an expression compares with constant truth values: `open = true`,
/// `open IN (true, false)`.
fn beside_truth(expr: &Expr) -> Option<&Expr> {
    let is_truth = |expr: &Expr| match expr {
        Expr::Const { value: Value::Bool(_), .. } => true,
        Expr::Const { value: Value::Array(values), .. } => {
            values.iter().all(|value| matches!(value, Value::Bool(_)))
        }
        _ => false,
    };
    match expr {
        Expr::Operator { arguments, .. } => match arguments.as_slice() {
            [condition, constant] | [constant, condition] if is_truth(constant) => Some(condition),
            _ => None,
        },
        Expr::OverArray { left, array, .. } => {
            let truths = match array.as_ref() {
                Expr::Array(parts) => parts.iter().all(is_truth),
                other => is_truth(other),
            };
            truths.then_some(left)
        }
        _ => None,
    }
}

/// A comparison of two constants, where their types are known here.
fn decide(comparison: Comparison, left: &Value, right: &Value, exact: bool) -> Option<bool> {
    let order = match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Uuid(left), Value::Uuid(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => {
            // Equal bytes are equal in every collation; how unequal texts are ordered is not
            // known here.
            let equal = left == right;
            return match comparison {
                Comparison::Equal if equal || exact => Some(equal),
                Comparison::NotEqual if equal || exact => Some(!equal),
                Comparison::LessOrEqual | Comparison::GreaterOrEqual if equal => Some(true),
                Comparison::Less | Comparison::Greater if equal => Some(false),
                _ => None,
            };
        }
        (Value::Other(left), Value::Other(right)) if left == right => std::cmp::Ordering::Equal,
        _ => return None,
    };
    Some(match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    })
}

fn compute(arithmetic: Arithmetic, left: &Value, right: &Value) -> Option<Value> {
    match (arithmetic, left, right) {
        (Arithmetic::Add, Value::Int(left), Value::Int(right)) => {
            left.checked_add(*right).map(Value::Int)
        }
        (Arithmetic::Subtract, Value::Int(left), Value::Int(right)) => {
            left.checked_sub(*right).map(Value::Int)
        }
        (Arithmetic::Multiply, Value::Int(left), Value::Int(right)) => {
            left.checked_mul(*right).map(Value::Int)
        }
        (Arithmetic::Concatenate, Value::Text(left), Value::Text(right)) => {
            Some(Value::Text(format!("{left}{right}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
