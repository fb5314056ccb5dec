//! Dependence of expressions made by hand: relation 1 is the policy's own, 2 and 3 are others.

use super::*;
use crate::expr::tree::{Bound, JoinKind, SubLink, Value};

const ME: u32 = 20;
const PLAIN: u32 = 21;

struct World;

impl Identities for World {
    fn is_identity(&self, function: Oid) -> bool {
        function == oid(ME)
    }
}

fn oid(number: u32) -> Oid {
    Oid::from_u32(number)
}

fn column(level: usize, source: usize, attribute: i16) -> Expr {
    Expr::Column(ColumnRef { level, source, attribute })
}

fn call(function: u32, arguments: Vec<Expr>) -> Expr {
    Expr::Function { function: oid(function), type_oid: oid(0), arguments }
}

fn me() -> Expr {
    call(ME, Vec::new())
}

fn equal(left: Expr, right: Expr) -> Expr {
    Expr::Operator { operator: oid(10), collation: oid(0), arguments: vec![left, right] }
}

fn scalar(query: Query) -> Expr {
    Expr::SubLink { kind: SubLink::Scalar, test: None, query: Box::new(query) }
}

fn exists(query: Query) -> Expr {
    Expr::SubLink { kind: SubLink::Exists, test: None, query: Box::new(query) }
}

fn select(target: Expr) -> Query {
    Query { targets: vec![target], ..Query::default() }
}

/// SELECT FROM relation WHERE filter.
fn from(relation: u32, filter: Expr) -> Query {
    Query {
        sources: vec![Source::Relation { oid: oid(relation), sample: Vec::new() }],
        from: vec![From::Source(1)],
        filter: Some(filter),
        ..Query::default()
    }
}

fn of(expr: &Expr) -> Dependence<'_> {
    depends(&World, oid(1), expr)
}

/// The rates of the identity calls, in the order written.
fn rates(expr: &Expr) -> Vec<Rate> {
    of(expr).identities().map(|call| call.rate.clone()).collect()
}

fn per_row(depth: usize, relations: &[u32]) -> Rate {
    Rate::PerRow { depth, relations: relations.iter().map(|number| oid(*number)).collect() }
}

/// The columns of relations that sub-queries scan.
fn others(found: &Dependence<'_>) -> HashSet<(Oid, i16)> {
    found
        .reads
        .iter()
        .filter(|read| read.scanned > 0)
        .map(|read| (read.relation, read.attribute))
        .collect()
}

#[test]
fn own_columns_directly_and_from_inside() {
    assert_eq!(of(&equal(column(0, 1, 3), me())).own(), BTreeSet::from([3]));
    let inside = exists(from(2, equal(column(0, 1, 7), column(1, 1, 4))));
    let found = of(&inside);
    assert_eq!(found.own(), BTreeSet::from([4]));
    assert_eq!(others(&found), HashSet::from([(oid(2), 7)]));
    let two_deep = exists(from(2, exists(from(3, equal(column(2, 1, 5), column(1, 1, 6))))));
    let found = of(&two_deep);
    assert_eq!(found.own(), BTreeSet::from([5]));
    assert_eq!(others(&found), HashSet::from([(oid(2), 6)]));
    assert!(found.reads.iter().all(|read| read.depth == 2));
    // Of an inner relation alone, nothing is the own row's, not even the same relation.
    assert!(of(&exists(from(1, equal(column(0, 1, 1), me())))).own().is_empty());
}

#[test]
fn comparisons_of_any_and_targets_count() {
    let query = Query { targets: vec![column(0, 1, 2)], ..from(2, equal(column(0, 1, 3), me())) };
    let any = Expr::SubLink {
        kind: SubLink::Any,
        test: Some(Box::new(equal(column(0, 1, 9), Expr::Bound(Bound::SubLink(1))))),
        query: Box::new(query),
    };
    let found = of(&any);
    assert_eq!(found.own(), BTreeSet::from([9]));
    assert_eq!(others(&found), HashSet::from([(oid(2), 2), (oid(2), 3)]));
}

#[test]
fn of_a_join_only_the_columns_used() {
    let mut query = from(2, equal(column(0, 3, 2), me()));
    query.sources.push(Source::Relation { oid: oid(3), sample: Vec::new() });
    query.sources.push(Source::Alias(vec![
        column(0, 1, 1),
        Expr::Coalesce(vec![column(0, 1, 5), column(0, 2, 6)]),
    ]));
    query.from = vec![From::Join {
        kind: JoinKind::Inner,
        left: Box::new(From::Source(1)),
        right: Box::new(From::Source(2)),
        on: Some(equal(column(0, 1, 8), column(1, 1, 4))),
    }];
    let expr = exists(query);
    let found = of(&expr);
    assert_eq!(found.own(), BTreeSet::from([4]));
    assert_eq!(others(&found), HashSet::from([(oid(2), 5), (oid(2), 8), (oid(3), 6)]));
    assert_eq!(rates(&expr), [per_row(1, &[2, 3])]);
}

#[test]
fn a_call_beside_the_row_is_made_per_row() {
    assert_eq!(rates(&equal(column(0, 1, 3), me())), [per_row(0, &[1])]);
    assert_eq!(rates(&exists(from(2, equal(column(0, 1, 1), me())))), [per_row(1, &[2])]);
    assert_eq!(rates(&equal(column(0, 1, 3), call(PLAIN, Vec::new()))), []);
}

#[test]
fn a_sub_select_of_its_own_is_computed_once() {
    let once = || scalar(select(me()));
    assert_eq!(rates(&equal(column(0, 1, 3), once())), [Rate::Once]);
    assert_eq!(rates(&exists(from(2, equal(column(0, 1, 1), once())))), [Rate::Once]);
    let limited = Query { reshaped: true, ..select(me()) };
    assert_eq!(rates(&scalar(limited)), [Rate::Once]);
    // Referring to the row, it is not.
    let correlated = Query { filter: Some(column(1, 1, 2)), ..select(me()) };
    assert_eq!(rates(&scalar(correlated.clone())), [per_row(0, &[1])]);
    assert_eq!(rates(&exists(from(2, scalar(correlated)))), [per_row(1, &[2])]);
    let far = Query { filter: Some(column(2, 1, 2)), ..select(me()) };
    assert_eq!(rates(&exists(from(2, scalar(far)))), [per_row(1, &[2])]);
    // A sub-select around it all computes even a correlated one once.
    let inner = scalar(Query { filter: Some(column(1, 1, 1)), ..select(me()) });
    let values = Query {
        sources: vec![Source::Query(Box::new(select(yes())))],
        from: vec![From::Source(1)],
        targets: vec![inner],
        ..Query::default()
    };
    assert_eq!(rates(&scalar(values)), [Rate::Once]);
}

fn yes() -> Expr {
    Expr::Const { type_oid: oid(16), value: Value::Bool(true) }
}

#[test]
fn a_sub_query_in_from_saves_nothing() {
    let mut query = from(2, equal(column(0, 1, 1), column(0, 2, 1)));
    query.sources.push(Source::Query(Box::new(select(me()))));
    query.from.push(From::Source(2));
    let expr = exists(query.clone());
    assert_eq!(rates(&expr), [per_row(1, &[2])]);
    assert_eq!(others(&of(&expr)), HashSet::from([(oid(2), 1)]));
    // Unless it cannot be merged.
    query.sources[1] = Source::Query(Box::new(Query { reshaped: true, ..select(me()) }));
    assert_eq!(rates(&exists(query)), [Rate::Once]);
}

#[test]
fn calls_say_what_they_are() {
    let expr = equal(call(PLAIN, vec![column(0, 1, 2)]), call(PLAIN, vec![me()]));
    let found = of(&expr);
    let calls: Vec<_> =
        found.calls.iter().map(|call| (call.function, call.identity, call.takes_column)).collect();
    assert_eq!(
        calls,
        [
            (Some(oid(PLAIN)), false, true),
            (Some(oid(PLAIN)), false, false),
            (Some(oid(ME)), true, false)
        ]
    );
    let user = Expr::SessionValue { which: SQLValueFunctionOp::SVFOP_CURRENT_USER };
    assert!(of(&user).calls[0].identity);
    let now = Expr::SessionValue { which: SQLValueFunctionOp::SVFOP_CURRENT_TIMESTAMP };
    assert!(!of(&now).calls[0].identity);
}

#[test]
fn what_is_not_understood_says_so() {
    assert!(of(&Expr::Not(Box::new(Expr::Unknown { tag: 1 }))).unknown);
    let source = Query { sources: vec![Source::Other { kind: 1 }], ..select(yes()) };
    assert!(of(&exists(source)).unknown);
    assert!(!of(&exists(from(2, yes()))).unknown);
}
