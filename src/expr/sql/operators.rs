//! Operators, IN and BETWEEN.

use pgrx::pg_sys::{self, Oid};

use super::Resolver;
use super::raw::names_of;
use super::types::{Context, Typed};
use super::values::collation_of;
use crate::expr::convert::{members, tag};
use crate::expr::tree::{Expr, Value};

/// See the impl in the module above for what makes the methods unsafe.
impl Resolver<'_> {
    pub(super) unsafe fn operation(&mut self, node: &pg_sys::A_Expr) -> Typed {
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

    pub(super) fn row_comparison(&mut self, name: &str, rows: Vec<(Typed, Typed)>) -> Typed {
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
    pub(super) fn resulting(&self, expr: Expr, type_oid: Oid, inputs: Oid) -> Typed {
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
}
