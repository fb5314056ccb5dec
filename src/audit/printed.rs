//! Expressions over one relation as SQL, as far as an index can hold them.

use pgrx::pg_sys::{self, Oid};

use super::context::Context;
use crate::catalog::Table;
use crate::expr::Expr;
use crate::expr::tree::{Cast, Value};
use crate::quote;

/// The types that casts are printed for, and their names.
const TYPES: [(Oid, &str); 14] = [
    (pg_sys::BOOLOID, "boolean"),
    (pg_sys::INT2OID, "smallint"),
    (pg_sys::INT4OID, "integer"),
    (pg_sys::INT8OID, "bigint"),
    (pg_sys::OIDOID, "oid"),
    (pg_sys::NUMERICOID, "numeric"),
    (pg_sys::TEXTOID, "text"),
    (pg_sys::VARCHAROID, "varchar"),
    (pg_sys::BPCHAROID, "bpchar"),
    (pg_sys::NAMEOID, "name"),
    (pg_sys::UUIDOID, "uuid"),
    (pg_sys::JSONBOID, "jsonb"),
    (pg_sys::INETOID, "inet"),
    (pg_sys::CIDROID, "cidr"),
];

/// The expression as SQL that is read as the same again; nothing where it holds what is not printed
/// here.
pub fn printed(context: &Context, table: &Table, expr: &Expr) -> Option<String> {
    let inner = |expr: &Expr| printed(context, table, expr);
    Some(match expr {
        Expr::Column(column) => quote::ident(&table.column(column.attribute)?.name),
        Expr::Const { type_oid, value } => {
            let text = match value {
                Value::Text(text) => quote::literal(text),
                Value::Int(number) => quote::literal(&number.to_string()),
                Value::Number(number) => quote::literal(number),
                Value::Uuid(bytes) => quote::literal(&pgrx::Uuid::from_bytes(*bytes).to_string()),
                Value::Bool(value) => quote::literal(if *value { "true" } else { "false" }),
                _ => return None,
            };
            format!("{text}::{}", type_name(*type_oid)?)
        }
        Expr::Cast { argument, type_oid, how: Cast::Relabel } => {
            // A COLLATE clause, whose name is not kept, has no type.
            format!("({})::{}", inner(argument)?, type_name(*type_oid)?)
        }
        Expr::Cast { argument, type_oid, how: Cast::Io } => {
            format!("({})::{}", inner(argument)?, type_name(*type_oid)?)
        }
        Expr::Function { function, arguments, .. } => {
            let known = context.function(*function)?;
            let name = match known.schema.as_str() {
                "pg_catalog" => quote::ident(&known.name),
                schema => quote::qualified(schema, &known.name),
            };
            let arguments = arguments.iter().map(inner).collect::<Option<Vec<_>>>()?;
            format!("{name}({})", arguments.join(", "))
        }
        Expr::Operator { operator, arguments, .. } => {
            let known = context.operator(*operator)?;
            let [left, right] = arguments.as_slice() else { return None };
            // Those of others would have to be named with their schema.
            if operator.to_u32() >= pg_sys::FirstNormalObjectId {
                return None;
            }
            format!("({} OPERATOR(pg_catalog.{}) {})", inner(left)?, known.name, inner(right)?)
        }
        Expr::Subscript { container, subscripts } => {
            // Of slices and of several dimensions it is not kept which bound is which.
            let [subscript] = subscripts.as_slice() else { return None };
            format!("({})[{}]", inner(container)?, inner(subscript)?)
        }
        Expr::Coalesce(parts) => {
            let parts = parts.iter().map(inner).collect::<Option<Vec<_>>>()?;
            format!("COALESCE({})", parts.join(", "))
        }
        _ => return None,
    })
}

fn type_name(oid: Oid) -> Option<&'static str> {
    TYPES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}
