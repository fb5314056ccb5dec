//! Simplified trees of expressions made by hand.

use super::*;
use crate::expr::tree::{ColumnRef, From, Source};
use crate::expr::truth::{Anonymous, FunctionFacts, OperatorFacts};

const STRICT: u32 = 20;
const LOOSE: u32 = 21;
const ME: u32 = 22;

struct World;

impl Facts for World {
    fn not_null(&self, _: Oid, _: i16) -> bool {
        false
    }

    fn operator(&self, _: Oid) -> OperatorFacts {
        OperatorFacts::default()
    }

    fn function(&self, function: Oid) -> FunctionFacts {
        FunctionFacts {
            strict: function == oid(STRICT),
            identity: (function == oid(ME)).then_some(Anonymous::Null),
            ..FunctionFacts::default()
        }
    }

    fn deterministic(&self, _: Oid) -> bool {
        true
    }
}

fn oid(number: u32) -> Oid {
    Oid::from_u32(number)
}

fn column(level: usize, attribute: i16) -> Expr {
    Expr::Column(ColumnRef { level, source: 1, attribute })
}

fn yes() -> Expr {
    constant(Value::Bool(true))
}

fn equal(left: Expr, right: Expr) -> Expr {
    Expr::Operator { operator: oid(10), collation: oid(0), arguments: vec![left, right] }
}

fn link(kind: SubLink, test: Option<Expr>, query: Query) -> Expr {
    Expr::SubLink { kind, test: test.map(Box::new), query: Box::new(query) }
}

fn select(target: Expr) -> Query {
    Query { targets: vec![target], ..Query::default() }
}

fn from(filter: Expr) -> Query {
    Query {
        sources: vec![Source::Relation { oid: oid(2), sample: Vec::new() }],
        from: vec![From::Source(1)],
        filter: Some(filter),
        ..Query::default()
    }
}

fn of(expr: &Expr) -> Expr {
    simplify(&World, expr).into_owned()
}

fn when(condition: Expr, value: Expr, otherwise: Expr) -> Expr {
    Expr::Case {
        argument: None,
        arms: vec![(condition, value)],
        default: Some(Box::new(otherwise)),
    }
}

#[test]
fn a_sub_select_is_what_it_computes() {
    assert_eq!(of(&link(SubLink::Scalar, None, select(column(1, 3)))), column(0, 3));
    let twice = link(SubLink::Scalar, None, select(column(2, 3)));
    assert_eq!(of(&link(SubLink::Scalar, None, select(twice))), column(0, 3));
    let filtered = Query { filter: Some(column(1, 4)), ..select(column(1, 3)) };
    assert_eq!(
        of(&link(SubLink::Scalar, None, filtered)),
        when(column(0, 4), column(0, 3), constant(Value::Null))
    );
}

#[test]
fn what_refers_further_out_is_renumbered_at_every_depth() {
    let inner = link(SubLink::Exists, None, from(equal(column(0, 1), column(2, 3))));
    let expected = link(SubLink::Exists, None, from(equal(column(0, 1), column(1, 3))));
    assert_eq!(of(&link(SubLink::Scalar, None, select(inner))), expected);
}

#[test]
fn exists_and_in() {
    assert_eq!(of(&link(SubLink::Exists, None, select(column(1, 3)))), yes());
    let test = || Some(equal(column(0, 3), Expr::Bound(Bound::SubLink(1))));
    assert_eq!(
        of(&link(SubLink::Any, test(), select(column(1, 4)))),
        equal(column(0, 3), column(0, 4))
    );
    let filtered = Query { filter: Some(column(1, 5)), ..select(column(1, 4)) };
    assert_eq!(
        of(&link(SubLink::All, test(), filtered)),
        when(column(0, 5), equal(column(0, 3), column(0, 4)), yes())
    );
}

#[test]
fn what_reads_rows_stays() {
    for query in [
        from(yes()),
        Query { reshaped: true, ..select(yes()) },
        Query { aggregated: true, ..select(yes()) },
        Query { having: Some(yes()), ..select(yes()) },
    ] {
        let expr = link(SubLink::Exists, None, query);
        assert_eq!(of(&expr), expr);
    }
}

#[test]
fn bodies_stand_for_calls() {
    let call = |function, body: Expr| Expr::Inlined {
        function: oid(function),
        arguments: vec![column(0, 3)],
        body: Box::new(body),
    };
    assert_eq!(of(&call(LOOSE, yes())), yes());
    let null = Expr::NullTest { argument: Box::new(column(0, 3)), is_null: true, of_row: false };
    assert_eq!(of(&call(STRICT, yes())), when(Expr::Or(vec![null]), constant(Value::Null), yes()));
    // A function that somebody declared to say who is asking stays one.
    let declared =
        Expr::Function { function: oid(ME), type_oid: oid(0), arguments: vec![column(0, 3)] };
    assert_eq!(of(&call(ME, yes())), declared);
}

#[test]
fn case_says_what_it_compares() {
    let case = Expr::Case {
        argument: Some(Box::new(column(0, 3))),
        arms: vec![(equal(Expr::CaseTest, column(0, 4)), yes())],
        default: Some(Box::new(column(0, 5))),
    };
    assert_eq!(of(&case), when(equal(column(0, 3), column(0, 4)), yes(), column(0, 5)));
}
