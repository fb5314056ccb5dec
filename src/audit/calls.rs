//! What rules ask of functions: which there are, what they call, and how far their bodies are known.

use std::collections::HashSet;

use pgrx::pg_sys::Oid;

use super::context::Context;
use crate::catalog::{Function, Volatility};
use crate::expr::Expr;

/// Ids from here on are users'; those below are the server's own.
const FIRST_USER_OID: u32 = 16384;

impl Context {
    /// The functions and procedures of the audited schemas, those of extensions left out.
    pub fn audited_functions(&self) -> impl Iterator<Item = &Function> {
        let schemas: HashSet<Oid> = self.schemas.iter().map(|schema| schema.oid).collect();
        self.routines.all().filter(move |function| {
            !function.of_extension && schemas.contains(&function.schema_oid)
        })
    }

    /// The functions that `function` calls, or may call where a call is in doubt.
    pub fn called_by(&self, function: Oid) -> impl Iterator<Item = Oid> + '_ {
        self.routines.uses(function).into_iter().flat_map(|uses| &uses.functions).copied()
    }

    /// What a call of the function has for the arguments that it leaves out.
    pub fn left_out<'a>(&'a self, function: Oid, arguments: &'a [Expr]) -> Vec<&'a Expr> {
        self.routines.left_out(function, arguments)
    }

    /// Whether `reads_session` can be trusted when it says no: the body was read, or is the server's
    /// or an extension's.
    pub fn is_session_known(&self, function: &Function) -> bool {
        function.ours
            || function.of_extension
            || function.schema == "pg_catalog"
            || match function.language.as_str() {
                // Calls in it are recognised, though the rest is not judged.
                "plpgsql" => true,
                _ => self.routines.uses(function.oid).is_some_and(|uses| !uses.incomplete),
            }
    }

    /// A function declared VOLATILE whose body was read and holds nothing volatile.
    pub fn is_steady_by_its_body(&self, function: Oid) -> bool {
        let mut seen: HashSet<Oid> = HashSet::new();
        let mut open = vec![function];
        while let Some(oid) = open.pop() {
            if !seen.insert(oid) {
                continue;
            }
            let (Some(body), Some(uses)) = (self.routines.body(oid), self.routines.uses(oid))
            else {
                return false;
            };
            let mut steady = !uses.incomplete && self.function(oid).is_some_and(only_selects);
            body.walk(0, &mut |part, _| {
                steady &= match part {
                    Expr::Operator { operator, .. }
                    | Expr::Distinct { operator, .. }
                    | Expr::NullIf { operator, .. }
                    | Expr::OverArray { operator, .. } => self
                        .operator(*operator)
                        .map_or(operator.to_u32() < FIRST_USER_OID, |known| !known.volatile),
                    _ => true,
                };
            });
            if !steady {
                return false;
            }
            for called in &uses.functions {
                match self.function(*called) {
                    Some(known) if known.volatility != Volatility::Volatile => {}
                    _ => open.push(*called),
                }
            }
        }
        true
    }
}

/// Every statement of the body is a SELECT that locks nothing. Says no where a word alone could
/// mean otherwise.
fn only_selects(function: &Function) -> bool {
    const WRITES: [&str; 4] = ["insert", "update", "delete", "merge"];
    if let Some(body) = &function.body {
        let others = ["2", "3", "4", "5", "6"].map(|kind| format!(":commandType {kind} "));
        return !body.contains(":rowMarks (") && !others.iter().any(|other| body.contains(other));
    }
    let source = function.source.trim().trim_end_matches(';').to_ascii_lowercase();
    ["select", "with", "values"].iter().any(|start| source.starts_with(start))
        && !source.contains(';')
        && !source.contains(" share")
        && !WRITES.iter().any(|word| source.contains(word))
}
