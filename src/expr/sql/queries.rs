//! Statements, and what they answer.

use pgrx::pg_sys::{self, Oid};

use super::sources::{columns_of, renamed};
use super::types::{Context, Typed};
use super::{Resolver, Scope, Selected, With};
use crate::expr::convert::{MAX_DEPTH, members, string, tag};
use crate::expr::tree::{Expr, From, Query, Source};

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
                            && let Some(name) = super::raw::name_of(*only)
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
                    super::raw::figured(target.val)
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
                qualifiers.iter().filter_map(|node| super::raw::name_of(*node)).collect();
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
                            .map(|(name, typed)| (name, super::columns::outwards(typed, level)))
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
                let renames = super::raw::names_of(cte.aliascolnames).unwrap_or_default();
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
