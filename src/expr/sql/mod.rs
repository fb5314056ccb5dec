//! Bodies of SQL functions, read from their text.
//!
//! The server's raw parser makes the tree, which looks nothing up and runs nothing. What its names
//! mean is found out here, over what the catalogs hold ([`Names`]), by the server's own rules; a
//! part that stays in doubt becomes [`Expr::Unknown`]. No literal is read by its type's input
//! function.

mod calls;
mod columns;
mod literals;
pub mod names;
mod operators;
mod queries;
mod raw;
mod sources;
mod types;
mod values;

use std::ffi::CString;

use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::*;
use pgrx::{PgMemoryContexts, pg_sys::panic::CaughtError};

use super::convert::{members, tag};
use super::tree::{Expr, Query, SubLink};
use super::uses::Uses;
use crate::error::Error;
use names::Names;
use types::Typed;

/// The function whose body is read.
#[derive(Debug)]
pub struct Signature<'a> {
    /// Its name, by which its arguments can be qualified.
    pub name: &'a str,
    /// Names of its arguments, empty where they have none, and their types.
    pub arguments: Vec<(&'a str, Oid)>,
    /// Type of its result.
    pub result: Oid,
    /// The schemas that names are looked up in, `pg_catalog` among them.
    pub path: Vec<Oid>,
}

/// A body.
#[derive(Debug, Default)]
pub struct Body {
    /// Its value, with arguments as [`Expr::Bound`]; nothing where it has none or it is in doubt.
    pub value: Option<Expr>,
    /// What it uses.
    pub uses: Uses,
}

/// Reads the text of a body. A text that is no SQL has no value and is incomplete.
pub fn read(text: &str, names: &Names, signature: &Signature<'_>) -> Result<Body, Error> {
    let text = CString::new(text).map_err(|_| Error::NullByte)?;
    let mut context = PgMemoryContexts::new("rowguard body");
    // SAFETY: the parser returns a list of RawStmt; nothing keeps a pointer into the context.
    Ok(unsafe {
        context.switch_to(|_| match parsed(&text) {
            Some(statements) => {
                let mut resolver = Resolver::new(names, signature);
                resolver.body(statements)
            }
            None => Body { value: None, uses: Uses { incomplete: true, ..Uses::default() } },
        })
    })
}

/// The statements of a text; nothing where the parser refuses it.
///
/// # Safety
/// To be called in a memory context that outlives the use of the list.
unsafe fn parsed(text: &CString) -> Option<*mut pg_sys::List> {
    let text = text.as_ptr();
    PgTryBuilder::new(|| {
        // SAFETY: a C string; the parser allocates and raises errors, and touches nothing else.
        Some(unsafe { pg_sys::raw_parser(text, pg_sys::RawParseMode::RAW_PARSE_DEFAULT) })
    })
    .catch_others(|error| {
        // Only what the parser says of the text: syntax, literals, features.
        let code = match &error {
            CaughtError::PostgresError(report) => report.sql_error_code(),
            _ => error.rethrow(),
        };
        let class = code as i32 & 0xFFF;
        let of_the_text = [
            PgSqlErrorCode::ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION,
            PgSqlErrorCode::ERRCODE_DATA_EXCEPTION,
            PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
        ];
        if of_the_text.iter().any(|known| *known as i32 == class) { None } else { error.rethrow() }
    })
    .execute()
}

/// Resolves the names of one body.
struct Resolver<'a> {
    names: &'a Names,
    signature: &'a Signature<'a>,
    scopes: Vec<Scope>,
    depth: usize,
    uses: Uses,
}

/// What a query's expressions can refer to.
#[derive(Default)]
struct Scope {
    items: Vec<Item>,
    with: Vec<With>,
    aggregated: bool,
    returns_sets: bool,
}

/// A table, sub-query or join that columns come from.
#[derive(Debug, Clone)]
struct Item {
    /// The name it goes by; empty for a join without one.
    name: String,
    /// The schema, where the name is a relation's own.
    schema: Option<Oid>,
    /// Its columns can be named without it.
    bare: bool,
    /// The entry of the range table, and the type of its rows.
    row: Option<(usize, Oid)>,
    columns: Vec<(String, Typed)>,
    /// Its columns are not all known, so that any name may be one of them.
    open: bool,
}

/// A WITH query.
#[derive(Debug, Clone)]
struct With {
    name: String,
    /// Names given to its columns.
    renames: Vec<String>,
    columns: Vec<(String, Typed)>,
    open: bool,
}

/// A query and the columns that come out of it.
struct Selected {
    query: Query,
    columns: Vec<(String, Typed)>,
}

/// Every method is unsafe for one reason: its pointer must be null or point to a node of a tree
/// that the raw parser has built; the fields are then what the node's tag says.
impl<'a> Resolver<'a> {
    fn new(names: &'a Names, signature: &'a Signature<'a>) -> Self {
        Self { names, signature, scopes: Vec::new(), depth: 0, uses: Uses::default() }
    }

    unsafe fn body(&mut self, statements: *mut pg_sys::List) -> Body {
        let mut value = None;
        // SAFETY: see the impl; each statement is a RawStmt.
        unsafe {
            for statement in members::<pg_sys::RawStmt>(statements) {
                value = self.statement((*statement).stmt);
            }
        }
        Body { value, uses: std::mem::take(&mut self.uses) }
    }

    /// What a statement returns as the last one of a body.
    unsafe fn statement(&mut self, node: *mut pg_sys::Node) -> Option<Expr> {
        // SAFETY: see the impl; each cast is to the struct that the tag names.
        unsafe {
            if tag(node) != Some(pg_sys::NodeTag::T_SelectStmt) {
                self.command(node);
                return None;
            }
            let selected = self.select(node.cast());
            self.returned(selected)
        }
    }

    /// A query as the value of the function: its one column as the result's type, or a row of all.
    fn returned(&mut self, selected: Selected) -> Option<Expr> {
        let Selected { mut query, columns } = selected;
        let result = self.signature.result;
        if result == pg_sys::VOIDOID {
            return None;
        }
        let composite = result == pg_sys::RECORDOID
            || self.names.type_of(self.names.base(result)).is_some_and(|known| known.kind == b'c');
        match columns.as_slice() {
            [(_, only)] if !composite || only.type_oid == result => {
                let value = if names::is_polymorphic(result) {
                    Some(only.clone())
                } else {
                    self.names.coerce(only, result, types::Context::Assignment)
                };
                match (value, query.targets.as_mut_slice()) {
                    (Some(value), [target]) => *target = value.expr,
                    _ => {
                        self.uses.incomplete = true;
                        return None;
                    }
                }
            }
            _ if composite => query.targets = vec![Expr::Row(std::mem::take(&mut query.targets))],
            _ => return None,
        }
        Some(as_value(query))
    }
}

/// A query as a value: what it selects, where it selects from nothing, else a scalar sub-link.
pub fn as_value(query: Query) -> Expr {
    let plain = query.from.is_empty()
        && query.sources.is_empty()
        && query.with.is_empty()
        && query.filter.is_none()
        && query.having.is_none()
        && query.hidden_targets.is_empty()
        && query.extras.is_empty()
        && !query.grouped
        && !query.aggregated
        && !query.reshaped;
    match query.targets.as_slice() {
        [target] if plain => super::inline::lifted(target),
        _ => Expr::SubLink { kind: SubLink::Scalar, test: None, query: Box::new(query) },
    }
}
