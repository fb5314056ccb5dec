//! Statements and what they select from.

use pgrx::pg_sys::{self, Oid};

use super::types::{Context, Typed};
use super::{Item, Resolver, Scope, Selected, With};
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
fn columns_of(source: usize, columns: &[(String, Typed)]) -> Vec<(String, Typed)> {
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
    /// A statement that returns nothing to its function: only what it uses counts.
    pub(super) unsafe fn command(&mut self, node: *mut pg_sys::Node) {
        use pg_sys::NodeTag::*;
        // SAFETY: see the impl; each cast is to the struct that the tag names.
        unsafe {
            self.scopes.push(Scope::default());
            let mut query = Query::default();
            match tag(node) {
                Some(T_InsertStmt) => {
                    let statement = &*node.cast::<pg_sys::InsertStmt>();
                    self.with(statement.withClause, &mut query);
                    self.target(statement.relation, &mut query);
                    if tag(statement.selectStmt) == Some(T_SelectStmt) {
                        self.select(statement.selectStmt.cast());
                    }
                    if !statement.onConflictClause.is_null() {
                        let clause = &*statement.onConflictClause;
                        self.assigned(clause.targetList);
                        self.conditions(clause.whereClause);
                    }
                }
                Some(T_UpdateStmt) => {
                    let statement = &*node.cast::<pg_sys::UpdateStmt>();
                    self.with(statement.withClause, &mut query);
                    self.target(statement.relation, &mut query);
                    self.sources(statement.fromClause, &mut query);
                    self.assigned(statement.targetList);
                    self.conditions(statement.whereClause);
                }
                Some(T_DeleteStmt) => {
                    let statement = &*node.cast::<pg_sys::DeleteStmt>();
                    self.with(statement.withClause, &mut query);
                    self.target(statement.relation, &mut query);
                    self.sources(statement.usingClause, &mut query);
                    self.conditions(statement.whereClause);
                }
                Some(T_SelectStmt) => {
                    self.select(node.cast());
                }
                _ => self.uses.incomplete = true,
            }
            self.scopes.pop();
        }
    }

    /// The table that a statement writes.
    unsafe fn target(&mut self, relation: *mut pg_sys::RangeVar, query: &mut Query) {
        // SAFETY: see the impl.
        unsafe {
            if relation.is_null() {
                return;
            }
            let (_, items) = self.range_var(&*relation, query);
            if let Some(scope) = self.scopes.last_mut() {
                scope.items.extend(items);
            }
        }
    }

    unsafe fn assigned(&mut self, list: *mut pg_sys::List) {
        // SAFETY: see the impl; the list holds ResTarget.
        unsafe {
            for target in members::<pg_sys::ResTarget>(list) {
                self.value((*target).val);
            }
        }
    }

    unsafe fn conditions(&mut self, node: *mut pg_sys::Node) {
        if !node.is_null() {
            // SAFETY: see the impl.
            unsafe { self.value(node) };
        }
    }

    /// A SELECT, VALUES or set operation, inside of the scopes at hand.
    pub(super) unsafe fn select(&mut self, statement: *mut pg_sys::SelectStmt) -> Selected {
        // SAFETY: raises an error where the stack is nearly used up; no other condition.
        unsafe { pg_sys::check_stack_depth() };
        if self.depth >= MAX_DEPTH || statement.is_null() {
            self.uses.incomplete = true;
            let query =
                Query { sources: vec![Source::Other { kind: u32::MAX }], ..Query::default() };
            return Selected { query, columns: Vec::new() };
        }
        self.depth += 1;
        self.scopes.push(Scope::default());
        let mut query = Query::default();
        // SAFETY: see the impl.
        let columns = unsafe {
            let statement = &*statement;
            self.with(statement.withClause, &mut query);
            let columns = if statement.op != pg_sys::SetOperation::SETOP_NONE {
                self.set_operation(statement, &mut query)
            } else if !statement.valuesLists.is_null() {
                self.values_lists(statement.valuesLists, &mut query)
            } else {
                self.plain(statement, &mut query)
            };
            self.order(statement.sortClause, &columns, &mut query);
            for bound in [statement.limitCount, statement.limitOffset] {
                if !bound.is_null() {
                    query.reshaped = true;
                    let bound = self.value(bound).expr;
                    query.extras.push(bound);
                }
            }
            columns
        };
        if let Some(scope) = self.scopes.pop() {
            query.aggregated = scope.aggregated;
            query.reshaped |= scope.returns_sets;
        }
        self.depth -= 1;
        Selected { query, columns }
    }

    unsafe fn plain(
        &mut self,
        statement: &pg_sys::SelectStmt,
        query: &mut Query,
    ) -> Vec<(String, Typed)> {
        // SAFETY: see the impl.
        unsafe {
            self.sources(statement.fromClause, query);
            let columns = self.targets(statement.targetList);
            query.targets = columns.iter().map(|(_, typed)| typed.expr.clone()).collect();
            // Set-returning functions count among the columns only.
            let returns_sets =
                self.scopes.last_mut().is_some_and(|scope| std::mem::take(&mut scope.returns_sets));
            query.reshaped |= returns_sets;
            if !statement.whereClause.is_null() {
                query.filter = Some(self.condition(statement.whereClause));
            }
            if !statement.groupClause.is_null() {
                query.grouped = true;
                self.order(statement.groupClause, &columns, query);
            }
            if !statement.havingClause.is_null() {
                query.having = Some(self.condition(statement.havingClause));
            }
            if !statement.distinctClause.is_null() {
                // A plain DISTINCT is a list of one null pointer.
                for node in members::<pg_sys::Node>(statement.distinctClause) {
                    if !node.is_null() {
                        query.reshaped = true;
                        let value = self.value(node).expr;
                        query.hidden_targets.push(value);
                    }
                }
            }
            for window in members::<pg_sys::WindowDef>(statement.windowClause) {
                let parts = self.window(window);
                query.extras.extend(parts);
            }
            columns
        }
    }

    /// ORDER BY and GROUP BY: columns that come out anyhow, or expressions of their own.
    unsafe fn order(
        &mut self,
        list: *mut pg_sys::List,
        columns: &[(String, Typed)],
        query: &mut Query,
    ) {
        use pg_sys::NodeTag::*;
        // SAFETY: see the impl.
        unsafe {
            for node in members::<pg_sys::Node>(list) {
                let node = if tag(node) == Some(T_SortBy) {
                    (*node.cast::<pg_sys::SortBy>()).node
                } else {
                    node
                };
                match tag(node) {
                    Some(T_A_Const) => continue,
                    Some(T_GroupingSet) => {
                        let content = (*node.cast::<pg_sys::GroupingSet>()).content;
                        self.order(content, columns, query);
                        continue;
                    }
                    Some(T_ColumnRef) => {
                        let fields = (*node.cast::<pg_sys::ColumnRef>()).fields;
                        let named = members::<pg_sys::Node>(fields);
                        if let [only] = named.as_slice()
                            && let Some(name) = super::values::name_of(*only)
                            && columns.iter().any(|(known, _)| *known == name)
                        {
                            continue;
                        }
                    }
                    _ => {}
                }
                let value = self.value(node).expr;
                query.hidden_targets.push(value);
            }
        }
    }

    /// The columns that come out.
    unsafe fn targets(&mut self, list: *mut pg_sys::List) -> Vec<(String, Typed)> {
        let mut columns = Vec::new();
        // SAFETY: see the impl; the list holds ResTarget.
        unsafe {
            for target in members::<pg_sys::ResTarget>(list) {
                let target = &*target;
                if let Some(all) = self.star(target.val) {
                    columns.extend(all);
                    continue;
                }
                let typed = self.value(target.val);
                let name = if target.name.is_null() {
                    super::values::figured(target.val)
                } else {
                    string(target.name)
                };
                columns.push((name, typed));
            }
        }
        columns
    }

    /// `*` and `t.*`.
    unsafe fn star(&mut self, node: *mut pg_sys::Node) -> Option<Vec<(String, Typed)>> {
        // SAFETY: see the impl.
        unsafe {
            if tag(node) != Some(pg_sys::NodeTag::T_ColumnRef) {
                return None;
            }
            let fields = members::<pg_sys::Node>((*node.cast::<pg_sys::ColumnRef>()).fields);
            let (last, qualifiers) = fields.split_last()?;
            if tag(*last) != Some(pg_sys::NodeTag::T_A_Star) {
                return None;
            }
            let names: Vec<String> =
                qualifiers.iter().filter_map(|node| super::values::name_of(*node)).collect();
            let unknown =
                || vec![(String::new(), Typed::unknown(pg_sys::NodeTag::T_A_Star as u32))];
            if names.is_empty() {
                let items = self.scopes.last().map_or(&[][..], |scope| &scope.items);
                if items.iter().any(|item| item.open) {
                    self.uses.incomplete = true;
                    return Some(unknown());
                }
                return Some(
                    items
                        .iter()
                        .filter(|item| item.bare)
                        .flat_map(|item| item.columns.clone())
                        .collect(),
                );
            }
            match self.item(&names) {
                Some((level, item)) if !item.open => {
                    let columns = item.columns.clone();
                    Some(
                        columns
                            .into_iter()
                            .map(|(name, typed)| (name, super::values::outwards(typed, level)))
                            .collect(),
                    )
                }
                _ => {
                    self.uses.incomplete = true;
                    Some(unknown())
                }
            }
        }
    }

    unsafe fn values_lists(
        &mut self,
        lists: *mut pg_sys::List,
        query: &mut Query,
    ) -> Vec<(String, Typed)> {
        // SAFETY: see the impl; a list of lists of expressions.
        let rows: Vec<Vec<Typed>> = unsafe {
            members::<pg_sys::List>(lists)
                .into_iter()
                .map(|row| {
                    members::<pg_sys::Node>(row).into_iter().map(|node| self.value(node)).collect()
                })
                .collect()
        };
        let width = rows.first().map_or(0, Vec::len);
        let mut columns: Vec<(String, Typed)> = Vec::new();
        let mut coerced: Vec<Vec<Expr>> = rows.iter().map(|_| Vec::new()).collect();
        for at in 0..width {
            let parts: Vec<Typed> = rows.iter().filter_map(|row| row.get(at)).cloned().collect();
            let (parts, type_oid, collation) = if rows.len() == 1 {
                let only = &parts[0];
                (vec![only.expr.clone()], only.type_oid, only.collation)
            } else {
                self.united(parts)
            };
            for (row, part) in coerced.iter_mut().zip(parts) {
                row.push(part);
            }
            let expr = Expr::Unknown { tag: 0 };
            let typed = Typed { expr, type_oid, collation, explicit: false };
            columns.push((format!("column{}", at + 1), typed));
        }
        if let [row] = coerced.as_mut_slice() {
            for ((_, typed), expr) in columns.iter_mut().zip(row.iter()) {
                typed.expr = expr.clone();
            }
            query.targets = std::mem::take(row);
            return columns;
        }
        query.sources.push(Source::Values(coerced));
        let source = query.sources.len();
        query.from.push(From::Source(source));
        let columns = columns_of(source, &columns);
        query.targets = columns.iter().map(|(_, typed)| typed.expr.clone()).collect();
        columns
    }

    unsafe fn set_operation(
        &mut self,
        statement: &pg_sys::SelectStmt,
        query: &mut Query,
    ) -> Vec<(String, Typed)> {
        query.reshaped = true;
        // SAFETY: see the impl.
        let left = unsafe { self.select(statement.larg) };
        query.sources.push(Source::Query(Box::new(left.query)));
        let source = query.sources.len();
        // A WITH query that refers to itself has the columns of its first arm.
        if let Some(scope) = self.scopes.iter_mut().rev().nth(1)
            && let Some(with) = scope.with.last_mut()
            && with.open
            && with.columns.is_empty()
        {
            with.columns = renamed(left.columns.clone(), &with.renames);
            with.open = false;
        }
        // SAFETY: see the impl.
        let right = unsafe { self.select(statement.rarg) };
        query.sources.push(Source::Query(Box::new(right.query)));
        let mut columns = columns_of(source, &left.columns);
        for (at, (_, typed)) in columns.iter_mut().enumerate() {
            let theirs = right.columns.get(at).map_or(Oid::INVALID, |(_, typed)| typed.type_oid);
            typed.type_oid = self.names.common(&[typed.type_oid, theirs]).unwrap_or(Oid::INVALID);
            typed.collation = self.names.type_collation(typed.type_oid);
        }
        query.targets = columns.iter().map(|(_, typed)| typed.expr.clone()).collect();
        columns
    }

    unsafe fn with(&mut self, clause: *mut pg_sys::WithClause, query: &mut Query) {
        // SAFETY: see the impl; the list holds CommonTableExpr.
        unsafe {
            if clause.is_null() {
                return;
            }
            let recursive = (*clause).recursive;
            for cte in members::<pg_sys::CommonTableExpr>((*clause).ctes) {
                let cte = &*cte;
                let name = string(cte.ctename);
                let renames = super::values::names_of(cte.aliascolnames).unwrap_or_default();
                if recursive && let Some(scope) = self.scopes.last_mut() {
                    scope.with.push(With {
                        name: name.clone(),
                        renames: renames.clone(),
                        columns: Vec::new(),
                        open: true,
                    });
                }
                let selected = if tag(cte.ctequery) == Some(pg_sys::NodeTag::T_SelectStmt) {
                    Some(self.select(cte.ctequery.cast()))
                } else {
                    self.command(cte.ctequery);
                    None
                };
                let Some(scope) = self.scopes.last_mut() else { return };
                if recursive {
                    scope.with.pop();
                }
                let (inner, columns, open) = match selected {
                    Some(Selected { query, columns }) => (query, columns, false),
                    None => {
                        let sources = vec![Source::Other { kind: u32::MAX }];
                        (Query { sources, ..Query::default() }, Vec::new(), true)
                    }
                };
                let columns = renamed(columns, &renames);
                scope.with.push(With { name: name.clone(), renames, columns, open });
                query.with.push((name, inner));
            }
        }
    }

    /// FROM; its items are visible to what follows.
    unsafe fn sources(&mut self, list: *mut pg_sys::List, query: &mut Query) {
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

    fn show(&mut self, items: Vec<Item>) {
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

    unsafe fn range_var(
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
                        scalar_name = super::values::figured(call);
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
            query.sources.push(Source::Functions(calls));
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
                item.name = super::values::figured(*call);
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
                    .filter_map(|node| super::values::name_of(node))
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

    /// A condition, as a boolean.
    pub(super) unsafe fn condition(&mut self, node: *mut pg_sys::Node) -> Expr {
        // SAFETY: see the impl.
        let typed = unsafe { self.value(node) };
        self.boolean(typed)
    }

    pub(super) fn boolean(&mut self, typed: Typed) -> Expr {
        match self.names.coerce(&typed, pg_sys::BOOLOID, Context::Assignment) {
            Some(boolean) => boolean.expr,
            None => {
                self.uses.incomplete = true;
                Expr::Unknown { tag: 0 }
            }
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
fn renamed(mut columns: Vec<(String, Typed)>, names: &[String]) -> Vec<(String, Typed)> {
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
            let names = super::values::names_of((*alias).colnames).unwrap_or_default();
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
