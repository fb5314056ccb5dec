//! Expressions.

use pgrx::pg_sys::{self, Oid};

use super::Resolver;
use super::literals::constant;
use super::raw::names_of;
use super::types::{Context, Typed};
use crate::expr::convert::{MAX_DEPTH, members, tag};
use crate::expr::tree::{Bound, Expr, SubLink, TruthTest, Value};

/// See the impl in the module above for what makes the methods unsafe.
impl Resolver<'_> {
    pub(super) fn in_doubt(&mut self, tag: u32) -> Typed {
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

    pub(super) unsafe fn values(&mut self, list: *mut pg_sys::List) -> Vec<Typed> {
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
                    let node = &*node.cast::<pg_sys::MinMaxExpr>();
                    let parts = self.values(node.args);
                    let (parts, type_oid, collation) = self.united(parts);
                    let greatest = node.op == pg_sys::MinMaxOp::IS_GREATEST;
                    let expr = Expr::MinMax { greatest, parts };
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

    /// A qualified name's schema and last part; nothing where there is no such schema.
    pub(super) fn split(&self, parts: &[String]) -> Option<(Option<Oid>, String)> {
        match parts {
            [name] => Some((None, name.clone())),
            [schema, name] => Some((Some(*self.names.schemas.get(schema)?), name.clone())),
            _ => None,
        }
    }
}

/// The collation of several inputs: the one that a clause names, else the one that is not the
/// default; 0 where two differ.
pub fn collation_of(inputs: &[&Typed]) -> Oid {
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
