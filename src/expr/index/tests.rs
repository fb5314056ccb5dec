//! The search over expressions made by hand: relation 1 holds the policy, relation 2 is read by it.

use super::*;
use crate::expr::tree::{From, SubLink, Value};

const EQUAL: u32 = 10;
const LESS: u32 = 11;
const GREATER: u32 = 12;
const NOT_EQUAL: u32 = 13;
const FAMILY: u32 = 20;
const INLINE: u32 = 31;
const NOT_INLINE: u32 = 32;
const LASTING: u32 = 33;
const CHANGING: u32 = 34;
const NONE: [i16; 0] = [];

/// The indexes of each relation.
struct World(Vec<(u32, Candidate)>, Vec<Candidate>);

fn world(indexes: Vec<(u32, Candidate)>, relation: u32) -> World {
    let of = indexes.iter().filter(|(on, _)| *on == relation).map(|(_, index)| index.clone());
    let chosen = of.collect();
    World(indexes, chosen)
}

impl Indexes for World {
    fn of(&self, relation: Oid) -> &[Candidate] {
        // Every test that looks at indexes has them on one relation.
        match self.0.first() {
            Some((on, _)) if oid(*on) == relation => &self.1,
            _ => &[],
        }
    }

    fn commutator(&self, operator: Oid) -> Option<Oid> {
        Some(match operator.to_u32() {
            LESS => oid(GREATER),
            GREATER => oid(LESS),
            _ => operator,
        })
    }

    fn is_searchable(&self, operator: Oid) -> bool {
        operator != oid(NOT_EQUAL)
    }

    fn serves(&self, family: Oid, operator: Oid) -> bool {
        family == oid(FAMILY) && self.is_searchable(operator)
    }

    fn is_equality(&self, family: Oid, operator: Oid) -> bool {
        family == oid(FAMILY) && operator == oid(EQUAL)
    }

    fn comparison(&self, operator: Oid) -> Option<Comparison> {
        Some(match operator.to_u32() {
            EQUAL => Comparison::Equal,
            LESS => Comparison::Less,
            GREATER => Comparison::Greater,
            NOT_EQUAL => Comparison::NotEqual,
            _ => return None,
        })
    }

    fn is_strict(&self, _: Oid) -> bool {
        true
    }

    fn is_planned_inline(&self, function: Oid) -> bool {
        function == oid(INLINE)
    }

    fn is_immutable(&self, _: Oid, node: &Expr) -> bool {
        match node {
            Expr::Function { function, .. } => *function == oid(LASTING),
            Expr::Column(_) | Expr::Const { .. } => true,
            _ => false,
        }
    }
}

fn oid(number: u32) -> Oid {
    Oid::from_u32(number)
}

fn column(level: usize, source: usize, attribute: i16) -> Expr {
    Expr::Column(ColumnRef { level, source, attribute })
}

fn own(attribute: i16) -> Expr {
    column(0, 1, attribute)
}

fn me() -> Expr {
    Expr::Function { function: oid(30), type_oid: oid(0), arguments: Vec::new() }
}

fn op(operator: u32, left: Expr, right: Expr) -> Expr {
    Expr::Operator { operator: oid(operator), collation: oid(0), arguments: vec![left, right] }
}

fn index(keys: &[i16]) -> Candidate {
    partial(keys, Vec::new())
}

fn partial(keys: &[i16], predicate: Vec<Expr>) -> Candidate {
    let key =
        |attribute: &i16| Key { expr: own(*attribute), family: oid(FAMILY), collation: oid(0) };
    Candidate { keys: keys.iter().map(key).collect(), predicate }
}

/// The columns of relation 1 that nothing serves.
fn missing(indexes: Vec<Candidate>, clause: &Expr) -> Vec<i16> {
    let indexes = indexes.into_iter().map(|index| (1, index)).collect();
    let found = unserved(&world(indexes, 1), oid(1), clause, true);
    assert!(found.iter().all(|found| found.relation == oid(1)));
    found.iter().map(|found| found.attribute).collect()
}

/// The columns of relation 2, read in a sub-query of this condition, that nothing serves.
fn missing_inside(indexes: Vec<Candidate>, condition: Expr) -> Vec<i16> {
    let query = Query {
        sources: vec![Source::Relation { oid: oid(2), sample: Vec::new() }],
        from: vec![From::Source(1)],
        filter: Some(condition),
        ..Query::default()
    };
    let clause = Expr::SubLink { kind: SubLink::Exists, test: None, query: Box::new(query) };
    let indexes = indexes.into_iter().map(|index| (2, index)).collect();
    let found = unserved(&world(indexes, 2), oid(1), &clause, true);
    assert!(found.iter().all(|found| found.relation == oid(2)));
    found.iter().map(|found| found.attribute).collect()
}

#[test]
fn either_side_may_be_the_column() {
    assert_eq!(missing(vec![], &op(EQUAL, own(3), me())), [3]);
    assert_eq!(missing(vec![], &op(EQUAL, me(), own(3))), [3]);
    assert_eq!(missing(vec![index(&[3])], &op(EQUAL, me(), own(3))), NONE);
    let found = unserved(&world(vec![], 1), oid(1), &op(LESS, me(), own(3)), true);
    assert_eq!(found.first().map(|found| found.operator), Some(oid(GREATER)));
}

#[test]
fn what_no_index_could_help_is_not_counted() {
    let constant = Expr::Const { type_oid: oid(0), value: Value::Int(1) };
    for clause in [
        op(EQUAL, own(3), constant),
        op(NOT_EQUAL, own(3), me()),
        op(EQUAL, own(3), own(4)),
        op(EQUAL, me(), me()),
        Expr::Not(Box::new(op(EQUAL, own(3), me()))),
        op(EQUAL, column(0, 1, -1), me()),
    ] {
        assert_eq!(missing(vec![], &clause), NONE, "{clause:?}");
    }
    let found = unserved(&world(vec![], 1), oid(1), &op(EQUAL, own(3), me()), false);
    assert!(found.is_empty());
}

#[test]
fn anded_equalities_share_a_prefix_in_any_order() {
    let both = |operator| Expr::And(vec![op(EQUAL, own(3), me()), op(operator, own(4), me())]);
    assert_eq!(missing(vec![], &both(EQUAL)), [3, 4]);
    assert_eq!(missing(vec![index(&[3, 4])], &both(EQUAL)), NONE);
    assert_eq!(missing(vec![index(&[4, 3])], &both(EQUAL)), NONE);
    assert_eq!(missing(vec![index(&[3, 4])], &both(LESS)), NONE);
    assert_eq!(missing(vec![index(&[4, 3])], &both(LESS)), [3]);
    assert_eq!(missing(vec![index(&[3])], &both(EQUAL)), [4]);
    assert_eq!(missing(vec![index(&[5, 3, 4])], &both(EQUAL)), [3, 4]);
    // A constant bridges a key without asking for an index itself.
    let constant = Expr::Const { type_oid: oid(0), value: Value::Int(1) };
    let bridged = Expr::And(vec![op(EQUAL, own(5), constant), op(EQUAL, own(3), me())]);
    assert_eq!(missing(vec![index(&[5, 3])], &bridged), NONE);
}

#[test]
fn every_arm_needs_its_own() {
    let arms = Expr::Or(vec![op(EQUAL, own(3), me()), op(EQUAL, own(4), me())]);
    assert_eq!(missing(vec![index(&[3, 4])], &arms), [4]);
    assert_eq!(missing(vec![index(&[3]), index(&[4])], &arms), NONE);
    let beside = Expr::And(vec![op(EQUAL, own(5), me()), arms]);
    assert_eq!(missing(vec![index(&[5, 3]), index(&[5, 4])], &beside), NONE);
    assert_eq!(missing(vec![index(&[5, 3])], &beside), [4]);
}

#[test]
fn partial_indexes_serve_where_their_condition_holds() {
    let clause = op(EQUAL, own(3), me());
    let not_null = |attribute| Expr::NullTest {
        argument: Box::new(own(attribute)),
        is_null: false,
        of_row: false,
    };
    assert_eq!(missing(vec![partial(&[3], vec![not_null(3)])], &clause), NONE);
    assert_eq!(missing(vec![partial(&[3], vec![not_null(4)])], &clause), [3]);
    let published = Expr::And(vec![clause.clone(), own(6)]);
    assert_eq!(missing(vec![partial(&[3], vec![own(6)])], &published), NONE);
    assert_eq!(missing(vec![partial(&[3], vec![own(6)])], &clause), [3]);
    let either = Expr::Or(vec![clause, own(6)]);
    assert_eq!(missing(vec![partial(&[3], vec![own(6)])], &either), [3]);
}

#[test]
fn collations_and_families_must_fit() {
    let mut wrong = index(&[3]);
    wrong.keys[0].collation = oid(99);
    assert_eq!(missing(vec![wrong], &op(EQUAL, own(3), me())), [3]);
    let mut wrong = index(&[3]);
    wrong.keys[0].family = oid(99);
    assert_eq!(missing(vec![wrong], &op(EQUAL, own(3), me())), [3]);
}

#[test]
fn sub_queries_look_up_their_own_tables_by_outer_columns() {
    let correlated = op(EQUAL, own(2), column(1, 1, 7));
    assert_eq!(missing_inside(vec![], correlated.clone()), [2]);
    assert_eq!(missing_inside(vec![index(&[2])], correlated.clone()), NONE);
    let both = Expr::And(vec![correlated, op(EQUAL, own(3), me())]);
    assert_eq!(missing_inside(vec![index(&[3, 2])], both.clone()), NONE);
    assert_eq!(missing_inside(vec![index(&[2])], both), [3]);
    // The outer column alone is read once per row there.
    assert_eq!(missing_inside(vec![], op(EQUAL, column(1, 1, 7), me())), NONE);
}

#[test]
fn a_join_is_served_from_either_side() {
    let joined = |indexes: Vec<(u32, Candidate)>, on: u32| {
        let relation = |number| Source::Relation { oid: oid(number), sample: Vec::new() };
        let query = Query {
            sources: vec![relation(2), relation(3)],
            from: vec![From::Source(1), From::Source(2)],
            filter: Some(op(EQUAL, column(0, 1, 4), column(0, 2, 5))),
            ..Query::default()
        };
        let clause = Expr::SubLink { kind: SubLink::Exists, test: None, query: Box::new(query) };
        unserved(&world(indexes, on), oid(1), &clause, true).len()
    };
    assert_eq!(joined(vec![], 2), 1);
    assert_eq!(joined(vec![(2, index(&[4]))], 2), 0);
    assert_eq!(joined(vec![(3, index(&[5]))], 3), 0);
    assert_eq!(joined(vec![(3, index(&[4]))], 3), 1);
}

#[test]
fn functions_are_looked_into_where_the_planner_does() {
    let call = |function| Expr::Inlined {
        function: oid(function),
        arguments: vec![own(1)],
        body: Box::new(Expr::And(vec![op(EQUAL, own(1), me()), op(EQUAL, own(2), me())])),
    };
    let world = world(Vec::new(), 1);
    assert_eq!(unserved(&world, oid(1), &call(INLINE), true).len(), 2);
    assert_eq!(unserved(&world, oid(1), &call(NOT_INLINE), true), []);
}

#[test]
fn what_is_made_of_one_column_needs_an_index_of_its_own() {
    let made = |function: u32, arguments: Vec<Expr>| Expr::Function {
        function: oid(function),
        type_oid: oid(0),
        arguments,
    };
    let folded = made(LASTING, vec![own(3)]);
    let clause = op(EQUAL, folded.clone(), me());
    assert_eq!(missing(vec![], &clause), [3]);
    assert_eq!(missing(vec![index(&[3])], &clause), [3]);
    let key = Key { expr: folded.clone(), family: oid(FAMILY), collation: oid(0) };
    let on_it = Candidate { keys: vec![key], predicate: Vec::new() };
    assert_eq!(missing(vec![on_it.clone()], &clause), NONE);
    let indexes = world(vec![(1, on_it)], 1);
    assert_eq!(served_expressions(&indexes, oid(1), &clause), std::slice::from_ref(&folded));
    let found = unserved(&world(vec![], 1), oid(1), &clause, true);
    assert_eq!(found[0].expression, Some(folded));
    // No index can hold what changes, and one on several columns is not asked for.
    assert_eq!(missing(vec![], &op(EQUAL, made(CHANGING, vec![own(3)]), me())), NONE);
    assert_eq!(missing(vec![], &op(EQUAL, made(LASTING, vec![own(3), own(4)]), me())), NONE);
}
