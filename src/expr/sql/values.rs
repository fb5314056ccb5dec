//! Expressions.

use pgrx::pg_sys::{self, Oid};

use super::types::{Context, Typed};
use super::{Item, Resolver};
use crate::expr::convert::{MAX_DEPTH, members, string, tag};
use crate::expr::tree::{Bound, Cast, ColumnRef, Expr, SubLink, TruthTest, Value};
use crate::expr::uses::setting;

/// The text of a String node.
///
/// # Safety
/// `node` is null or points to a node.
pub unsafe fn name_of(node: *mut pg_sys::Node) -> Option<String> {
    // SAFETY: by the contract above; the tag says that it is a String.
    unsafe {
        (tag(node) == Some(pg_sys::NodeTag::T_String))
            .then(|| string((*node.cast::<pg_sys::String>()).sval))
    }
}

/// The texts of a list of String nodes; nothing where another node is among them.
///
/// # Safety
/// `list` is null or a list of nodes.
pub unsafe fn names_of(list: *mut pg_sys::List) -> Option<Vec<String>> {
    // SAFETY: by the contract above.
    unsafe { members::<pg_sys::Node>(list).into_iter().map(|node| name_of(node)).collect() }
}

/// The name that the server gives to a column without one.
///
/// # Safety
/// `node` is null or a node of a raw tree.
pub unsafe fn figured(node: *mut pg_sys::Node) -> String {
    use pg_sys::NodeTag::*;
    // SAFETY: by the contract above; each cast is to the struct that the tag names.
    unsafe {
        let last =
            |list| members::<pg_sys::Node>(list).into_iter().rev().find_map(|node| name_of(node));
        match tag(node) {
            Some(T_ColumnRef) => last((*node.cast::<pg_sys::ColumnRef>()).fields),
            Some(T_A_Indirection) => {
                let node = &*node.cast::<pg_sys::A_Indirection>();
                last(node.indirection).or_else(|| Some(figured(node.arg)))
            }
            Some(T_FuncCall) => last((*node.cast::<pg_sys::FuncCall>()).funcname),
            Some(T_TypeCast) => {
                let node = &*node.cast::<pg_sys::TypeCast>();
                let inner = figured(node.arg);
                if inner == "?column?" { last((*node.typeName).names) } else { Some(inner) }
            }
            Some(T_CollateClause) => Some(figured((*node.cast::<pg_sys::CollateClause>()).arg)),
            Some(T_CaseExpr) => Some("case".to_owned()),
            Some(T_A_ArrayExpr) => Some("array".to_owned()),
            Some(T_RowExpr) => Some("row".to_owned()),
            Some(T_CoalesceExpr) => Some("coalesce".to_owned()),
            Some(T_SubLink) => match (*node.cast::<pg_sys::SubLink>()).subLinkType {
                pg_sys::SubLinkType::EXISTS_SUBLINK => Some("exists".to_owned()),
                pg_sys::SubLinkType::ARRAY_SUBLINK => Some("array".to_owned()),
                pg_sys::SubLinkType::EXPR_SUBLINK => {
                    let inner = (*node.cast::<pg_sys::SubLink>()).subselect;
                    if tag(inner) == Some(T_SelectStmt) {
                        let list = (*inner.cast::<pg_sys::SelectStmt>()).targetList;
                        members::<pg_sys::ResTarget>(list).first().map(|target| {
                            let target = &**target;
                            if target.name.is_null() {
                                figured(target.val)
                            } else {
                                string(target.name)
                            }
                        })
                    } else {
                        None
                    }
                }
                _ => None,
            },
            Some(T_SQLValueFunction) => {
                use pg_sys::SQLValueFunctionOp::*;
                let name = match (*node.cast::<pg_sys::SQLValueFunction>()).op {
                    SVFOP_CURRENT_USER => "current_user",
                    SVFOP_CURRENT_ROLE => "current_role",
                    SVFOP_SESSION_USER => "session_user",
                    SVFOP_USER => "user",
                    SVFOP_CURRENT_CATALOG => "current_catalog",
                    SVFOP_CURRENT_SCHEMA => "current_schema",
                    SVFOP_CURRENT_DATE => "current_date",
                    SVFOP_CURRENT_TIME | SVFOP_CURRENT_TIME_N => "current_time",
                    SVFOP_CURRENT_TIMESTAMP | SVFOP_CURRENT_TIMESTAMP_N => "current_timestamp",
                    SVFOP_LOCALTIME | SVFOP_LOCALTIME_N => "localtime",
                    _ => "localtimestamp",
                };
                Some(name.to_owned())
            }
            _ => None,
        }
        .unwrap_or_else(|| "?column?".to_owned())
    }
}

/// A column seen from inside so many queries.
pub fn outwards(mut typed: Typed, level: usize) -> Typed {
    if level > 0 {
        typed.expr.each_column_mut(&mut |column| column.level += level);
    }
    typed
}

/// What a name could be found to mean.
enum Found {
    Here(Typed),
    Doubtful,
    Nowhere,
}

/// See the impl in the module above for what makes the methods unsafe.
impl Resolver<'_> {
    fn in_doubt(&mut self, tag: u32) -> Typed {
        self.uses.incomplete = true;
        Typed::unknown(tag)
    }

    /// An expression.
    pub(super) unsafe fn value(&mut self, node: *mut pg_sys::Node) -> Typed {
        // SAFETY: see the impl.
        let Some(tag) = (unsafe { tag(node) }) else { return self.in_doubt(0) };
        // SAFETY: raises an error where the stack is nearly used up; no other condition.
        unsafe { pg_sys::check_stack_depth() };
        if self.depth >= MAX_DEPTH {
            return self.in_doubt(tag as u32);
        }
        self.depth += 1;
        // SAFETY: see the impl.
        let typed = unsafe { self.node(tag, node) };
        self.depth -= 1;
        typed
    }

    unsafe fn values(&mut self, list: *mut pg_sys::List) -> Vec<Typed> {
        // SAFETY: see the impl.
        unsafe { members::<pg_sys::Node>(list).into_iter().map(|node| self.value(node)).collect() }
    }

    unsafe fn node(&mut self, tag: pg_sys::NodeTag, node: *mut pg_sys::Node) -> Typed {
        use pg_sys::NodeTag::*;
        let names = self.names;
        let truth = |expr| Typed::of(names, expr, pg_sys::BOOLOID);
        // SAFETY: see the impl; each cast is to the struct that the tag names.
        unsafe {
            match tag {
                T_A_Const => constant(self, &*node.cast()),
                T_ColumnRef => self.column_ref(&*node.cast()),
                T_ParamRef => self.argument((*node.cast::<pg_sys::ParamRef>()).number),
                T_A_Expr => self.operation(&*node.cast()),
                T_BoolExpr => {
                    let expr = &*node.cast::<pg_sys::BoolExpr>();
                    let mut parts = Vec::new();
                    for part in members::<pg_sys::Node>(expr.args) {
                        parts.push(self.condition(part));
                    }
                    truth(match expr.boolop {
                        pg_sys::BoolExprType::AND_EXPR => Expr::And(parts),
                        pg_sys::BoolExprType::OR_EXPR => Expr::Or(parts),
                        _ => match parts.pop() {
                            Some(part) => Expr::Not(Box::new(part)),
                            None => return self.in_doubt(tag as u32),
                        },
                    })
                }
                T_NullTest => {
                    let test = &*node.cast::<pg_sys::NullTest>();
                    let argument = self.value(test.arg.cast());
                    let of_row = argument.type_oid == pg_sys::RECORDOID
                        || names.type_of(argument.type_oid).is_some_and(|t| t.kind == b'c');
                    truth(Expr::NullTest {
                        argument: Box::new(argument.expr),
                        is_null: test.nulltesttype == pg_sys::NullTestType::IS_NULL,
                        of_row,
                    })
                }
                T_BooleanTest => {
                    use pg_sys::BoolTestType::*;
                    let test = &*node.cast::<pg_sys::BooleanTest>();
                    let argument = Box::new(self.condition(test.arg.cast()));
                    let (test, negated) = match test.booltesttype {
                        IS_TRUE => (TruthTest::True, false),
                        IS_NOT_TRUE => (TruthTest::True, true),
                        IS_FALSE => (TruthTest::False, false),
                        IS_NOT_FALSE => (TruthTest::False, true),
                        IS_UNKNOWN => (TruthTest::Unknown, false),
                        _ => (TruthTest::Unknown, true),
                    };
                    truth(Expr::BooleanTest { argument, test, negated })
                }
                T_CaseExpr => self.case(&*node.cast()),
                T_CoalesceExpr => {
                    let parts = self.values((*node.cast::<pg_sys::CoalesceExpr>()).args);
                    let (parts, type_oid, collation) = self.united(parts);
                    let expr = Expr::Coalesce(parts);
                    Typed { expr, type_oid, collation, explicit: false }
                }
                T_MinMaxExpr => {
                    let parts = self.values((*node.cast::<pg_sys::MinMaxExpr>()).args);
                    let (parts, type_oid, collation) = self.united(parts);
                    let expr = Expr::MinMax(parts);
                    Typed { expr, type_oid, collation, explicit: false }
                }
                T_SubLink => self.sub_link(&*node.cast()),
                T_FuncCall => self.called(node).0,
                T_TypeCast => self.type_cast(&*node.cast()),
                T_CollateClause => self.collate(&*node.cast()),
                T_A_ArrayExpr => self.array(&*node.cast(), Oid::INVALID),
                T_RowExpr => {
                    let parts = self.values((*node.cast::<pg_sys::RowExpr>()).args);
                    let parts = parts.into_iter().map(|part| part.expr).collect();
                    Typed::of(names, Expr::Row(parts), pg_sys::RECORDOID)
                }
                T_A_Indirection => self.indirection(&*node.cast()),
                T_SQLValueFunction => {
                    self.session_value((*node.cast::<pg_sys::SQLValueFunction>()).op)
                }
                T_NamedArgExpr => self.value((*node.cast::<pg_sys::NamedArgExpr>()).arg.cast()),
                other => self.in_doubt(other as u32),
            }
        }
    }

    fn session_value(&mut self, which: u32) -> Typed {
        use pg_sys::SQLValueFunctionOp::*;
        let type_oid = match which {
            SVFOP_CURRENT_DATE => pg_sys::DATEOID,
            SVFOP_CURRENT_TIME | SVFOP_CURRENT_TIME_N => pg_sys::TIMETZOID,
            SVFOP_CURRENT_TIMESTAMP | SVFOP_CURRENT_TIMESTAMP_N => pg_sys::TIMESTAMPTZOID,
            SVFOP_LOCALTIME | SVFOP_LOCALTIME_N => pg_sys::TIMEOID,
            SVFOP_LOCALTIMESTAMP | SVFOP_LOCALTIMESTAMP_N => pg_sys::TIMESTAMPOID,
            _ => pg_sys::NAMEOID,
        };
        self.uses.note_session_value(which);
        Typed::of(self.names, Expr::SessionValue { which }, type_oid)
    }

    /// An argument of the function, by its number.
    fn argument(&mut self, number: i32) -> Typed {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match at.and_then(|at| self.signature.arguments.get(at)) {
            Some((_, type_oid)) => {
                let expr = Expr::Bound(Bound::Argument(at.unwrap_or(0) + 1));
                if super::names::is_polymorphic(*type_oid) {
                    return Typed {
                        type_oid: Oid::INVALID,
                        ..Typed::of(self.names, expr, Oid::INVALID)
                    };
                }
                Typed::of(self.names, expr, *type_oid)
            }
            None => self.in_doubt(pg_sys::NodeTag::T_ParamRef as u32),
        }
    }

    fn named_argument(&mut self, name: &str) -> Option<Typed> {
        let at = self.signature.arguments.iter().position(|(known, _)| *known == name)?;
        Some(self.argument(i32::try_from(at + 1).ok()?))
    }

    /// The item that a qualified name begins with, and how many queries outwards it stands.
    pub(super) fn item(&self, qualifiers: &[String]) -> Option<(usize, &Item)> {
        let (schema, name) = match qualifiers {
            [name] => (None, name),
            [schema, name] => (Some(*self.names.schemas.get(schema)?), name),
            _ => return None,
        };
        for (level, scope) in self.scopes.iter().rev().enumerate() {
            let mut found = scope
                .items
                .iter()
                .filter(|item| item.name == *name && (schema.is_none() || item.schema == schema));
            if let Some(item) = found.next() {
                return found.next().is_none().then_some((level, item));
            }
        }
        None
    }

    fn bare(&self, name: &str) -> Found {
        for (level, scope) in self.scopes.iter().rev().enumerate() {
            let mut found: Option<Typed> = None;
            for item in scope.items.iter().filter(|item| item.bare) {
                for (_, typed) in item.columns.iter().filter(|(known, _)| known == name) {
                    if found.is_some() {
                        return Found::Doubtful;
                    }
                    found = Some(outwards(typed.clone(), level));
                }
            }
            // An item whose columns are not known may have one of this name.
            if scope.items.iter().any(|item| item.open) {
                return Found::Doubtful;
            }
            if let Some(typed) = found {
                return Found::Here(typed);
            }
        }
        Found::Nowhere
    }

    unsafe fn column_ref(&mut self, node: &pg_sys::ColumnRef) -> Typed {
        let tag = pg_sys::NodeTag::T_ColumnRef as u32;
        // SAFETY: see the impl.
        let Some(parts) = (unsafe { names_of(node.fields) }) else { return self.in_doubt(tag) };
        let found = match parts.as_slice() {
            [name] => match self.bare(name) {
                Found::Here(typed) => Some(typed),
                Found::Doubtful => None,
                // The whole row of a table, or an argument.
                Found::Nowhere => match self.item(std::slice::from_ref(name)) {
                    Some((level, item)) => item.row.map(|(source, type_oid)| {
                        let expr = Expr::Column(ColumnRef { level, source, attribute: 0 });
                        Typed { type_oid, ..Typed::of(self.names, expr, Oid::INVALID) }
                    }),
                    None => self.named_argument(name),
                },
            },
            [qualifiers @ .., name] => match self.item(qualifiers) {
                Some((level, item)) => item
                    .columns
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, typed)| outwards(typed.clone(), level)),
                None => match qualifiers {
                    [function] if function == self.signature.name => self.named_argument(name),
                    [argument] => self.named_argument(argument).map(|row| self.field(row, name)),
                    _ => None,
                },
            },
            [] => None,
        };
        found.unwrap_or_else(|| self.in_doubt(tag))
    }

    /// A field of a row.
    fn field(&mut self, row: Typed, name: &str) -> Typed {
        let relation =
            self.names.type_of(self.names.base(row.type_oid)).map_or(Oid::INVALID, |t| t.relation);
        let column = self
            .names
            .row(relation)
            .and_then(|known| known.columns.iter().find(|column| column.name == name));
        match column {
            Some(column) => {
                let (number, type_oid) = (column.number, column.type_oid);
                let expr = Expr::Field { argument: Box::new(row.expr), number };
                Typed::of(self.names, expr, type_oid)
            }
            None => self.in_doubt(pg_sys::NodeTag::T_FieldSelect as u32),
        }
    }

    unsafe fn indirection(&mut self, node: &pg_sys::A_Indirection) -> Typed {
        // SAFETY: see the impl.
        unsafe {
            let mut value = self.value(node.arg);
            let mut subscripts = Vec::new();
            let mut slice = false;
            for step in members::<pg_sys::Node>(node.indirection) {
                if tag(step) == Some(pg_sys::NodeTag::T_A_Indices) {
                    let step = &*step.cast::<pg_sys::A_Indices>();
                    slice |= step.is_slice;
                    for index in [step.uidx, step.lidx] {
                        if !index.is_null() {
                            let index = self.value(index);
                            let plain = if index.is_untyped() {
                                self.names.coerce(&index, pg_sys::TEXTOID, Context::Implicit)
                            } else {
                                Some(index)
                            };
                            subscripts.push(plain.map_or(Expr::Unknown { tag: 0 }, |i| i.expr));
                        }
                    }
                    continue;
                }
                value = self.subscripted(value, &mut subscripts, slice);
                match name_of(step) {
                    Some(name) => value = self.field(value, &name),
                    None => return self.in_doubt(pg_sys::NodeTag::T_A_Indirection as u32),
                }
            }
            self.subscripted(value, &mut subscripts, slice)
        }
    }

    fn subscripted(&mut self, value: Typed, subscripts: &mut Vec<Expr>, slice: bool) -> Typed {
        if subscripts.is_empty() {
            return value;
        }
        let base = self.names.base(value.type_oid);
        let element = self.names.element(base);
        let type_oid = if slice || base == pg_sys::JSONBOID {
            base
        } else if element != Oid::INVALID {
            element
        } else {
            return self.in_doubt(pg_sys::NodeTag::T_SubscriptingRef as u32);
        };
        let expr = Expr::Subscript {
            container: Box::new(value.expr),
            subscripts: std::mem::take(subscripts),
        };
        Typed::of(self.names, expr, type_oid)
    }

    /// A qualified name's schema and last part; nothing where there is no such schema.
    fn split(&self, parts: &[String]) -> Option<(Option<Oid>, String)> {
        match parts {
            [name] => Some((None, name.clone())),
            [schema, name] => Some((Some(*self.names.schemas.get(schema)?), name.clone())),
            _ => None,
        }
    }

    unsafe fn operation(&mut self, node: &pg_sys::A_Expr) -> Typed {
        use pg_sys::A_Expr_Kind::*;
        let names = self.names;
        let truth = |expr| Typed::of(names, expr, pg_sys::BOOLOID);
        // SAFETY: see the impl; `rexpr` of IN and BETWEEN is a list.
        unsafe {
            let Some(parts) = names_of(node.name) else { return self.in_doubt(0) };
            let Some((schema, name)) = self.split(&parts) else {
                self.value(node.rexpr);
                return self.in_doubt(pg_sys::NodeTag::T_A_Expr as u32);
            };
            match node.kind {
                AEXPR_OP | AEXPR_LIKE | AEXPR_ILIKE | AEXPR_SIMILAR => {
                    if let Some(rows) = self.rows(node.lexpr, node.rexpr) {
                        return self.row_comparison(&name, rows);
                    }
                    let right = self.value(node.rexpr);
                    if node.lexpr.is_null() {
                        return self.prefixed(schema, &name, right);
                    }
                    let left = self.value(node.lexpr);
                    self.operated(schema, &name, left, right)
                }
                AEXPR_OP_ANY | AEXPR_OP_ALL => {
                    let left = self.value(node.lexpr);
                    let right = self.value(node.rexpr);
                    self.over_array(schema, &name, node.kind == AEXPR_OP_ANY, left, right)
                }
                AEXPR_DISTINCT | AEXPR_NOT_DISTINCT => {
                    let (left, right) = (self.value(node.lexpr), self.value(node.rexpr));
                    let negated = node.kind == AEXPR_NOT_DISTINCT;
                    let is_null = |typed: &Typed| {
                        typed.is_untyped()
                            && matches!(typed.expr, Expr::Const { value: Value::Null, .. })
                    };
                    let tested = match (is_null(&left), is_null(&right)) {
                        (_, true) => Some(left.clone()),
                        (true, _) => Some(right.clone()),
                        _ => None,
                    };
                    if let Some(argument) = tested {
                        let argument = Box::new(argument.expr);
                        return truth(Expr::NullTest { argument, is_null: negated, of_row: false });
                    }
                    let distinct = match self.operated(schema, &name, left, right).expr {
                        Expr::Operator { operator, collation, arguments } => {
                            Expr::Distinct { operator, collation, arguments }
                        }
                        other => other,
                    };
                    truth(if negated { Expr::Not(Box::new(distinct)) } else { distinct })
                }
                AEXPR_NULLIF => {
                    let (left, right) = (self.value(node.lexpr), self.value(node.rexpr));
                    let mut type_oid = left.type_oid;
                    if left.is_untyped() {
                        type_oid = pg_sys::TEXTOID;
                    }
                    match self.operated(schema, &name, left, right).expr {
                        Expr::Operator { operator, collation, arguments } => Typed::of(
                            names,
                            Expr::NullIf { operator, collation, arguments },
                            type_oid,
                        ),
                        expr => Typed { expr, ..Typed::unknown(0) },
                    }
                }
                AEXPR_IN => self.in_list(&name, node),
                AEXPR_BETWEEN | AEXPR_NOT_BETWEEN | AEXPR_BETWEEN_SYM | AEXPR_NOT_BETWEEN_SYM => {
                    let value = self.value(node.lexpr);
                    let bounds = self.values(node.rexpr.cast());
                    let [low, high] = bounds.as_slice() else { return self.in_doubt(0) };
                    let mut within = |low: &Typed, high: &Typed| {
                        Expr::And(vec![
                            self.compared(">=", value.clone(), low.clone()).expr,
                            self.compared("<=", value.clone(), high.clone()).expr,
                        ])
                    };
                    let mut expr = within(low, high);
                    if matches!(node.kind, AEXPR_BETWEEN_SYM | AEXPR_NOT_BETWEEN_SYM) {
                        expr = Expr::Or(vec![expr, within(high, low)]);
                    }
                    let negated = matches!(node.kind, AEXPR_NOT_BETWEEN | AEXPR_NOT_BETWEEN_SYM);
                    truth(if negated { Expr::Not(Box::new(expr)) } else { expr })
                }
                _ => self.in_doubt(pg_sys::NodeTag::T_A_Expr as u32),
            }
        }
    }

    /// Both sides are rows written out.
    unsafe fn rows(
        &mut self,
        left: *mut pg_sys::Node,
        right: *mut pg_sys::Node,
    ) -> Option<Vec<(Typed, Typed)>> {
        // SAFETY: see the impl.
        unsafe {
            let row = |node| tag(node) == Some(pg_sys::NodeTag::T_RowExpr);
            if !row(left) || !row(right) {
                return None;
            }
            let left = self.values((*left.cast::<pg_sys::RowExpr>()).args);
            let right = self.values((*right.cast::<pg_sys::RowExpr>()).args);
            (left.len() == right.len() && !left.is_empty())
                .then(|| left.into_iter().zip(right).collect())
        }
    }

    fn row_comparison(&mut self, name: &str, rows: Vec<(Typed, Typed)>) -> Typed {
        let names = self.names;
        let truth = |expr| Typed::of(names, expr, pg_sys::BOOLOID);
        let mut parts: Vec<Expr> =
            rows.into_iter().map(|(one, two)| self.compared(name, one, two).expr).collect();
        if parts.len() == 1 {
            return truth(parts.remove(0));
        }
        match name {
            "=" => truth(Expr::And(parts)),
            "<>" => truth(Expr::Or(parts)),
            _ => {
                let mut operators = Vec::new();
                let (mut lefts, mut rights) = (Vec::new(), Vec::new());
                for part in parts {
                    let Expr::Operator { operator, mut arguments, .. } = part else {
                        return self.in_doubt(pg_sys::NodeTag::T_RowCompareExpr as u32);
                    };
                    operators.push(operator);
                    rights.extend(arguments.pop());
                    lefts.extend(arguments.pop());
                }
                truth(Expr::RowCompare { operators, left: lefts, right: rights })
            }
        }
    }

    unsafe fn in_list(&mut self, name: &str, node: &pg_sys::A_Expr) -> Typed {
        let names = self.names;
        let truth = |expr| Typed::of(names, expr, pg_sys::BOOLOID);
        let any = name != "<>";
        // SAFETY: see the impl.
        unsafe {
            let list = members::<pg_sys::Node>(node.rexpr.cast());
            let is_row = tag(node.lexpr) == Some(pg_sys::NodeTag::T_RowExpr);
            if is_row {
                let mut parts = Vec::new();
                for member in list {
                    let Some(rows) = self.rows(node.lexpr, member) else {
                        return self.in_doubt(pg_sys::NodeTag::T_A_Expr as u32);
                    };
                    parts.push(self.row_comparison(name, rows).expr);
                }
                return truth(if any { Expr::Or(parts) } else { Expr::And(parts) });
            }
            let left = self.value(node.lexpr);
            let values: Vec<Typed> = list.into_iter().map(|node| self.value(node)).collect();
            // Members that read columns of the query are compared one by one.
            let (columns, plain): (Vec<Typed>, Vec<Typed>) =
                values.into_iter().partition(|value| {
                    let mut found = false;
                    value.expr.walk(0, &mut |part, depth| {
                        found |= matches!(part, Expr::Column(column) if column.level == depth);
                    });
                    found
                });
            let mut parts = Vec::new();
            let mut singles = columns;
            if plain.len() > 1 {
                let mut types: Vec<Oid> = plain.iter().map(|value| value.type_oid).collect();
                types.push(left.type_oid);
                let common = names.common(&types).filter(|oid| *oid != pg_sys::RECORDOID);
                let array = common.map_or(Oid::INVALID, |oid| names.array(oid));
                let elements: Option<Vec<Expr>> = common.and_then(|oid| {
                    plain
                        .iter()
                        .map(|value| names.coerce(value, oid, Context::Implicit).map(|v| v.expr))
                        .collect()
                });
                match elements {
                    Some(elements) if array != Oid::INVALID => {
                        let array = Typed::of(names, Expr::Array(elements), array);
                        parts.push(self.over_array(None, name, any, left.clone(), array).expr);
                    }
                    _ => singles.extend(plain),
                }
            } else {
                singles.extend(plain);
            }
            for value in singles {
                parts.push(self.compared(name, left.clone(), value).expr);
            }
            truth(match parts.len() {
                1 => parts.remove(0),
                _ if any => Expr::Or(parts),
                _ => Expr::And(parts),
            })
        }
    }

    /// A comparison by the operator that the search path finds.
    pub(super) fn compared(&mut self, name: &str, left: Typed, right: Typed) -> Typed {
        self.operated(None, name, left, right)
    }

    fn operated(&mut self, schema: Option<Oid>, name: &str, left: Typed, right: Typed) -> Typed {
        let doubt = pg_sys::NodeTag::T_OpExpr as u32;
        let found = self.names.operators(schema, name, &self.signature.path);
        if left.type_oid == Oid::INVALID || right.type_oid == Oid::INVALID {
            return self.in_doubt(doubt);
        }
        let Some(operator) = self.names.operator(&found, left.type_oid, right.type_oid) else {
            return self.in_doubt(doubt);
        };
        // A literal beside an argument of any type becomes what the other side is.
        let declared = |one: Oid, this: &Typed, other: &Typed| {
            if super::names::is_polymorphic(one) && this.is_untyped() {
                other.type_oid
            } else {
                one
            }
        };
        let types =
            (declared(operator.left, &left, &right), declared(operator.right, &right, &left));
        let result = self.names.result(
            &[operator.left, operator.right],
            &[left.type_oid, right.type_oid],
            operator.result,
        );
        let one = self.names.coerce(&left, types.0, Context::Implicit);
        let two = self.names.coerce(&right, types.1, Context::Implicit);
        let (Some(one), Some(two)) = (one, two) else { return self.in_doubt(doubt) };
        let collation = collation_of(&[&one, &two]);
        let expr = Expr::Operator {
            operator: operator.oid,
            collation,
            arguments: vec![one.expr, two.expr],
        };
        self.resulting(expr, result, collation)
    }

    /// A result that takes its collation from its inputs.
    fn resulting(&self, expr: Expr, type_oid: Oid, inputs: Oid) -> Typed {
        let own = self.names.type_collation(type_oid);
        let collation = if own != Oid::INVALID && inputs != Oid::INVALID { inputs } else { own };
        Typed { expr, type_oid, collation, explicit: false }
    }

    fn prefixed(&mut self, schema: Option<Oid>, name: &str, right: Typed) -> Typed {
        // The parser leaves the sign before a number to be taken in.
        if name == "-"
            && schema.is_none()
            && let Expr::Const { type_oid, value: Value::Int(number) } = &right.expr
            && let Some(negative) = number.checked_neg()
        {
            let expr = Expr::Const { type_oid: *type_oid, value: Value::Int(negative) };
            return Typed { expr, ..right };
        }
        let doubt = pg_sys::NodeTag::T_OpExpr as u32;
        let found = self.names.operators(schema, name, &self.signature.path);
        if right.type_oid == Oid::INVALID {
            return self.in_doubt(doubt);
        }
        let Some(operator) = self.names.operator(&found, Oid::INVALID, right.type_oid) else {
            return self.in_doubt(doubt);
        };
        let Some(argument) = self.names.coerce(&right, operator.right, Context::Implicit) else {
            return self.in_doubt(doubt);
        };
        let result = self.names.result(&[operator.right], &[right.type_oid], operator.result);
        let collation = argument.collation;
        let arguments = vec![argument.expr];
        self.resulting(
            Expr::Operator { operator: operator.oid, collation, arguments },
            result,
            collation,
        )
    }

    fn over_array(
        &mut self,
        schema: Option<Oid>,
        name: &str,
        any: bool,
        left: Typed,
        right: Typed,
    ) -> Typed {
        let doubt = pg_sys::NodeTag::T_ScalarArrayOpExpr as u32;
        let names = self.names;
        let found = names.operators(schema, name, &self.signature.path);
        if left.type_oid == Oid::INVALID || right.type_oid == Oid::INVALID {
            return self.in_doubt(doubt);
        }
        // An untyped array is one of what stands on its left.
        let element =
            if right.is_untyped() { pg_sys::UNKNOWNOID } else { names.element(right.type_oid) };
        if element == Oid::INVALID {
            return self.in_doubt(doubt);
        }
        let Some(operator) = names.operator(&found, left.type_oid, element) else {
            return self.in_doubt(doubt);
        };
        let declared = |one: Oid, other: Oid| {
            if super::names::is_polymorphic(one) { other } else { one }
        };
        let left_type = declared(operator.left, left.type_oid);
        let right_element = declared(operator.right, element);
        let array = names.array(right_element);
        let one = names.coerce(&left, left_type, Context::Implicit);
        let two = if array == Oid::INVALID {
            None
        } else {
            names.coerce(&right, array, Context::Implicit)
        };
        let (Some(one), Some(two)) = (one, two) else { return self.in_doubt(doubt) };
        let collation = collation_of(&[&one, &two]);
        let expr = Expr::OverArray {
            operator: operator.oid,
            collation,
            any,
            left: Box::new(one.expr),
            array: Box::new(two.expr),
        };
        Typed::of(names, expr, pg_sys::BOOLOID)
    }

    /// Values as one type, with the collation that they bring.
    pub(super) fn united(&mut self, parts: Vec<Typed>) -> (Vec<Expr>, Oid, Oid) {
        let types: Vec<Oid> = parts.iter().map(|part| part.type_oid).collect();
        let Some(common) = self.names.common(&types) else {
            self.uses.incomplete = true;
            let parts = parts.into_iter().map(|part| part.expr).collect();
            return (parts, Oid::INVALID, Oid::INVALID);
        };
        let mut coerced = Vec::new();
        for part in &parts {
            match self.names.coerce(part, common, Context::Implicit) {
                Some(part) => coerced.push(part),
                None => coerced.push(self.in_doubt(0)),
            }
        }
        let collation = collation_of(&coerced.iter().collect::<Vec<_>>());
        (coerced.into_iter().map(|part| part.expr).collect(), common, collation)
    }

    unsafe fn case(&mut self, node: &pg_sys::CaseExpr) -> Typed {
        // SAFETY: see the impl; `args` is a list of CaseWhen.
        unsafe {
            let argument = if node.arg.is_null() {
                None
            } else {
                let argument = self.value(node.arg.cast());
                if argument.is_untyped() {
                    self.names.coerce(&argument, pg_sys::TEXTOID, Context::Implicit)
                } else {
                    Some(argument)
                }
            };
            let mut conditions = Vec::new();
            let mut results = Vec::new();
            for arm in members::<pg_sys::CaseWhen>(node.args) {
                let arm = &*arm;
                conditions.push(match &argument {
                    Some(argument) => {
                        let value = self.value(arm.expr.cast());
                        let tested = Typed { expr: Expr::CaseTest, ..argument.clone() };
                        self.compared("=", tested, value).expr
                    }
                    None => self.condition(arm.expr.cast()),
                });
                results.push(self.value(arm.result.cast()));
            }
            results.push(if node.defresult.is_null() {
                let expr = Expr::Const { type_oid: pg_sys::UNKNOWNOID, value: Value::Null };
                Typed { type_oid: pg_sys::UNKNOWNOID, ..Typed::of(self.names, expr, Oid::INVALID) }
            } else {
                self.value(node.defresult.cast())
            });
            let (mut results, type_oid, collation) = self.united(results);
            let default = results.pop().map(Box::new);
            let expr = Expr::Case {
                argument: argument.map(|argument| Box::new(argument.expr)),
                arms: conditions.into_iter().zip(results).collect(),
                default,
            };
            Typed { expr, type_oid, collation, explicit: false }
        }
    }

    unsafe fn sub_link(&mut self, node: &pg_sys::SubLink) -> Typed {
        use pg_sys::SubLinkType::*;
        let names = self.names;
        let doubt = pg_sys::NodeTag::T_SubLink as u32;
        // SAFETY: see the impl.
        unsafe {
            let left = if node.testexpr.is_null() {
                Vec::new()
            } else if tag(node.testexpr) == Some(pg_sys::NodeTag::T_RowExpr) {
                self.values((*node.testexpr.cast::<pg_sys::RowExpr>()).args)
            } else {
                vec![self.value(node.testexpr)]
            };
            if tag(node.subselect) != Some(pg_sys::NodeTag::T_SelectStmt) {
                return self.in_doubt(doubt);
            }
            let selected = self.select(node.subselect.cast());
            let mut query = selected.query;
            let link = |kind, test: Option<Expr>, query| Expr::SubLink {
                kind,
                test: test.map(Box::new),
                query: Box::new(query),
            };
            match node.subLinkType {
                EXISTS_SUBLINK => {
                    Typed::of(names, link(SubLink::Exists, None, query), pg_sys::BOOLOID)
                }
                EXPR_SUBLINK | ARRAY_SUBLINK => {
                    let [(_, only)] = selected.columns.as_slice() else {
                        return self.in_doubt(doubt);
                    };
                    let only = if only.is_untyped() {
                        match names.coerce(only, pg_sys::TEXTOID, Context::Implicit) {
                            Some(text) => text,
                            None => return self.in_doubt(doubt),
                        }
                    } else {
                        only.clone()
                    };
                    if let [target] = query.targets.as_mut_slice() {
                        *target = only.expr.clone();
                    }
                    if node.subLinkType == EXPR_SUBLINK {
                        let expr = link(SubLink::Scalar, None, query);
                        return Typed { expr, ..only };
                    }
                    let array = names.array(only.type_oid);
                    Typed {
                        type_oid: array,
                        ..Typed::of(names, link(SubLink::Array, None, query), array)
                    }
                }
                ANY_SUBLINK | ALL_SUBLINK => {
                    let name = if node.operName.is_null() {
                        "=".to_owned()
                    } else {
                        match names_of(node.operName).as_deref() {
                            Some([name]) => name.clone(),
                            Some([schema, name]) if schema == "pg_catalog" => name.clone(),
                            _ => return self.in_doubt(doubt),
                        }
                    };
                    if left.is_empty() || left.len() != selected.columns.len() {
                        return self.in_doubt(doubt);
                    }
                    let mut pairs = Vec::new();
                    for (at, (left, (_, column))) in
                        left.into_iter().zip(&selected.columns).enumerate()
                    {
                        let mut column = column.clone();
                        if column.is_untyped() {
                            let Some(text) =
                                names.coerce(&column, pg_sys::TEXTOID, Context::Implicit)
                            else {
                                return self.in_doubt(doubt);
                            };
                            query.targets[at] = text.expr.clone();
                            column = text;
                        }
                        let expr = Expr::Bound(Bound::SubLink(at + 1));
                        pairs.push((left, Typed { expr, ..column }));
                    }
                    let test = self.row_comparison(&name, pairs).expr;
                    let kind =
                        if node.subLinkType == ANY_SUBLINK { SubLink::Any } else { SubLink::All };
                    Typed::of(names, link(kind, Some(test), query), pg_sys::BOOLOID)
                }
                _ => self.in_doubt(doubt),
            }
        }
    }

    /// A type by its name; 0 where there is none or it is in doubt.
    pub(super) unsafe fn type_name(&mut self, node: *mut pg_sys::TypeName) -> Oid {
        // SAFETY: see the impl.
        unsafe {
            if node.is_null() || (*node).setof || (*node).pct_type {
                return Oid::INVALID;
            }
            let Some((schema, name)) = names_of((*node).names).and_then(|parts| self.split(&parts))
            else {
                return Oid::INVALID;
            };
            let Some(found) = self.names.named_type(schema, &name, &self.signature.path) else {
                return Oid::INVALID;
            };
            if (*node).arrayBounds.is_null() { found } else { self.names.array(found) }
        }
    }

    unsafe fn type_cast(&mut self, node: &pg_sys::TypeCast) -> Typed {
        let doubt = pg_sys::NodeTag::T_TypeCast as u32;
        // SAFETY: see the impl.
        unsafe {
            let to = self.type_name(node.typeName);
            let element = self.names.element(to);
            let value = if tag(node.arg) == Some(pg_sys::NodeTag::T_A_ArrayExpr)
                && element != Oid::INVALID
            {
                self.array(&*node.arg.cast(), element)
            } else {
                self.value(node.arg)
            };
            if to == Oid::INVALID || value.type_oid == Oid::INVALID {
                return self.in_doubt(doubt);
            }
            let Some(mut cast) = self.names.coerce(&value, to, Context::Explicit) else {
                return self.in_doubt(doubt);
            };
            // A length cuts the value: the function that does so stands around it.
            if !(*node.typeName).typmods.is_null()
                && let Some(length) = self.names.casts.get(&(to, to))
            {
                let arguments = vec![cast.expr];
                cast.expr = Expr::Function { function: length.function, type_oid: to, arguments };
            }
            cast
        }
    }

    unsafe fn collate(&mut self, node: &pg_sys::CollateClause) -> Typed {
        // SAFETY: see the impl.
        unsafe {
            let value = self.value(node.arg);
            let value = if value.is_untyped() {
                self.names.coerce(&value, pg_sys::TEXTOID, Context::Implicit)
            } else {
                Some(value)
            };
            let named = names_of(node.collname).and_then(|parts| self.split(&parts));
            let found = named.and_then(|(schema, name)| {
                self.names.collation(schema, &name, &self.signature.path)
            });
            match (value, found) {
                (Some(value), Some(collation)) => Typed {
                    expr: Expr::Cast {
                        argument: Box::new(value.expr),
                        type_oid: Oid::INVALID,
                        how: Cast::Relabel,
                    },
                    type_oid: value.type_oid,
                    collation,
                    explicit: true,
                },
                _ => self.in_doubt(pg_sys::NodeTag::T_CollateExpr as u32),
            }
        }
    }

    unsafe fn array(&mut self, node: &pg_sys::A_ArrayExpr, element: Oid) -> Typed {
        // SAFETY: see the impl.
        unsafe {
            let nested = members::<pg_sys::Node>(node.elements)
                .into_iter()
                .any(|node| tag(node) == Some(pg_sys::NodeTag::T_A_ArrayExpr));
            let parts = self.values(node.elements);
            if nested {
                return self.in_doubt(pg_sys::NodeTag::T_A_ArrayExpr as u32);
            }
            let (parts, element) = if element == Oid::INVALID {
                let (parts, common, _) = self.united(parts);
                (parts, common)
            } else {
                let mut coerced = Vec::new();
                for part in &parts {
                    match self.names.coerce(part, element, Context::Explicit) {
                        Some(part) => coerced.push(part.expr),
                        None => coerced.push(self.in_doubt(0).expr),
                    }
                }
                (coerced, element)
            };
            let array = self.names.array(element);
            if array == Oid::INVALID {
                return self.in_doubt(pg_sys::NodeTag::T_A_ArrayExpr as u32);
            }
            Typed::of(self.names, Expr::Array(parts), array)
        }
    }

    pub(super) unsafe fn window(&mut self, window: *mut pg_sys::WindowDef) -> Vec<Expr> {
        let mut parts = Vec::new();
        // SAFETY: see the impl.
        unsafe {
            if window.is_null() {
                return parts;
            }
            let window = &*window;
            for value in self.values(window.partitionClause) {
                parts.push(value.expr);
            }
            for by in members::<pg_sys::SortBy>(window.orderClause) {
                parts.push(self.value((*by).node).expr);
            }
            for bound in [window.startOffset, window.endOffset] {
                if !bound.is_null() {
                    parts.push(self.value(bound).expr);
                }
            }
        }
        parts
    }

    /// A call, with the output columns of its function.
    pub(super) unsafe fn called(&mut self, node: *mut pg_sys::Node) -> (Typed, Vec<(String, Oid)>) {
        let doubt = pg_sys::NodeTag::T_FuncCall as u32;
        // SAFETY: see the impl.
        unsafe {
            if tag(node) != Some(pg_sys::NodeTag::T_FuncCall) {
                return (self.value(node), Vec::new());
            }
            let call = &*node.cast::<pg_sys::FuncCall>();
            let nodes = members::<pg_sys::Node>(call.args);
            let mut labels: Vec<Option<String>> = Vec::new();
            for node in &nodes {
                labels.push(if tag(*node) == Some(pg_sys::NodeTag::T_NamedArgExpr) {
                    Some(string((*node.cast::<pg_sys::NamedArgExpr>()).name))
                } else {
                    None
                });
            }
            let mut arguments: Vec<Typed> = nodes.iter().map(|node| self.value(*node)).collect();
            let mut extras: Vec<Expr> = Vec::new();
            for by in members::<pg_sys::SortBy>(call.agg_order) {
                let by = self.value((*by).node);
                if call.agg_within_group {
                    arguments.push(by);
                } else {
                    extras.push(by.expr);
                }
            }
            if !call.agg_filter.is_null() {
                extras.push(self.condition(call.agg_filter));
            }
            extras.extend(self.window(call.over));
            let Some((schema, name)) = names_of(call.funcname).and_then(|parts| self.split(&parts))
            else {
                return (self.in_doubt(doubt), Vec::new());
            };
            let found = self.names.callables(schema, &name, &self.signature.path);
            if !ordered(&found, &labels, &mut arguments) {
                self.uses.functions.extend(found.iter().map(|callable| callable.oid));
                return (self.in_doubt(doubt), Vec::new());
            }
            let inputs: Vec<Oid> = arguments.iter().map(|argument| argument.type_oid).collect();
            let certain = !inputs.contains(&Oid::INVALID);
            let chosen = if certain {
                self.names.function(&found, &inputs, call.func_variadic)
            } else {
                None
            };
            let Some((callable, types)) = chosen else {
                // One of them is meant: what it does must not be overlooked.
                self.uses.functions.extend(
                    found
                        .iter()
                        .filter(|callable| callable.arguments.len() >= inputs.len())
                        .map(|callable| callable.oid),
                );
                return (self.in_doubt(doubt), Vec::new());
            };
            self.uses.functions.insert(callable.oid);
            let coerced: Option<Vec<Typed>> = arguments
                .iter()
                .zip(&types)
                .map(|(argument, to)| match *to {
                    // A literal for a parameter of any type is a text.
                    to if argument.is_untyped()
                        && (to == pg_sys::ANYOID || super::names::is_polymorphic(to)) =>
                    {
                        let to = types
                            .iter()
                            .zip(&inputs)
                            .find(|(declared, input)| {
                                **declared == to && **input != pg_sys::UNKNOWNOID
                            })
                            .map_or(pg_sys::TEXTOID, |(_, input)| *input);
                        self.names.coerce(argument, to, Context::Implicit)
                    }
                    to => self.names.coerce(argument, to, Context::Implicit),
                })
                .collect();
            let Some(coerced) = coerced else { return (self.in_doubt(doubt), Vec::new()) };
            let collation = collation_of(&coerced.iter().collect::<Vec<_>>());
            let actual: Vec<Oid> = coerced.iter().map(|argument| argument.type_oid).collect();
            let type_oid = self.names.result(&types, &actual, callable.result);
            let mut arguments: Vec<Expr> =
                coerced.into_iter().map(|argument| argument.expr).collect();
            let function = callable.oid;
            self.uses.settings.extend(setting(function, &arguments));
            let columns = callable.columns.clone();
            let expr = if callable.kind == b'a' || callable.kind == b'w' || !call.over.is_null() {
                if call.over.is_null()
                    && let Some(scope) = self.scopes.last_mut()
                {
                    scope.aggregated = true;
                }
                arguments.extend(extras);
                Expr::Aggregate { function, arguments }
            } else {
                // Arguments that were collected are one array.
                let fixed = callable.arguments.len();
                if callable.variadic != Oid::INVALID
                    && callable.variadic != pg_sys::ANYOID
                    && !call.func_variadic
                    && fixed > 0
                    && arguments.len() + 1 > fixed
                {
                    let rest = arguments.split_off(fixed - 1);
                    arguments.push(Expr::Array(rest));
                }
                if callable.returns_set
                    && let Some(scope) = self.scopes.last_mut()
                {
                    scope.returns_sets = true;
                }
                Expr::Function { function, type_oid, arguments }
            };
            (self.resulting(expr, type_oid, collation), columns)
        }
    }
}

/// Puts arguments that are given by name into their places; `false` where that is in doubt.
fn ordered(
    found: &[&super::names::Callable],
    labels: &[Option<String>],
    arguments: &mut Vec<Typed>,
) -> bool {
    if labels.iter().all(Option::is_none) {
        return true;
    }
    let [callable] = found else { return false };
    let mut placed: Vec<Option<Typed>> = vec![None; callable.arguments.len()];
    for (at, (label, argument)) in labels.iter().zip(arguments.iter()).enumerate() {
        let place = match label {
            None => Some(at),
            Some(label) => callable.argument_names.iter().position(|name| name == label),
        };
        match place.and_then(|place| placed.get_mut(place)) {
            Some(slot) if slot.is_none() => *slot = Some(argument.clone()),
            _ => return false,
        }
    }
    // Only defaults at the end may be left out.
    while placed.last().is_some_and(Option::is_none) {
        placed.pop();
    }
    match placed.into_iter().collect::<Option<Vec<Typed>>>() {
        Some(placed) => {
            *arguments = placed;
            true
        }
        None => false,
    }
}

/// The collation of several inputs: the one that a clause names, else the one that is not the
/// default; 0 where two differ.
fn collation_of(inputs: &[&Typed]) -> Oid {
    let mut found = Oid::INVALID;
    if let Some(explicit) = inputs.iter().find(|input| input.explicit) {
        return explicit.collation;
    }
    for input in inputs.iter().filter(|input| input.collation != Oid::INVALID) {
        if found == Oid::INVALID || found == pg_sys::DEFAULT_COLLATION_OID {
            found = input.collation;
        } else if input.collation != found && input.collation != pg_sys::DEFAULT_COLLATION_OID {
            return Oid::INVALID;
        }
    }
    found
}

/// # Safety
/// `node` is a constant of a raw tree.
unsafe fn constant(resolver: &mut Resolver<'_>, node: &pg_sys::A_Const) -> Typed {
    let names = resolver.names;
    let untyped = |value| Typed {
        expr: Expr::Const { type_oid: pg_sys::UNKNOWNOID, value },
        type_oid: pg_sys::UNKNOWNOID,
        collation: Oid::INVALID,
        explicit: false,
    };
    if node.isnull {
        return untyped(Value::Null);
    }
    let of = |type_oid, value| Typed::of(names, Expr::Const { type_oid, value }, type_oid);
    // SAFETY: the tag of the value tells which member of the union it is.
    unsafe {
        match node.val.node.type_ {
            pg_sys::NodeTag::T_Integer => {
                of(pg_sys::INT4OID, Value::Int(node.val.ival.ival.into()))
            }
            pg_sys::NodeTag::T_Boolean => {
                of(pg_sys::BOOLOID, Value::Bool(node.val.boolval.boolval))
            }
            pg_sys::NodeTag::T_String => untyped(Value::Text(string(node.val.sval.sval))),
            pg_sys::NodeTag::T_Float => {
                let text = string(node.val.fval.fval);
                match text.parse::<i64>() {
                    Ok(number) => of(pg_sys::INT8OID, Value::Int(number)),
                    Err(_) => {
                        let literal = untyped(Value::Text(text));
                        match names.coerce(&literal, pg_sys::NUMERICOID, Context::Implicit) {
                            Some(numeric) => numeric,
                            None => resolver.in_doubt(pg_sys::NodeTag::T_Float as u32),
                        }
                    }
                }
            }
            other => resolver.in_doubt(other as u32),
        }
    }
}
