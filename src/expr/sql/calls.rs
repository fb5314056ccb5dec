//! Calls of functions.

use pgrx::pg_sys::{self, Oid};

use super::Resolver;
use super::raw::names_of;
use super::types::{Context, Typed};
use super::values::collation_of;
use crate::expr::convert::{members, string, tag};
use crate::expr::tree::Expr;
use crate::expr::uses::setting;

/// See the impl in the module above for what makes the methods unsafe.
impl Resolver<'_> {
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
                Expr::Aggregate { function, window: !call.over.is_null(), arguments }
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
