//! The interpreter over expressions made by hand: one relation whose first column is NOT NULL.

use pgrx::pg_sys::{self, Oid};

use super::*;
use crate::expr::tree::{
    Bound, Cast, ColumnRef, Expr, From, Query, Source, SubLink, TruthTest, Value,
};

const RELATION: u32 = 1;
const EQUAL: u32 = 10;
const NOT_EQUAL: u32 = 11;
const LESS: u32 = 12;
const NOT_LESS: u32 = 13;
const USERS_OPERATOR: u32 = 14;
const STABLE: u32 = 20;
const VOLATILE: u32 = 21;
const OPAQUE: u32 = 22;
const LOOSE: u32 = 30;

struct World;

impl Facts for World {
    fn not_null(&self, relation: Oid, attribute: i16) -> bool {
        relation == oid(RELATION) && attribute == 1
    }

    fn operator(&self, operator: Oid) -> OperatorFacts {
        let (comparison, negator) = match operator.to_u32() {
            EQUAL => (Comparison::Equal, NOT_EQUAL),
            NOT_EQUAL => (Comparison::NotEqual, EQUAL),
            LESS => (Comparison::Less, NOT_LESS),
            NOT_LESS => (Comparison::GreaterOrEqual, LESS),
            _ => return OperatorFacts { opaque: true, ..OperatorFacts::default() },
        };
        OperatorFacts {
            comparison: Some(comparison),
            negator: Some(oid(negator)),
            strict: true,
            built_in: true,
            ..OperatorFacts::default()
        }
    }

    fn function(&self, function: Oid) -> FunctionFacts {
        FunctionFacts {
            volatile: function == oid(VOLATILE),
            opaque: function == oid(OPAQUE),
            ..FunctionFacts::default()
        }
    }

    fn deterministic(&self, collation: Oid) -> bool {
        collation != oid(LOOSE)
    }
}

fn oid(number: u32) -> Oid {
    Oid::from_u32(number)
}

fn is(expr: &Expr) -> Truth {
    truth(&World, oid(RELATION), expr, Opaque::Anything)
}

fn favoured(expr: &Expr) -> Truth {
    truth(&World, oid(RELATION), expr, Opaque::InFavour)
}

fn constant(value: Value) -> Expr {
    Expr::Const { type_oid: oid(0), value }
}

fn yes() -> Expr {
    constant(Value::Bool(true))
}

fn no() -> Expr {
    constant(Value::Bool(false))
}

fn null() -> Expr {
    constant(Value::Null)
}

fn int(value: i64) -> Expr {
    constant(Value::Int(value))
}

fn text(value: &str) -> Expr {
    constant(Value::Text(value.to_owned()))
}

/// Column 1 is NOT NULL, the others are not.
fn column(attribute: i16) -> Expr {
    Expr::Column(ColumnRef { level: 0, source: 1, attribute })
}

fn op(operator: u32, left: Expr, right: Expr) -> Expr {
    Expr::Operator { operator: oid(operator), collation: oid(0), arguments: vec![left, right] }
}

fn call(function: u32) -> Expr {
    Expr::Function { function: oid(function), type_oid: oid(0), arguments: Vec::new() }
}

fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

fn is_null(argument: Expr) -> Expr {
    Expr::NullTest { argument: Box::new(argument), is_null: true, of_row: false }
}

fn exists(query: Query) -> Expr {
    Expr::SubLink { kind: SubLink::Exists, test: None, query: Box::new(query) }
}

#[test]
fn tables_of_three_valued_logic() {
    let values = [(yes(), Some(true)), (no(), Some(false)), (null(), None)];
    let set = |value: Option<bool>| value.map_or(Truth::NULL, Truth::of);
    for (left, one) in &values {
        assert_eq!(is(&not(left.clone())), set(one.map(|value| !value)));
        for (right, two) in &values {
            let and = match (one, two) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            let or = match (one, two) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
            assert_eq!(is(&Expr::And(vec![left.clone(), right.clone()])), set(and));
            assert_eq!(is(&Expr::Or(vec![left.clone(), right.clone()])), set(or));
        }
    }
}

#[test]
fn sets_combine_element_by_element() {
    // The tables above, for every pair of sets.
    for one in 1..8 {
        for two in 1..8 {
            let mut and = Truth::NONE;
            let mut or = Truth::NONE;
            for left in [Truth::TRUE, Truth::FALSE, Truth::NULL] {
                for right in [Truth::TRUE, Truth::FALSE, Truth::NULL] {
                    if Truth(one).can_be(left) && Truth(two).can_be(right) {
                        and = and.or(left.conjunction(right));
                        or = or.or(left.disjunction(right));
                    }
                }
            }
            assert_eq!(Truth(one).conjunction(Truth(two)), and);
            assert_eq!(Truth(one).disjunction(Truth(two)), or);
        }
    }
}

#[test]
fn boolean_tests_are_never_null() {
    let test = |argument, test, negated| {
        is(&Expr::BooleanTest { argument: Box::new(argument), test, negated })
    };
    assert_eq!(test(null(), TruthTest::True, false), Truth::FALSE);
    assert_eq!(test(null(), TruthTest::False, true), Truth::TRUE);
    assert_eq!(test(null(), TruthTest::Unknown, false), Truth::TRUE);
    assert_eq!(test(column(2), TruthTest::True, false), Truth::KNOWN);
    assert_eq!(test(column(1), TruthTest::Unknown, true), Truth::TRUE);
}

#[test]
fn columns_know_whether_they_can_be_null() {
    assert_eq!(is(&is_null(column(1))), Truth::FALSE);
    assert_eq!(is(&is_null(column(2))), Truth::KNOWN);
    assert_eq!(is(&is_null(column(-1))), Truth::FALSE);
    assert_eq!(is(&op(EQUAL, column(1), int(1))), Truth::KNOWN);
    assert_eq!(is(&op(EQUAL, column(2), int(1))), Truth::ANY);
    assert_eq!(is(&op(EQUAL, column(2), null())), Truth::NULL);
}

#[test]
fn a_value_equals_itself_unless_null_or_volatile() {
    assert_eq!(is(&op(EQUAL, column(1), column(1))), Truth::TRUE);
    assert_eq!(is(&op(LESS, column(1), column(1))), Truth::FALSE);
    assert_eq!(is(&op(EQUAL, column(2), column(2))), Truth::TRUE.or(Truth::NULL));
    assert_eq!(is(&op(EQUAL, call(STABLE), call(STABLE))), Truth::TRUE.or(Truth::NULL));
    assert_eq!(is(&op(EQUAL, call(VOLATILE), call(VOLATILE))), Truth::ANY);
}

#[test]
fn complementary_arms_leave_no_case() {
    let owned = || op(EQUAL, column(2), call(STABLE));
    assert_eq!(is(&Expr::Or(vec![is_null(column(2)), not(is_null(column(2)))])), Truth::TRUE);
    assert_eq!(
        is(&Expr::Or(vec![is_null(column(2)), op(EQUAL, column(2), column(2))])),
        Truth::TRUE
    );
    assert_eq!(is(&Expr::Or(vec![column(1), not(column(1))])), Truth::TRUE);
    assert_ne!(is(&Expr::Or(vec![column(2), not(column(2))])), Truth::TRUE);
    assert_eq!(
        is(&Expr::Or(vec![op(LESS, column(1), int(1)), op(NOT_LESS, column(1), int(1))])),
        Truth::TRUE
    );
    assert_ne!(
        is(&Expr::Or(vec![op(LESS, column(1), int(1)), op(NOT_LESS, column(1), int(2))])),
        Truth::TRUE
    );
    // NULL on either side is neither equal nor unequal.
    let both = vec![owned(), op(NOT_EQUAL, column(2), call(STABLE))];
    assert_ne!(is(&Expr::Or(both.clone())), Truth::TRUE);
    let mut closed = both;
    closed.extend([is_null(column(2)), is_null(call(STABLE))]);
    assert_eq!(is(&Expr::Or(closed)), Truth::TRUE);
}

#[test]
fn values_are_split_where_they_are_compared() {
    let less = |attribute, value| op(LESS, column(attribute), int(value));
    let not_less = |attribute, value| op(NOT_LESS, column(attribute), int(value));
    assert_eq!(is(&Expr::Or(vec![less(1, 10), not_less(1, 9)])), Truth::TRUE);
    assert_eq!(is(&Expr::Or(vec![less(2, 10), not_less(2, 9)])), Truth::TRUE.or(Truth::NULL));
    assert_eq!(is(&Expr::Or(vec![less(1, 9), not_less(1, 11)])), Truth::KNOWN);
    // Between two neighbours there is no integer.
    assert_eq!(is(&Expr::And(vec![not_less(1, 4), less(1, 5), not_less(1, 5)])), Truth::FALSE);
    let differs = |value| op(NOT_EQUAL, column(1), text(value));
    assert_eq!(is(&Expr::Or(vec![differs("a"), differs("b")])), Truth::TRUE);
    assert_eq!(is(&Expr::Or(vec![differs("a"), differs("a")])), Truth::KNOWN);
    let loosely = |value: &str| Expr::Operator {
        operator: oid(NOT_EQUAL),
        collation: oid(LOOSE),
        arguments: vec![column(1), text(value)],
    };
    assert_eq!(is(&Expr::Or(vec![loosely("a"), loosely("A")])), Truth::KNOWN);
}

#[test]
fn volatile_conditions_are_not_split() {
    let draw = || op(LESS, call(VOLATILE), int(1));
    let either =
        Expr::Or(vec![draw(), op(NOT_LESS, call(VOLATILE), int(1)), is_null(call(VOLATILE))]);
    assert_ne!(is(&either), Truth::TRUE);
}

#[test]
fn many_subjects_end_and_err_to_the_safe_side() {
    let arms = (2..40).flat_map(|n| [is_null(column(n)), op(EQUAL, column(n), int(1))]).collect();
    let answer = is(&Expr::Or(arms));
    assert!(answer.can_be(Truth::TRUE) && answer.can_be(Truth::FALSE));
}

#[test]
fn case_takes_the_arms_it_can_reach() {
    let case = |argument: Option<Expr>, arms, default: Option<Expr>| Expr::Case {
        argument: argument.map(Box::new),
        arms,
        default: default.map(Box::new),
    };
    assert_eq!(is(&case(None, vec![(column(1), yes())], Some(yes()))), Truth::TRUE);
    assert_eq!(is(&case(None, vec![(column(1), yes())], None)), Truth::TRUE.or(Truth::NULL));
    assert_eq!(is(&case(None, vec![(no(), no())], Some(yes()))), Truth::TRUE);
    let one_is_one = (op(EQUAL, Expr::CaseTest, int(1)), yes());
    assert_eq!(is(&case(Some(int(1)), vec![one_is_one.clone()], Some(no()))), Truth::TRUE);
    assert_eq!(is(&case(Some(int(2)), vec![one_is_one.clone()], Some(no()))), Truth::FALSE);
    // The argument of an inner CASE hides that of the outer one, and only there.
    let inner = case(Some(int(2)), vec![one_is_one.clone()], Some(yes()));
    let outer = case(Some(int(1)), vec![(inner, no()), one_is_one], Some(no()));
    assert_eq!(is(&outer), Truth::FALSE);
}

#[test]
fn coalesce_and_nullif() {
    assert_eq!(is(&Expr::Coalesce(vec![null(), yes()])), Truth::TRUE);
    assert_eq!(is(&Expr::Coalesce(vec![yes(), column(2)])), Truth::TRUE);
    assert_eq!(is(&Expr::Coalesce(vec![column(2), yes()])), Truth::KNOWN);
    assert_eq!(is(&Expr::Coalesce(vec![null(), null()])), Truth::NULL);
    assert_eq!(is(&is_null(Expr::Coalesce(vec![column(2), column(1)]))), Truth::FALSE);
    let null_if = |left, right| Expr::NullIf {
        operator: oid(EQUAL),
        collation: oid(0),
        arguments: vec![left, right],
    };
    assert_eq!(is(&null_if(yes(), no())), Truth::TRUE);
    assert_eq!(is(&null_if(yes(), yes())), Truth::NULL);
    assert_eq!(is(&is_null(null_if(column(1), int(1)))), Truth::KNOWN);
}

#[test]
fn any_and_all_over_constants() {
    let over = |any, left, values| Expr::OverArray {
        operator: oid(if any { EQUAL } else { NOT_EQUAL }),
        collation: oid(0),
        any,
        left: Box::new(left),
        array: Box::new(Expr::Array(values)),
    };
    assert_eq!(is(&over(true, int(1), vec![int(2), int(1)])), Truth::TRUE);
    assert_eq!(is(&over(true, int(1), vec![int(2), null()])), Truth::NULL);
    assert_eq!(is(&over(true, int(1), vec![])), Truth::FALSE);
    assert_eq!(is(&over(false, int(1), vec![int(2), int(3)])), Truth::TRUE);
    assert_eq!(is(&over(false, int(1), vec![int(2), null()])), Truth::NULL);
    assert_eq!(is(&over(false, int(1), vec![int(1), null()])), Truth::FALSE);
    assert_eq!(is(&over(true, column(1), vec![column(1)])), Truth::TRUE);
}

#[test]
fn texts_are_compared_as_far_as_collations_allow() {
    let compare = |operator, collation, right: &str| {
        is(&Expr::Operator {
            operator: oid(operator),
            collation: oid(collation),
            arguments: vec![text("a"), text(right)],
        })
    };
    assert_eq!(compare(EQUAL, 0, "a"), Truth::TRUE);
    assert_eq!(compare(EQUAL, 0, "A"), Truth::FALSE);
    assert_eq!(compare(EQUAL, LOOSE, "A"), Truth::KNOWN);
    assert_eq!(compare(EQUAL, LOOSE, "a"), Truth::TRUE);
    assert_eq!(compare(LESS, 0, "b"), Truth::KNOWN);
}

#[test]
fn casts_keep_a_value_only_where_it_means_the_same() {
    let cast =
        |argument: Expr, type_oid, how| Expr::Cast { argument: Box::new(argument), type_oid, how };
    let equal = |type_oid, one, two| {
        is(&op(EQUAL, cast(one, type_oid, Cast::Relabel), cast(two, type_oid, Cast::Relabel)))
    };
    assert_eq!(equal(pg_sys::TEXTOID, text("a"), text("a ")), Truth::FALSE);
    assert_eq!(equal(pg_sys::BPCHAROID, text("a"), text("a ")), Truth::KNOWN);
    let signed = cast(int(-1), pg_sys::OIDOID, Cast::Relabel);
    assert_eq!(is(&op(LESS, signed, cast(int(5), pg_sys::OIDOID, Cast::Relabel))), Truth::KNOWN);
    assert_eq!(is(&op(EQUAL, cast(int(5), pg_sys::TEXTOID, Cast::Io), text("5"))), Truth::TRUE);
    assert_eq!(is(&op(EQUAL, cast(int(5), oid(0), Cast::Io), text("5"))), Truth::KNOWN);
    assert_eq!(is(&cast(null(), pg_sys::BOOLOID, Cast::Io)), Truth::NULL);
}

#[test]
fn sub_queries_without_a_table_are_seen_through() {
    let filtered = |filter| Query { filter: Some(filter), ..Query::default() };
    assert_eq!(is(&exists(Query::default())), Truth::TRUE);
    assert_eq!(is(&exists(filtered(no()))), Truth::FALSE);
    assert_eq!(is(&exists(filtered(null()))), Truth::FALSE);
    assert_eq!(is(&exists(Query { reshaped: true, ..Query::default() })), Truth::KNOWN);
    let table = Query {
        sources: vec![Source::Relation { oid: oid(2), sample: Vec::new() }],
        from: vec![From::Source(1)],
        ..Query::default()
    };
    assert_eq!(is(&exists(table.clone())), Truth::KNOWN);
    assert_eq!(is(&exists(Query { filter: Some(no()), ..table.clone() })), Truth::FALSE);
    assert_eq!(is(&exists(Query { aggregated: true, ..table })), Truth::TRUE);
    // HAVING alone makes one group, of no rows too.
    let having = Query { having: Some(yes()), ..filtered(no()) };
    assert_eq!(is(&exists(having)), Truth::TRUE);
    let scalar =
        |query| Expr::SubLink { kind: SubLink::Scalar, test: None, query: Box::new(query) };
    let selects = |target| Query { targets: vec![target], ..Query::default() };
    assert_eq!(is(&scalar(selects(yes()))), Truth::TRUE);
    assert_eq!(is(&scalar(Query { filter: Some(no()), ..selects(yes()) })), Truth::NULL);
    let within = |kind, query| Expr::SubLink {
        kind,
        test: Some(Box::new(op(EQUAL, int(1), Expr::Bound(Bound::SubLink(1))))),
        query: Box::new(query),
    };
    assert_eq!(is(&within(SubLink::Any, selects(int(1)))), Truth::TRUE);
    assert_eq!(is(&within(SubLink::Any, selects(int(2)))), Truth::FALSE);
    let none = Query { filter: Some(no()), ..selects(int(2)) };
    assert_eq!(is(&within(SubLink::Any, none.clone())), Truth::FALSE);
    assert_eq!(is(&within(SubLink::All, none)), Truth::TRUE);
}

#[test]
fn a_column_of_an_outer_level_keeps_what_is_known_of_it() {
    let outer = |attribute| Expr::Column(ColumnRef { level: 1, source: 1, attribute });
    let tested = |attribute| {
        exists(Query { filter: Some(not(is_null(outer(attribute)))), ..Query::default() })
    };
    assert_eq!(is(&tested(1)), Truth::TRUE);
    assert_eq!(is(&tested(2)), Truth::KNOWN);
    // Its own source 1 is something else: an unknown relation, whose column may be NULL.
    let inner = Query {
        sources: vec![Source::Relation { oid: oid(2), sample: Vec::new() }],
        from: vec![From::Source(1)],
        targets: vec![column(1)],
        ..Query::default()
    };
    let any = Expr::SubLink {
        kind: SubLink::Any,
        test: Some(Box::new(op(EQUAL, column(1), Expr::Bound(Bound::SubLink(1))))),
        query: Box::new(inner),
    };
    assert_eq!(is(&any), Truth::ANY);
}

#[test]
fn opaque_answers_count_only_where_they_decide() {
    let opaque = || call(OPAQUE);
    let owned = || op(EQUAL, column(1), call(STABLE));
    let cases = [
        (opaque(), true),
        (not(opaque()), true),
        (Expr::Or(vec![owned(), opaque()]), true),
        (Expr::And(vec![owned(), opaque()]), false),
        (op(EQUAL, opaque(), int(1)), true),
        (op(EQUAL, opaque(), column(1)), false),
        (op(USERS_OPERATOR, column(1), int(1)), true),
        (is_null(opaque()), true),
        (Expr::Coalesce(vec![opaque(), no()]), true),
        (Expr::Unknown { tag: 1 }, true),
        (
            Expr::Case {
                argument: None,
                arms: vec![(opaque(), yes())],
                default: Some(Box::new(no())),
            },
            true,
        ),
    ];
    for (expr, decides) in cases {
        assert_ne!(is(&expr), Truth::TRUE, "{expr:?}");
        assert_eq!(favoured(&expr) == Truth::TRUE, decides, "{expr:?}");
    }
}
