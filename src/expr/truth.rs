//! Which of true, false and null an expression can be.
//!
//! An abstract interpreter over sets of truth values. It knows nothing of any row or caller: a
//! column or an identity can be anything its declaration allows. Values are computed for constants
//! of the few types in [`Value`], by the semantics written down here: no function of the server,
//! and so none of the users', is called.
//!
//! An answer that one sub-expression's unknown value hides (`x IS NULL OR x IS NOT NULL`) is found
//! by trying the cases of that sub-expression one after the other.

mod constants;
mod facts;
mod interpreter;
mod known;
mod range;
mod set;
mod split;
mod sub_query;
mod subjects;
mod together;

pub(super) use constants::{constant as relabelled, decide, order};
pub use facts::{
    Anonymous, Arithmetic, Comparison, Facts, FunctionFacts, INTEGERS, OperatorFacts, Search,
    is_built_in,
};
pub use set::Truth;
pub use sub_query::is_set_operation;

use pgrx::pg_sys::Oid;

use super::scope::Scope;
use super::simplify::simplify;
use super::tree::{ColumnRef, Expr, Value};
use interpreter::Interpreter;
use known::Known;

/// What is asked about parts that only running them would tell: opaque functions and nodes that
/// are not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opaque {
    /// They can answer anything, and differently for each row.
    Anything,
    /// They always answer what makes the whole expression true, if any answer does.
    InFavour,
}

/// Who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Somebody, known or not.
    Anybody,
    /// Nobody: what says who is asking says NULL, or false where it never says NULL. CURRENT_USER
    /// and SESSION_USER are not among these: a caller without an identity has a role all the same,
    /// and it can be any.
    Nobody,
    /// Nobody, in a session where settings were set before and are empty by now; else as above.
    NobodyAnyMore,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// About parts that cannot be read.
    pub opaque: Opaque,
    /// Who is asking.
    pub caller: Caller,
    /// Columns of the own row that hold NULL.
    pub nulls: &'a [ColumnRef],
    /// No other column of the own row holds NULL, and no array is without elements.
    pub filled: bool,
}

impl Question<'static> {
    /// Of somebody, where nothing unreadable helps.
    pub const PLAIN: Self =
        Self { opaque: Opaque::Anything, caller: Caller::Anybody, nulls: &[], filled: false };
}

/// The truth values that `expr`, an expression over `relation`, can have, whoever is asking.
pub fn truth(facts: &dyn Facts, relation: Oid, expr: &Expr, opaque: Opaque) -> Truth {
    truth_when(facts, relation, expr, Question { opaque, ..Question::PLAIN })
}

/// The truth values that `expr`, an expression over `relation`, can have in the case asked for.
pub fn truth_when(facts: &dyn Facts, relation: Oid, expr: &Expr, question: Question<'_>) -> Truth {
    let expr = simplify(facts, expr);
    let mut interpreter = Interpreter::new(facts, question);
    let scope = Scope::new(relation);
    let plain = interpreter.truth(&expr, &scope, true);
    if plain == Truth::TRUE || !plain.can_be(Truth::TRUE) {
        return plain;
    }
    let subjects = interpreter.subjects(&expr);
    interpreter.split(&expr, &scope, &subjects)
}

/// The truth values that a part of a simplified expression can have, in the place where it stands.
pub fn truth_within(
    facts: &dyn Facts,
    scope: &Scope<'_>,
    part: &Expr,
    question: Question<'_>,
) -> Truth {
    Interpreter::new(facts, question).truth(part, scope, true)
}

/// Evaluated twice for one row and caller, in one statement, it gives the same value.
pub fn is_steady(facts: &dyn Facts, expr: &Expr) -> bool {
    Interpreter::new(facts, Question::PLAIN).is_steady(expr)
}

/// The value of `expr`, where it is the same for every row and caller.
pub fn constant(facts: &dyn Facts, expr: &Expr) -> Option<Value> {
    let expr = simplify(facts, expr);
    match Interpreter::new(facts, Question::PLAIN).value(&expr, &Scope::new(Oid::INVALID), true) {
        Known::Value(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
