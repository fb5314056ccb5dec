//! What a query selects from.

use pgrx::pg_sys::{self, Oid};

use super::types::Typed;
use super::{Item, Resolver, Selected};
use crate::expr::convert::{MAX_DEPTH, members, string, tag};
use crate::expr::tree::{ColumnRef, Expr, From, JoinKind, Query, Source};

/// A column of an entry of the query at hand.
fn column(source: usize, attribute: i16) -> Expr {
    Expr::Column(ColumnRef { level: 0, source, attribute })
}

fn numbered(at: usize) -> i16 {
    i16::try_from(at + 1).unwrap_or(i16::MAX)
}

/// The columns of a query as those of an entry of another one.
pub fn columns_of(source: usize, columns: &[(String, Typed)]) -> Vec<(String, Typed)> {
    columns
        .iter()
        .enumerate()
        .map(|(at, (name, typed))| {
            (name.clone(), Typed { expr: column(source, numbered(at)), ..typed.clone() })
        })
        .collect()
}

/// See the impl in the module above for what makes the methods unsafe.
impl Resolver<'_> {
    /// FROM; its items are visible to what follows.
    pub(super) unsafe fn sources(&mut self, list: *mut pg_sys::List, query: &mut Query) {
        let mut items = self.scopes.last().map(|scope| scope.items.clone()).unwrap_or_default();
        // SAFETY: see the impl.
        unsafe {
            for node in members::<pg_sys::Node>(list) {
                let (from, found) = self.item_of(node, &items, query);
                query.from.push(from);
                items.extend(found);
            }
        }
        self.show(items);
    }

    pub(super) fn show(&mut self, items: Vec<Item>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.items = items;
        }
    }

    /// One item of FROM; `left` are those that LATERAL may look at.
    unsafe fn item_of(
        &mut self,
        node: *mut pg_sys::Node,
        left: &[Item],
        query: &mut Query,
    ) -> (From, Vec<Item>) {
        use pg_sys::NodeTag::*;
        // SAFETY: raises an error where the stack is nearly used up; no other condition.
        unsafe { pg_sys::check_stack_depth() };
        // SAFETY: see the impl; each cast is to the struct that the tag names.
        unsafe {
            match tag(node) {
                Some(T_RangeVar) => self.range_var(&*node.cast(), query),
                Some(T_RangeSubselect) => {
                    let item = &*node.cast::<pg_sys::RangeSubselect>();
                    self.show(if item.lateral { left.to_vec() } else { Vec::new() });
                    let Selected { query: inner, columns } = self.select(item.subquery.cast());
                    query.sources.push(Source::Query(Box::new(inner)));
                    let source = query.sources.len();
                    (From::Source(source), aliased(source, &columns, item.alias))
                }
                Some(T_RangeFunction) => {
                    self.show(left.to_vec());
                    self.range_function(&*node.cast(), query)
                }
                Some(T_JoinExpr) if self.depth < MAX_DEPTH => {
                    self.depth += 1;
                    let joined = self.join(&*node.cast(), left, query);
                    self.depth -= 1;
                    joined
                }
                Some(T_RangeTableSample) => {
                    let sample = &*node.cast::<pg_sys::RangeTableSample>();
                    let found = self.item_of(sample.relation, left, query);
                    let mut arguments: Vec<Expr> = Vec::new();
                    for node in members::<pg_sys::Node>(sample.args) {
                        arguments.push(self.value(node).expr);
                    }
                    if !sample.repeatable.is_null() {
                        arguments.push(self.value(sample.repeatable).expr);
                    }
                    if let Some(Source::Relation { sample, .. }) = query.sources.last_mut() {
                        *sample = arguments;
                    }
                    found
                }
                other => {
                    self.uses.incomplete = true;
                    let kind = other.map_or(0, |tag| tag as u32);
                    query.sources.push(Source::Other { kind });
                    let source = query.sources.len();
                    (From::Source(source), vec![open(String::new())])
                }
            }
        }
    }

    pub(super) unsafe fn range_var(
        &mut self,
        node: &pg_sys::RangeVar,
        query: &mut Query,
    ) -> (From, Vec<Item>) {
        // SAFETY: see the impl.
        let (name, alias) = unsafe { (string(node.relname), node.alias) };
        let schema = if node.schemaname.is_null() {
            None
        } else {
            // SAFETY: see the impl.
            Some(unsafe { string(node.schemaname) })
        };
        let source = query.sources.len() + 1;
        if schema.is_none() {
            for (level, scope) in self.scopes.iter().rev().enumerate() {
                let Some(with) = scope.with.iter().rev().find(|with| with.name == name) else {
                    continue;
                };
                query.sources.push(Source::With { name: name.clone(), level });
                let columns = columns_of(source, &with.columns);
                let item = Item {
                    name,
                    schema: None,
                    bare: true,
                    row: Some((source, Oid::INVALID)),
                    columns,
                    open: with.open,
                };
                // SAFETY: see the impl.
                return (From::Source(source), vec![unsafe { named(item, alias) }]);
            }
        }
        let schema_oid = schema.as_ref().map(|name| self.names.schemas.get(name).copied());
        let found = match schema_oid {
            Some(None) => None,
            other => self.names.relation(other.flatten(), &name, &self.signature.path),
        };
        let Some(relation) = found else {
            self.uses.incomplete = true;
            query.sources.push(Source::Other { kind: pg_sys::RTEKind::RTE_RELATION });
            // SAFETY: see the impl.
            return (From::Source(source), vec![unsafe { named(open(name), alias) }]);
        };
        self.uses.relations.insert(relation.oid);
        query.sources.push(Source::Relation { oid: relation.oid, sample: Vec::new() });
        let columns = relation
            .columns
            .iter()
            .map(|found| {
                let typed = Typed {
                    expr: column(source, found.number),
                    type_oid: found.type_oid,
                    collation: found.collation,
                    explicit: false,
                };
                (found.name.clone(), typed)
            })
            .collect();
        let item = Item {
            name,
            schema: Some(relation.schema),
            bare: true,
            row: Some((source, relation.row_type)),
            columns,
            open: false,
        };
        // SAFETY: see the impl.
        (From::Source(source), vec![unsafe { named(item, alias) }])
    }

    unsafe fn range_function(
        &mut self,
        node: &pg_sys::RangeFunction,
        query: &mut Query,
    ) -> (From, Vec<Item>) {
        let mut calls = Vec::new();
        let mut columns: Vec<(String, Oid)> = Vec::new();
        let mut scalar_name = String::new();
        let mut is_open = false;
        let mut lone = false;
        let mut defines = false;
        // SAFETY: see the impl; each member is a list of the call and its column definitions.
        unsafe {
            for pair in members::<pg_sys::List>(node.functions) {
                let pair = members::<pg_sys::Node>(pair);
                let Some(call) = pair.first().copied() else { continue };
                let definitions = pair.get(1).copied().unwrap_or(std::ptr::null_mut());
                let (typed, outputs) = self.called(call);
                let mut defined = members::<pg_sys::ColumnDef>(if definitions.is_null() {
                    node.coldeflist
                } else {
                    definitions.cast()
                })
                .into_iter()
                .peekable();
                if defined.peek().is_some() {
                    defines = true;
                    for definition in defined {
                        let type_oid = self.type_name((*definition).typeName);
                        columns.push((string((*definition).colname), type_oid));
                    }
                } else if !outputs.is_empty() {
                    columns.extend(outputs);
                } else {
                    let row = self
                        .names
                        .type_of(self.names.base(typed.type_oid))
                        .map_or(Oid::INVALID, |known| known.relation);
                    if row != Oid::INVALID {
                        match self.names.row(row) {
                            Some(row) => columns
                                .extend(row.columns.iter().map(|c| (c.name.clone(), c.type_oid))),
                            None => is_open = true,
                        }
                    } else if typed.type_oid == pg_sys::RECORDOID || typed.type_oid == Oid::INVALID
                    {
                        is_open = true;
                    } else {
                        scalar_name = super::raw::figured(call);
                        lone = true;
                        columns.push((scalar_name.clone(), typed.type_oid));
                    }
                }
                calls.push(typed.expr);
            }
            if let Some(scope) = self.scopes.last_mut() {
                scope.returns_sets = false;
            }
            if node.ordinality {
                columns.push(("ordinality".to_owned(), pg_sys::INT8OID));
            }
            let of_one = defines && calls.len() == 1;
            let names = || columns.iter().map(|(name, _)| name.clone()).collect();
            let defined = if of_one { names() } else { Vec::new() };
            query.sources.push(Source::Functions { calls, defined });
            let source = query.sources.len();
            let columns = columns
                .into_iter()
                .enumerate()
                .map(|(at, (name, type_oid))| {
                    (name, Typed::of(self.names, column(source, numbered(at)), type_oid))
                })
                .collect();
            let mut item = Item {
                name: scalar_name,
                schema: None,
                bare: true,
                row: Some((source, Oid::INVALID)),
                columns,
                open: is_open,
            };
            if let Some(first) = members::<pg_sys::List>(node.functions).first()
                && item.name.is_empty()
                && let Some(call) = members::<pg_sys::Node>(*first).first()
            {
                item.name = super::raw::figured(*call);
            }
            // A function's one column goes by the alias of the function.
            if lone
                && !node.alias.is_null()
                && let Some((name, _)) = item.columns.first_mut()
            {
                *name = string((*node.alias).aliasname);
            }
            (From::Source(source), vec![named(item, node.alias)])
        }
    }

    unsafe fn join(
        &mut self,
        node: &pg_sys::JoinExpr,
        left: &[Item],
        query: &mut Query,
    ) -> (From, Vec<Item>) {
        let kind = match node.jointype {
            pg_sys::JoinType::JOIN_LEFT => JoinKind::Left,
            pg_sys::JoinType::JOIN_RIGHT => JoinKind::Right,
            pg_sys::JoinType::JOIN_FULL => JoinKind::Full,
            _ => JoinKind::Inner,
        };
        // SAFETY: see the impl.
        unsafe {
            let (from_left, mut items) = self.item_of(node.larg, left, query);
            let mut seen = left.to_vec();
            seen.extend(items.iter().cloned());
            let (from_right, others) = self.item_of(node.rarg, &seen, query);
            let shared: Vec<String> = if node.isNatural {
                let theirs = bare_columns(&others);
                bare_columns(&items)
                    .into_iter()
                    .map(|(name, _)| name)
                    .filter(|name| theirs.iter().any(|(other, _)| other == name))
                    .collect()
            } else {
                members::<pg_sys::Node>(node.usingClause)
                    .into_iter()
                    .filter_map(|node| super::raw::name_of(node))
                    .collect()
            };
            let mut conditions = Vec::new();
            let mut merged = Vec::new();
            for name in &shared {
                let find = |items: &[Item]| {
                    bare_columns(items).into_iter().find(|(known, _)| known == name)
                };
                let (Some((_, one)), Some((_, two))) = (find(&items), find(&others)) else {
                    self.uses.incomplete = true;
                    conditions.push(Expr::Unknown { tag: 0 });
                    continue;
                };
                conditions.push(self.compared("=", one.clone(), two.clone()).expr);
                let both = match kind {
                    JoinKind::Right => two.clone(),
                    JoinKind::Full => {
                        let expr = Expr::Coalesce(vec![one.expr.clone(), two.expr.clone()]);
                        Typed { expr, ..one.clone() }
                    }
                    JoinKind::Inner | JoinKind::Left => one.clone(),
                };
                merged.push((name.clone(), both));
            }
            items.extend(others);
            if !node.quals.is_null() {
                self.show(items.clone());
                conditions.push(self.condition(node.quals));
            }
            let on = match conditions.len() {
                0 => None,
                1 => conditions.pop(),
                _ => Some(Expr::And(conditions)),
            };
            let from =
                From::Join { kind, left: Box::new(from_left), right: Box::new(from_right), on };
            if !node.alias.is_null() {
                let mut columns = merged;
                columns.extend(
                    bare_columns(&items).into_iter().filter(|(name, _)| !shared.contains(name)),
                );
                let is_open = items.iter().any(|item| item.open);
                let item = Item {
                    name: String::new(),
                    schema: None,
                    bare: true,
                    row: None,
                    columns,
                    open: is_open,
                };
                return (from, vec![named(item, node.alias)]);
            }
            if !merged.is_empty() {
                // The shared columns can be named bare once, as those of the join.
                for item in items.iter_mut().filter(|item| item.bare) {
                    let rest: Vec<(String, Typed)> = item
                        .columns
                        .iter()
                        .filter(|(name, _)| !shared.contains(name))
                        .cloned()
                        .collect();
                    merged.extend(rest);
                    item.bare = false;
                }
                items.push(Item {
                    name: String::new(),
                    schema: None,
                    bare: true,
                    row: None,
                    columns: merged,
                    open: false,
                });
            }
            (from, items)
        }
    }
}

fn bare_columns(items: &[Item]) -> Vec<(String, Typed)> {
    items.iter().filter(|item| item.bare).flat_map(|item| item.columns.clone()).collect()
}

fn open(name: String) -> Item {
    Item { name, schema: None, bare: true, row: None, columns: Vec::new(), open: true }
}

/// The columns under other names, as far as there are any.
pub fn renamed(mut columns: Vec<(String, Typed)>, names: &[String]) -> Vec<(String, Typed)> {
    for ((name, _), alias) in columns.iter_mut().zip(names) {
        name.clone_from(alias);
    }
    columns
}

/// # Safety
/// `alias` is null or an Alias node.
unsafe fn named(mut item: Item, alias: *mut pg_sys::Alias) -> Item {
    if !alias.is_null() {
        // SAFETY: by the contract above.
        unsafe {
            item.name = string((*alias).aliasname);
            item.schema = None;
            let names = super::raw::names_of((*alias).colnames).unwrap_or_default();
            item.columns = renamed(item.columns, &names);
        }
    }
    item
}

/// # Safety
/// `alias` is null or an Alias node.
unsafe fn aliased(
    source: usize,
    columns: &[(String, Typed)],
    alias: *mut pg_sys::Alias,
) -> Vec<Item> {
    let item = Item {
        name: String::new(),
        schema: None,
        bare: true,
        row: Some((source, Oid::INVALID)),
        columns: columns_of(source, columns),
        open: false,
    };
    // SAFETY: by the contract above.
    vec![unsafe { named(item, alias) }]
}
