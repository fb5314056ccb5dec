//! Literals, arrays, casts, collations, and values of the session.

use pgrx::pg_sys::{self, Oid};

use super::Resolver;
use super::raw::names_of;
use super::types::{Context, Typed};
use crate::expr::convert::{members, string, tag};
use crate::expr::tree::{Cast, Expr, Value};

/// See the impl in the module above for what makes the methods unsafe.
impl Resolver<'_> {
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

    pub(super) unsafe fn type_cast(&mut self, node: &pg_sys::TypeCast) -> Typed {
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

    pub(super) unsafe fn collate(&mut self, node: &pg_sys::CollateClause) -> Typed {
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

    pub(super) unsafe fn array(&mut self, node: &pg_sys::A_ArrayExpr, element: Oid) -> Typed {
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

    pub(super) fn session_value(&mut self, which: u32) -> Typed {
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
}

/// # Safety
/// `node` is a constant of a raw tree.
pub unsafe fn constant(resolver: &mut Resolver<'_>, node: &pg_sys::A_Const) -> Typed {
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
