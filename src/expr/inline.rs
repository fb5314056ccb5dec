//! Bodies of functions put in place of calls, for reading.
//!
//! What a body says of its arguments is bound to those of the call, and columns are renumbered for
//! the queries in between. The size of what comes out is bounded, so that functions that call each
//! other twice over cannot blow up; a call that would exceed the bound stays a call.

use std::collections::HashMap;

use pgrx::pg_sys::Oid;

use super::convert::MAX_DEPTH;
use super::tree::{Bound, ColumnRef, Expr, From, Query, Source, SubLink, Value};

/// Nodes of one body once the bodies of what it calls are in place.
const MAX_BODY: usize = 20_000;

/// Nodes of one expression once all is in place.
const MAX_EXPRESSION: usize = 200_000;

/// Bodies within bodies.
const MAX_NESTING: usize = 32;

/// What a function has for arguments that calls leave out.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// How many arguments it takes.
    pub arguments: usize,
    /// The values of the last of them.
    pub last: Vec<Expr>,
}

/// The bodies of functions, as read, and with those of what they call in place.
#[derive(Debug, Default)]
pub struct Bodies {
    read: HashMap<Oid, Expr>,
    defaults: HashMap<Oid, Defaults>,
    operators: HashMap<Oid, Oid>,
    done: HashMap<Oid, Option<Template>>,
    open: Vec<Oid>,
    completing: Vec<Oid>,
}

/// A body that is ready to be put in place.
#[derive(Debug, Clone)]
struct Template {
    body: Expr,
    size: usize,
    depth: usize,
    /// It holds a CASE that compares or a sub-query.
    binds: bool,
}

impl Bodies {
    /// Over bodies with arguments as [`Bound::Argument`], what calls may leave out, and the functions
    /// of operators that are read as calls of them.
    pub fn new(
        read: HashMap<Oid, Expr>,
        defaults: HashMap<Oid, Defaults>,
        mut operators: HashMap<Oid, Oid>,
    ) -> Self {
        operators.retain(|_, function| read.contains_key(function));
        Self { read, defaults, operators, ..Self::default() }
    }

    /// What a call of the function has for the arguments that it leaves out.
    pub fn left_out<'a>(&'a self, function: Oid, arguments: &'a [Expr]) -> Vec<&'a Expr> {
        let Some(known) = self.defaults.get(&function) else { return Vec::new() };
        let first = known.arguments.saturating_sub(known.last.len());
        let own = known.last.iter().enumerate();
        own.filter(|(at, _)| {
            arguments.get(first + at).is_none_or(|given| *given == Expr::Bound(Bound::Default))
        })
        .map(|(_, value)| value)
        .collect()
    }

    /// The body of this function as read.
    pub fn of(&self, function: Oid) -> Option<&Expr> {
        self.read.get(&function)
    }

    /// The expression with the bodies of all that it calls in place.
    pub fn inlined(&mut self, expr: &Expr) -> Expr {
        if !self.calls(expr) {
            return expr.clone();
        }
        let mut budget = MAX_EXPRESSION;
        self.replaced(expr, 0, &mut budget)
    }

    /// Some call in it has a body, or may lack an argument.
    fn calls(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.walk(0, &mut |part, _| {
            found |= match part {
                Expr::Function { function, .. } => {
                    self.read.contains_key(function) || self.defaults.contains_key(function)
                }
                Expr::Operator { operator, .. }
                | Expr::OverArray { operator, .. }
                | Expr::Distinct { operator, .. }
                | Expr::NullIf { operator, .. } => self.operators.contains_key(operator),
                _ => false,
            };
        });
        found
    }

    fn replaced(&mut self, expr: &Expr, depth: usize, budget: &mut usize) -> Expr {
        rebuilt_by(expr, &mut |part, inner, _| {
            let depth = depth + inner;
            if let Some(written) = self.written_out(part, *budget) {
                let (size, height) = measured(&written);
                if size <= *budget && depth + height <= MAX_DEPTH {
                    *budget -= size;
                    return Some(self.replaced(&written, depth, budget));
                }
            }
            let (function, arguments) = match part {
                Expr::Function { function, arguments, .. } => (*function, arguments),
                Expr::Operator { operator, arguments, .. } => {
                    (*self.operators.get(operator)?, arguments)
                }
                _ => return None,
            };
            let mut arguments: Vec<Expr> = arguments
                .iter()
                .map(|argument| self.replaced(argument, depth + 1, budget))
                .collect();
            let complete = self.complete(function, &mut arguments, depth, budget);
            let call = |arguments| {
                Some(match part {
                    Expr::Function { type_oid, .. } => {
                        Expr::Function { function, type_oid: *type_oid, arguments }
                    }
                    Expr::Operator { operator, collation, .. } => {
                        Expr::Operator { operator: *operator, collation: *collation, arguments }
                    }
                    other => other.clone(),
                })
            };
            if !complete {
                return call(arguments);
            }
            if self.open.contains(&function) && self.read.contains_key(&function) {
                let body = Box::new(Expr::Unknown { tag: 0 });
                return Some(Expr::Inlined { function, arguments, body });
            }
            let Some(template) = self.template(function) else { return call(arguments) };
            // What a CASE or ANY around the call binds would be bound by one inside of the body.
            if template.binds && arguments.iter().any(refers_to_test) {
                return call(arguments);
            }
            let uses = used_arguments(&template.body, arguments.len());
            let (mut size, mut deepest) = (template.size, 0);
            for (argument, times) in arguments.iter().zip(&uses) {
                let (its_size, its_depth) = measured(argument);
                size = size.saturating_add(its_size.saturating_mul(times + 1));
                deepest = deepest.max(its_depth);
            }
            if size > *budget || depth + template.depth + deepest > MAX_DEPTH {
                return call(arguments);
            }
            *budget -= size;
            let body = Box::new(bound(&template.body, &arguments));
            Some(Expr::Inlined { function, arguments, body })
        })
    }

    /// What compares by an operator whose function has a body, said with the operator alone.
    fn written_out(&self, expr: &Expr, budget: usize) -> Option<Expr> {
        let (Expr::OverArray { operator, collation, .. }
        | Expr::Distinct { operator, collation, .. }
        | Expr::NullIf { operator, collation, .. }) = expr
        else {
            return None;
        };
        if !self.operators.contains_key(operator) {
            return None;
        }
        let compared = |left: &Expr, right: &Expr| Expr::Operator {
            operator: *operator,
            collation: *collation,
            arguments: vec![left.clone(), right.clone()],
        };
        let null = |argument: &Expr, is_null| Expr::NullTest {
            argument: Box::new(argument.clone()),
            is_null,
            of_row: false,
        };
        let constant = |value| Expr::Const { type_oid: Oid::INVALID, value };
        match expr {
            Expr::OverArray { any, left, array, .. } => {
                let parts: Vec<Expr> = match array.unlabelled() {
                    Expr::Array(parts) => parts.clone(),
                    Expr::Const { value: Value::Array(values), .. } => {
                        values.iter().cloned().map(constant).collect()
                    }
                    _ => return None,
                };
                if measured(left).0.saturating_mul(parts.len()) > budget {
                    return None;
                }
                let each = parts.iter().map(|part| compared(left, part)).collect();
                Some(if *any { Expr::Or(each) } else { Expr::And(each) })
            }
            // The operator is asked where neither is NULL.
            Expr::Distinct { arguments, .. } => {
                let [left, right] = arguments.as_slice() else { return None };
                Some(Expr::Case {
                    argument: None,
                    arms: vec![
                        (null(left, true), null(right, false)),
                        (null(right, true), constant(Value::Bool(true))),
                    ],
                    default: Some(Box::new(Expr::Not(Box::new(compared(left, right))))),
                })
            }
            Expr::NullIf { arguments, .. } => {
                let [left, right] = arguments.as_slice() else { return None };
                let equal = vec![null(left, false), null(right, false), compared(left, right)];
                Some(Expr::Case {
                    argument: None,
                    arms: vec![(Expr::And(equal), constant(Value::Null))],
                    default: Some(Box::new(left.clone())),
                })
            }
            _ => None,
        }
    }

    /// Puts the function's own values in place of the arguments that a call leaves out; false where
    /// one is left: a value that calls the function again is not followed, nor one beyond the bounds.
    fn complete(
        &mut self,
        function: Oid,
        arguments: &mut Vec<Expr>,
        depth: usize,
        budget: &mut usize,
    ) -> bool {
        const LEFT_OUT: Expr = Expr::Bound(Bound::Default);
        let Some(known) = self.defaults.get(&function) else { return true };
        if arguments.len() < known.arguments {
            arguments.resize(known.arguments, LEFT_OUT);
        }
        if !arguments.contains(&LEFT_OUT) {
            return true;
        }
        let size: usize = known.last.iter().map(|value| measured(value).0).sum();
        let deepest = known.last.iter().map(height).max().unwrap_or(0);
        if self.completing.contains(&function) || size > *budget || depth + deepest > MAX_DEPTH {
            return false;
        }
        *budget -= size;
        let first = known.arguments.saturating_sub(known.last.len());
        let own = known.last.clone();
        self.completing.push(function);
        for (argument, value) in arguments.iter_mut().skip(first).zip(&own) {
            if *argument == LEFT_OUT {
                *argument = self.replaced(value, depth + 1, budget);
            }
        }
        self.completing.pop();
        !arguments.contains(&LEFT_OUT)
    }

    fn template(&mut self, function: Oid) -> Option<Template> {
        if let Some(done) = self.done.get(&function) {
            return done.clone();
        }
        let read = self.read.get(&function)?.clone();
        if self.open.len() >= MAX_NESTING {
            return None;
        }
        self.open.push(function);
        let mut budget = MAX_BODY;
        let body = self.replaced(&read, 0, &mut budget);
        self.open.pop();
        let (size, depth) = measured(&body);
        let mut binds = false;
        body.walk(0, &mut |part, _| {
            binds |= matches!(part, Expr::SubLink { .. } | Expr::Case { argument: Some(_), .. });
        });
        let fits = size <= MAX_BODY && depth < MAX_DEPTH;
        let template = fits.then_some(Template { body, size, depth, binds });
        // A body made while a caller is open may end in doubt where the caller is called again:
        // that is so for whoever calls it, and making it once keeps the work within bounds.
        self.done.insert(function, template.clone());
        template
    }
}

/// How many nodes an expression has, and how deep they are nested.
fn measured(expr: &Expr) -> (usize, usize) {
    let mut size = 0;
    expr.walk(0, &mut |_, _| size += 1);
    (size, height(expr))
}

fn height(expr: &Expr) -> usize {
    let mut deepest = 0;
    expr.each_part(&mut |part| deepest = deepest.max(height(part)));
    if let Expr::SubLink { query, .. } = expr {
        deepest = deepest.max(query_height(query));
    }
    deepest + 1
}

fn query_height(query: &Query) -> usize {
    let mut deepest = 0;
    query.each_own(&mut |part| deepest = deepest.max(height(part)));
    let inner = query.with.iter().map(|(_, query)| query).chain(query.sources.iter().filter_map(
        |source| match source {
            Source::Query(query) => Some(query.as_ref()),
            _ => None,
        },
    ));
    inner.fold(deepest, |deepest, query| deepest.max(query_height(query))) + 1
}

/// How often each argument stands in a body.
fn used_arguments(body: &Expr, count: usize) -> Vec<usize> {
    let mut uses = vec![0; count];
    body.walk(0, &mut |part, _| {
        if let Expr::Bound(Bound::Argument(number)) = part
            && let Some(times) = number.checked_sub(1).and_then(|at| uses.get_mut(at))
        {
            *times += 1;
        }
    });
    uses
}

/// The body with the arguments in place. One that the call leaves to its default stays as it is.
fn bound(body: &Expr, arguments: &[Expr]) -> Expr {
    rebuilt_by(body, &mut |part, _, level| match part {
        Expr::Bound(Bound::Argument(number)) => number
            .checked_sub(1)
            .and_then(|at| arguments.get(at))
            .map(|argument| shifted(argument, level)),
        _ => None,
    })
}

/// The expression as it reads from inside so many more queries.
fn shifted(expr: &Expr, levels: usize) -> Expr {
    if levels == 0 { expr.clone() } else { renumbered(expr, |level| level + levels) }
}

/// The expression as it reads outside of the query around it, of which it uses nothing.
pub fn lifted(expr: &Expr) -> Expr {
    renumbered(expr, |level| level.saturating_sub(1))
}

/// The query with the columns of one of its sources, from 1, written out as what that source
/// computes: one row, of nothing of its own.
pub fn written_out(query: &Query, source: usize, computed: &[Expr]) -> Query {
    let mut replace = |part: &Expr, _: usize, level: usize| match part {
        Expr::Column(column) if column.level == level && column.source == source => {
            let at = usize::try_from(column.attribute).ok()?.checked_sub(1)?;
            Some(shifted(&lifted(computed.get(at)?), level))
        }
        _ => None,
    };
    let mut how = Rebuild { replace: &mut replace, with_level: &|level, _| level };
    rebuilt_query(query, 0, 0, &mut how)
}

/// The expression with the levels of all that it refers to outside of itself changed.
fn renumbered(expr: &Expr, change: impl Fn(usize) -> usize + Copy) -> Expr {
    let from_inside = |level: usize, inside: usize| match level.checked_sub(inside) {
        Some(outside) => change(outside) + inside,
        None => level,
    };
    let mut replace = |part: &Expr, _: usize, inside: usize| match part {
        Expr::Column(column) => {
            Some(Expr::Column(ColumnRef { level: from_inside(column.level, inside), ..*column }))
        }
        _ => None,
    };
    rebuilt(expr, 0, 0, &mut Rebuild { replace: &mut replace, with_level: &from_inside })
}

/// Refers to the operand of a CASE or the columns of an ANY around the expression.
fn refers_to_test(expr: &Expr) -> bool {
    let parts = |skip: Option<&Expr>| {
        let mut found = false;
        expr.each_part(&mut |part| {
            found |= !skip.is_some_and(|skip| std::ptr::eq(skip, part)) && refers_to_test(part);
        });
        found
    };
    match expr {
        Expr::CaseTest | Expr::Bound(Bound::SubLink(_)) => true,
        Expr::SubLink { kind: SubLink::Any | SubLink::All, .. } => false,
        Expr::Case { argument: Some(argument), arms, default } => {
            refers_to_test(argument)
                || arms.iter().any(|(_, result)| refers_to_test(result))
                || default.as_deref().is_some_and(refers_to_test)
        }
        _ => parts(None),
    }
}

/// How an expression is rebuilt.
struct Rebuild<'a> {
    /// What takes the place of a part, by the part, its depth in the tree, and how many queries
    /// stand between it and the start; nothing keeps it, with its own parts rebuilt.
    replace: &'a mut dyn FnMut(&Expr, usize, usize) -> Option<Expr>,
    /// The level of a reference to a WITH query, by its level and how many queries stand between it
    /// and the start.
    with_level: &'a dyn Fn(usize, usize) -> usize,
}

fn rebuilt_by(expr: &Expr, replace: &mut dyn FnMut(&Expr, usize, usize) -> Option<Expr>) -> Expr {
    rebuilt(expr, 0, 0, &mut Rebuild { replace, with_level: &|level, _| level })
}

/// The expression with some parts replaced.
fn rebuilt(expr: &Expr, depth: usize, level: usize, how: &mut Rebuild<'_>) -> Expr {
    if depth > 2 * MAX_DEPTH {
        return Expr::Unknown { tag: 0 };
    }
    if let Some(other) = (how.replace)(expr, depth, level) {
        return other;
    }
    let mut one = |part: &Expr| rebuilt(part, depth + 1, level, how);
    match expr {
        Expr::Const { .. }
        | Expr::Column(_)
        | Expr::CaseTest
        | Expr::Bound(_)
        | Expr::SessionValue { .. }
        | Expr::Unknown { .. } => expr.clone(),
        Expr::Operator { operator, collation, arguments } => Expr::Operator {
            operator: *operator,
            collation: *collation,
            arguments: arguments.iter().map(one).collect(),
        },
        Expr::Distinct { operator, collation, arguments } => Expr::Distinct {
            operator: *operator,
            collation: *collation,
            arguments: arguments.iter().map(one).collect(),
        },
        Expr::NullIf { operator, collation, arguments } => Expr::NullIf {
            operator: *operator,
            collation: *collation,
            arguments: arguments.iter().map(one).collect(),
        },
        Expr::OverArray { operator, collation, any, left, array } => Expr::OverArray {
            operator: *operator,
            collation: *collation,
            any: *any,
            left: Box::new(one(left)),
            array: Box::new(one(array)),
        },
        Expr::Function { function, type_oid, arguments } => Expr::Function {
            function: *function,
            type_oid: *type_oid,
            arguments: arguments.iter().map(one).collect(),
        },
        Expr::Inlined { function, arguments, body } => Expr::Inlined {
            function: *function,
            arguments: arguments.iter().map(&mut one).collect(),
            body: Box::new(one(body)),
        },
        Expr::Aggregate { function, window, arguments } => Expr::Aggregate {
            function: *function,
            window: *window,
            arguments: arguments.iter().map(one).collect(),
        },
        Expr::And(parts) => Expr::And(parts.iter().map(one).collect()),
        Expr::Or(parts) => Expr::Or(parts.iter().map(one).collect()),
        Expr::Not(part) => Expr::Not(Box::new(one(part))),
        Expr::NullTest { argument, is_null, of_row } => {
            Expr::NullTest { argument: Box::new(one(argument)), is_null: *is_null, of_row: *of_row }
        }
        Expr::BooleanTest { argument, test, negated } => {
            Expr::BooleanTest { argument: Box::new(one(argument)), test: *test, negated: *negated }
        }
        Expr::Case { argument, arms, default } => Expr::Case {
            argument: argument.as_deref().map(|part| Box::new(one(part))),
            arms: arms.iter().map(|(condition, result)| (one(condition), one(result))).collect(),
            default: default.as_deref().map(|part| Box::new(one(part))),
        },
        Expr::Coalesce(parts) => Expr::Coalesce(parts.iter().map(one).collect()),
        Expr::MinMax { greatest, parts } => {
            Expr::MinMax { greatest: *greatest, parts: parts.iter().map(one).collect() }
        }
        Expr::Cast { argument, type_oid, how } => {
            Expr::Cast { argument: Box::new(one(argument)), type_oid: *type_oid, how: *how }
        }
        Expr::Array(parts) => Expr::Array(parts.iter().map(one).collect()),
        Expr::Row(parts) => Expr::Row(parts.iter().map(one).collect()),
        Expr::RowCompare { operators, left, right } => Expr::RowCompare {
            operators: operators.clone(),
            left: left.iter().map(&mut one).collect(),
            right: right.iter().map(&mut one).collect(),
        },
        Expr::Subscript { container, subscripts } => Expr::Subscript {
            container: Box::new(one(container)),
            subscripts: subscripts.iter().map(one).collect(),
        },
        Expr::Field { argument, number, name } => {
            Expr::Field { argument: Box::new(one(argument)), number: *number, name: name.clone() }
        }
        Expr::SubLink { kind, test, query } => Expr::SubLink {
            kind: *kind,
            test: test.as_deref().map(|part| Box::new(one(part))),
            query: Box::new(rebuilt_query(query, depth + 1, level + 1, how)),
        },
    }
}

fn rebuilt_query(query: &Query, depth: usize, level: usize, how: &mut Rebuild<'_>) -> Query {
    let with = query
        .with
        .iter()
        .map(|(name, inner)| (name.clone(), rebuilt_query(inner, depth + 1, level + 1, how)))
        .collect();
    let sources = query
        .sources
        .iter()
        .map(|source| match source {
            Source::Query(inner) => {
                Source::Query(Box::new(rebuilt_query(inner, depth + 1, level + 1, how)))
            }
            Source::Relation { oid, sample } => {
                Source::Relation { oid: *oid, sample: each(sample, depth, level, how) }
            }
            Source::Alias(parts) => Source::Alias(each(parts, depth, level, how)),
            Source::Functions { calls, defined } => Source::Functions {
                calls: each(calls, depth, level, how),
                defined: defined.clone(),
            },
            Source::Values(rows) => {
                Source::Values(rows.iter().map(|row| each(row, depth, level, how)).collect())
            }
            Source::With { name, level: outwards } => {
                Source::With { name: name.clone(), level: (how.with_level)(*outwards, level) }
            }
            Source::Other { .. } => source.clone(),
        })
        .collect();
    Query {
        with,
        sources,
        from: query.from.iter().map(|item| rebuilt_from(item, depth, level, how)).collect(),
        filter: query.filter.as_ref().map(|part| rebuilt(part, depth + 1, level, how)),
        targets: each(&query.targets, depth, level, how),
        hidden_targets: each(&query.hidden_targets, depth, level, how),
        having: query.having.as_ref().map(|part| rebuilt(part, depth + 1, level, how)),
        extras: each(&query.extras, depth, level, how),
        ..*query
    }
}

fn each(parts: &[Expr], depth: usize, level: usize, how: &mut Rebuild<'_>) -> Vec<Expr> {
    parts.iter().map(|part| rebuilt(part, depth + 1, level, how)).collect()
}

fn rebuilt_from(item: &From, depth: usize, level: usize, how: &mut Rebuild<'_>) -> From {
    match item {
        From::Join { kind, left, right, on } => From::Join {
            kind: *kind,
            left: Box::new(rebuilt_from(left, depth + 1, level, how)),
            right: Box::new(rebuilt_from(right, depth + 1, level, how)),
            on: on.as_ref().map(|part| rebuilt(part, depth + 1, level, how)),
        },
        other => other.clone(),
    }
}
