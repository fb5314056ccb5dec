//! The value of each kind of expression.

use std::cmp::Ordering;

use pgrx::pg_sys::{self, Oid, SQLValueFunctionOp};

use super::constants::{compute, decide, elements, find, holds_for, is_at_end, keeps_meaning};
use super::facts::{Anonymous, Arithmetic, Comparison, Facts, Search};
use super::known::Known;
use super::range::Range;
use super::split::Case;
use super::{Caller, Opaque, Question, Truth};
use crate::expr::scope::{Home, Scope};
use crate::expr::tree::{Bound, Cast, ColumnRef, Expr, SubLink, TruthTest, Value};

/// What ANY, ALL and CASE let their condition refer to.
pub(super) enum Test {
    Case(Known),
    Row(Vec<Known>),
}

pub(super) struct Interpreter<'a> {
    pub(super) facts: &'a dyn Facts,
    pub(super) opaque: Opaque,
    pub(super) caller: Caller,
    filled: bool,
    pub(super) assumed: Vec<(Expr, Case)>,
    pub(super) tests: Vec<Test>,
    /// The aggregates that are looked at are over no rows.
    pub(super) over_nothing: bool,
    /// How many more expressions are looked at before the rest counts as not readable: a column of a
    /// sub-query in FROM is looked at wherever it is used.
    work: usize,
}

const MAX_WORK: usize = 1_000_000;

impl<'a> Interpreter<'a> {
    pub(super) fn new(facts: &'a dyn Facts, question: Question<'_>) -> Self {
        Self {
            facts,
            opaque: question.opaque,
            caller: question.caller,
            filled: question.filled,
            assumed: question
                .nulls
                .iter()
                .map(|column| (Expr::Column(*column), Case::Null))
                .collect(),
            tests: Vec::new(),
            over_nothing: false,
            work: MAX_WORK,
        }
    }
}

impl Interpreter<'_> {
    /// The truth values of a condition. `wanted` is the answer that would make the whole
    /// expression true.
    pub(super) fn truth(&mut self, expr: &Expr, scope: &Scope<'_>, wanted: bool) -> Truth {
        truth_of(self.value(expr, scope, wanted), wanted)
    }

    pub(super) fn value(&mut self, expr: &Expr, scope: &Scope<'_>, wanted: bool) -> Known {
        let Some(left) = self.work.checked_sub(1) else { return self.opaque() };
        self.work = left;
        // Assumptions speak of the outermost level: inside a sub-query the same columns are
        // numbered otherwise.
        if let Expr::Column(column) = expr
            && scope.depth() > 0
            && column.level == scope.depth()
        {
            let own = Expr::Column(ColumnRef { level: 0, ..*column });
            return self.value(&own, &scope.outside(scope.depth()), wanted);
        }
        if scope.depth() == 0 && !self.assumed.is_empty() {
            if let Some(known) = self.assumption(expr) {
                return known;
            }
            if self.assumed_not_null(expr) {
                return self.computed(expr, scope, wanted).not_null();
            }
        }
        self.computed(expr, scope, wanted)
    }

    fn computed(&mut self, expr: &Expr, scope: &Scope<'_>, wanted: bool) -> Known {
        match expr {
            Expr::Const { value, .. } => Known::Value(value.clone()),
            Expr::Column(column) => self.column(*column, scope, wanted),
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
            Expr::Function { function, type_oid, arguments } => {
                self.function((*function, *type_oid), arguments, scope, wanted)
            }
            Expr::Inlined { function, arguments, body } => {
                self.inlined(*function, arguments, body, scope, wanted)
            }
            Expr::And(parts) => {
                let mut answer = Truth::TRUE;
                for part in parts {
                    answer = answer.conjunction(self.truth(part, scope, wanted));
                }
                if answer.can_be(Truth::TRUE)
                    && answer != Truth::TRUE
                    && self.exclude_each_other(parts)
                {
                    answer = answer.without(Truth::TRUE);
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
                let answer = match self.value(argument, scope, wanted) {
                    // It can be NULL as well.
                    Known::Opaque if *test == TruthTest::Unknown => return Known::Opaque,
                    known => truth_of(known, wanted).is(value),
                };
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
            Expr::MinMax { greatest, parts } => {
                let known: Vec<Known> =
                    parts.iter().map(|part| self.value(part, scope, wanted)).collect();
                min_max(*greatest, &known)
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
            Expr::Aggregate { function, window, .. } => self.aggregate(*function, *window),
            Expr::RowCompare { .. }
            | Expr::Bound(_)
            | Expr::Subscript { .. }
            | Expr::Field { .. } => Known::Nothing,
        }
    }

    fn column(&mut self, column: ColumnRef, scope: &Scope<'_>, wanted: bool) -> Known {
        match scope.home(column) {
            Home::Relation { oid, attribute, outer: false, .. }
                if attribute < 0 || self.facts.not_null(oid, attribute) =>
            {
                Known::NotNull
            }
            Home::Relation { depth: 0, .. } if self.filled => Known::NotNull,
            Home::Relation { .. } => Known::Nothing,
            Home::Computed => self.computed_column(column, scope, wanted),
        }
    }

    fn aggregate(&self, function: Oid, window: bool) -> Known {
        let facts = self.facts.function(function);
        // The one row that an aggregate makes of nothing is a row to a window.
        match (facts.counts, self.over_nothing && !window) {
            (true, true) => Known::Value(Value::Int(0)),
            (true, false) => Known::Range { range: Range::from(&Value::Int(0)), null: false },
            (false, true) if facts.built_in_aggregate => Known::Value(Value::Null),
            _ if facts.opaque => self.opaque(),
            _ => Known::Nothing,
        }
    }

    pub(super) fn opaque(&self) -> Known {
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
        let known: Vec<Known> =
            arguments.iter().map(|argument| self.value(argument, scope, true)).collect();
        self.operated(operator, collation, arguments, &known, scope)
    }

    /// What an operator makes of arguments of which this is known.
    fn operated(
        &mut self,
        operator: Oid,
        collation: Oid,
        arguments: &[Expr],
        known: &[Known],
        scope: &Scope<'_>,
    ) -> Known {
        let facts = self.facts.operator(operator);
        if facts.strict && known.contains(&Known::Value(Value::Null)) {
            return Known::Value(Value::Null);
        }
        if let [left, right] = known {
            if let Some(comparison) = facts.comparison {
                let same = match arguments {
                    [one, two]
                        if last_part(one) == last_part(two)
                            && !matches!(last_part(one), Expr::Const { .. }) =>
                    {
                        let one = self.reduced(one, scope);
                        one == self.reduced(two, scope) && self.is_steady(one)
                    }
                    _ => false,
                };
                return self.compare(comparison, collation, left, right, same);
            }
            if let Some(arithmetic) = facts.arithmetic {
                if let (Known::Value(left), Known::Value(right)) = (left, right)
                    && let Some(value) = compute(arithmetic, left, right)
                {
                    return Known::Value(value);
                }
                if let Some(range) = moved(arithmetic, left, right) {
                    return range;
                }
                if !left.may_be_null() && !right.may_be_null() {
                    return self.or_not_null(known);
                }
            }
            if let Some(search) = facts.search {
                return self.search(search, collation, left, right);
            }
        }
        self.applied(facts.opaque, known)
    }

    /// What is left of COALESCE without the parts that are NULL.
    fn reduced<'e>(&mut self, expr: &'e Expr, scope: &Scope<'_>) -> &'e Expr {
        let Expr::Coalesce(parts) = expr else { return expr };
        let mut left = parts
            .iter()
            .skip_while(|part| self.value(part, scope, true) == Known::Value(Value::Null));
        match left.next() {
            Some(only) if left.next().is_none() => self.reduced(only, scope),
            _ => expr,
        }
    }

    /// An answer that is never NULL for these arguments, opaque where they are.
    fn or_not_null(&self, arguments: &[Known]) -> Known {
        match self.applied(false, arguments) {
            Known::Opaque => Known::Opaque,
            _ => Known::NotNull,
        }
    }

    fn search(&self, search: Search, collation: Oid, left: &Known, right: &Known) -> Known {
        let null =
            if left.may_be_null() || right.may_be_null() { Truth::NULL } else { Truth::NONE };
        let fits_all = matches!(right, Known::Value(Value::Text(pattern))
            if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'%'));
        let matches_all = matches!(right, Known::Value(Value::Text(pattern))
            if ["", "^", "$", ".*", "^.*", ".*$", "^.*$"].contains(&pattern.as_str()));
        let none = |known: &Known| *known == Known::Value(Value::Array(Vec::new()));
        let found = match search {
            Search::Like | Search::AnyCaseLike if fits_all => Some(true),
            Search::NotLike if fits_all => Some(false),
            Search::Matches if matches_all => Some(true),
            Search::NotMatches if matches_all => Some(false),
            // Every array holds all of nothing, and none some of it.
            Search::Contains if none(right) => Some(true),
            Search::ContainedBy if none(left) => Some(true),
            Search::Overlaps if none(left) || none(right) => Some(false),
            _ => None,
        };
        if let Some(found) = found {
            return Known::Truth(Truth::of(found).or(null));
        }
        if let (Known::Value(one), Known::Value(two)) = (left, right)
            && let Some(found) = find(search, one, two, self.facts.deterministic(collation))
        {
            return Known::Truth(Truth::of(found));
        }
        match self.applied(false, &[left.clone(), right.clone()]) {
            Known::Opaque => Known::Opaque,
            _ => Known::Truth(Truth::KNOWN.or(null)),
        }
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

    pub(super) fn compare(
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
        if let (Some(left), Some(right)) = (left.range(), right.range()) {
            let mut answer = null;
            for order in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
                if left.can_be(order, &right) {
                    answer = answer.or(Truth::of(holds_for(comparison, order)));
                }
            }
            return Known::Truth(answer);
        }
        if let (Known::Without(others), Known::Value(value))
        | (Known::Value(value), Known::Without(others)) = (left, right)
            && others.contains(value)
            && (!matches!(value, Value::Text(_)) || self.facts.deterministic(collation))
        {
            match comparison {
                Comparison::Equal => return Known::Truth(Truth::FALSE),
                Comparison::NotEqual => return Known::Truth(Truth::TRUE),
                _ => {}
            }
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
        // Nothing is beyond the ends of a type.
        let at_end =
            |known: &Known, last| matches!(known, Known::Value(value) if is_at_end(value, last));
        if at_end(left, true) || at_end(right, false) {
            let orders = [Ordering::Equal, Ordering::Greater];
            return Known::Truth(
                orders.iter().fold(null, |answer, order| {
                    answer.or(Truth::of(holds_for(comparison, *order)))
                }),
            );
        }
        if at_end(left, false) || at_end(right, true) {
            return self.compare(comparison.turned(), collation, right, left, same);
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
        let known = [self.value(left, scope, true), self.value(right, scope, true)];
        if self.applied(false, &known) == Known::Opaque {
            return Truth::of(wanted);
        }
        let facts = self.facts.operator(operator);
        // Somebody's own equality may say NULL.
        let open = if facts.built_in { Truth::KNOWN } else { Truth::ANY };
        let nulls = (known[0].is_null(), known[1].is_null());
        let filled = nulls == (Truth::FALSE, Truth::FALSE);
        if let (Truth::TRUE, null) | (null, Truth::TRUE) = nulls {
            return null.not();
        }
        // What is assumed to be equal is not distinct, and what is assumed not to be is: with a strict
        // equality neither is NULL then.
        if scope.depth() == 0 && !self.assumed.is_empty() && (filled || facts.strict) {
            let equal = Expr::Operator { operator, collation, arguments: arguments.to_vec() };
            if let Some(Known::Truth(equal)) = self.assumption(&equal)
                && !equal.can_be(Truth::NULL)
            {
                return equal.not();
            }
        }
        match filled.then(|| self.operated(operator, collation, arguments, &known, scope)) {
            Some(Known::Truth(equal)) if !equal.can_be(Truth::NULL) => equal.not(),
            _ => open,
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
        let [left, right] = arguments else { return Known::Nothing };
        let known = [self.value(left, scope, wanted), self.value(right, scope, true)];
        let equal = self.operated(operator, collation, arguments, &known, scope);
        let [value, _] = known;
        match equal.as_truth() {
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
        let steady = self.is_steady(left);
        let mut found = Vec::new();
        if let Expr::Array(parts) = array.unlabelled() {
            for part in parts {
                // An array of arrays has the elements of all of them.
                if let Expr::Array(_) | Expr::Const { value: Value::Array(_), .. } = part {
                    found.extend(self.elements(left, part, scope)?);
                } else {
                    found.push((self.value(part, scope, true), steady && part == left));
                }
            }
            return Ok(found);
        }
        match self.value(array, scope, true) {
            Known::Value(Value::Array(values)) => Ok(elements(&values)
                .into_iter()
                .map(|one| (Known::Value(one.clone()), false))
                .collect()),
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
            // Compared with nothing it is what it is without elements, else NULL.
            Err(_) if facts.strict && *left == Known::Value(Value::Null) => {
                return if self.filled { Truth::NULL } else { Truth::NULL.or(Truth::of(!any)) };
            }
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

    fn function(
        &mut self,
        (function, type_oid): (Oid, Oid),
        arguments: &[Expr],
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let facts = self.facts.function(function);
        if self.caller != Caller::Anybody
            && let Some(anonymous) = facts.identity
        {
            return self.anonymous(anonymous, wanted);
        }
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
        if facts.length
            && let [Known::Value(Value::Text(text))] = known.as_slice()
            && let Ok(length) = i64::try_from(text.chars().count())
        {
            return Known::Value(Value::Int(length));
        }
        if facts.cast
            && let [argument] = known.as_slice()
        {
            match argument {
                Known::Range { .. } => return argument.clone(),
                argument if !argument.may_be_null() => return Known::NotNull,
                _ => {}
            }
        }
        if facts.never_negative && self.applied(facts.opaque, &known) != Known::Opaque {
            let null = !facts.total || known.iter().any(Known::may_be_null);
            let zero = match type_oid {
                pg_sys::NUMERICOID => Value::Number("0".to_owned()),
                _ => Value::Int(0),
            };
            return Known::Range { range: Range::from(&zero), null };
        }
        if facts.total && !known.iter().any(Known::may_be_null) {
            return self.or_not_null(&known);
        }
        self.applied(facts.opaque, &known)
    }

    /// What says who is asking, where nobody is.
    fn anonymous(&self, anonymous: Anonymous, wanted: bool) -> Known {
        match anonymous {
            Anonymous::False => Known::Value(Value::Bool(false)),
            Anonymous::Setting if self.caller == Caller::NobodyAnyMore => {
                Known::Value(Value::Text(String::new()))
            }
            // Where the answer false opens the row only the body would tell.
            Anonymous::FalseOrNull if !wanted && self.opaque == Opaque::InFavour => Known::Opaque,
            Anonymous::FalseOrNull if !wanted => Known::Nothing,
            Anonymous::FalseOrNull => Known::Truth(Truth::FALSE.or(Truth::NULL)),
            Anonymous::Null | Anonymous::Setting => Known::Value(Value::Null),
        }
    }

    /// A call whose body was read says what the body says, unless a NULL argument answers first.
    pub(super) fn inlined(
        &mut self,
        function: Oid,
        arguments: &[Expr],
        body: &Expr,
        scope: &Scope<'_>,
        wanted: bool,
    ) -> Known {
        let mut perhaps_null = false;
        let facts = self.facts.function(function);
        if facts.returns_set {
            return match body {
                Expr::SubLink { kind: SubLink::Scalar, query, .. } => {
                    self.target(query, 1, &scope.inside(query), wanted)
                }
                _ => Known::Nothing,
            };
        }
        if facts.strict {
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
                other => other.not_null(),
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
            (Cast::Relabel | Cast::Domain, Known::Without(others))
                if !others.iter().all(|value| keeps_meaning(value, to)) =>
            {
                Known::NotNull
            }
            (Cast::Relabel | Cast::Domain, Known::Range { range, null })
                if !range.example().is_some_and(|value| keeps_meaning(value, to)) =>
            {
                if null {
                    Known::Nothing
                } else {
                    Known::NotNull
                }
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
}

/// The truth values of a condition of which this is known.
fn truth_of(known: Known, wanted: bool) -> Truth {
    match known {
        Known::Value(Value::Bool(value)) => Truth::of(value),
        Known::Value(Value::Null) => Truth::NULL,
        Known::Truth(truth) => truth,
        Known::NotNull | Known::Without(_) => Truth::KNOWN,
        Known::Opaque => Truth::of(wanted),
        Known::Value(_) | Known::Range { .. } | Known::Nothing => Truth::ANY,
    }
}

/// What COALESCE says where nothing before it does.
fn last_part(expr: &Expr) -> &Expr {
    match expr {
        Expr::Coalesce(parts) => parts.last().map_or(expr, last_part),
        other => other,
    }
}

/// GREATEST or LEAST, which pass over NULL.
fn min_max(greatest: bool, parts: &[Known]) -> Known {
    let null = parts.iter().all(Known::may_be_null);
    let ranges: Vec<(Option<Range>, bool)> = parts
        .iter()
        .filter(|part| **part != Known::Value(Value::Null))
        .map(|part| (part.range(), part.may_be_null()))
        .collect();
    match Range::outermost(greatest, &ranges) {
        Some(range) => Known::Range { range, null },
        None if null => Known::Nothing,
        None => Known::NotNull,
    }
}

/// The sum or difference of integers of which the range is known.
fn moved(arithmetic: Arithmetic, left: &Known, right: &Known) -> Option<Known> {
    let down = match arithmetic {
        Arithmetic::Add => false,
        Arithmetic::Subtract => true,
        _ => return None,
    };
    let range = left.range()?.moved(&right.range()?, down)?;
    Some(Known::Range { range, null: left.may_be_null() || right.may_be_null() })
}
