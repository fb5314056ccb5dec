//! The truth of a policy's clause for one row, asked as a role.
//!
//! The clause is evaluated alone, as it is stored, over a scan of the table that no policy and no
//! privilege stands in the way of; sub-queries in it are rewritten and read as the role, as they are
//! when the server evaluates the policy.

use std::ffi::{CStr, CString, c_char};

use pgrx::pg_sys::{self, Oid};

use super::identity::Identity;
use super::node::{Chosen, among, length, list, node, target};
use super::sample::Sample;
use super::scan::{rewritten, scan};
use super::trial::{self, Mode, Raised};
use super::{given, run, server};
use crate::catalog::Table;
use crate::error::Error;

/// A clause of a policy, or a conjunct of one.
pub struct Clause {
    /// The node tree of the whole clause, as stored.
    tree: CString,
    /// Which conjunct; none is the whole.
    part: Option<usize>,
    /// It as the server prints it.
    pub text: String,
}

impl Clause {
    /// The clause whose tree is stored in a policy of `table`.
    pub fn read(table: Oid, name: &str, tree: &str) -> Result<Self, Error> {
        let tree = CString::new(tree).map_err(|_| Error::NullByte)?;
        let name = CString::new(name).map_err(|_| Error::NullByte)?;
        let text = print(table, &name, &tree, None);
        Ok(Self { tree, part: None, text })
    }

    /// The node tree of the whole clause, as stored.
    pub fn tree(&self) -> *const c_char {
        self.tree.as_ptr()
    }

    /// Its conjuncts, where it is an AND.
    pub fn conjuncts(&self, table: Oid, name: &str) -> Result<Vec<Self>, Error> {
        let name = CString::new(name).map_err(|_| Error::NullByte)?;
        // SAFETY: the tree is a clause as the server stores it.
        let count = unsafe {
            let whole = pg_sys::stringToNode(self.tree.as_ptr()).cast();
            conjunction(whole).map_or(0, |arguments| length(arguments))
        };
        Ok((0..count)
            .map(|part| Self {
                tree: self.tree.clone(),
                part: Some(part),
                text: print(table, &name, &self.tree, Some(part)),
            })
            .collect())
    }
}

/// An expression as the server prints it, on one line.
fn print(table: Oid, name: &CStr, tree: &CStr, part: Option<usize>) -> String {
    // SAFETY: the tree is a clause over the table as the server stores it; the server returns a
    // fresh C string.
    unsafe {
        let whole = pg_sys::stringToNode(tree.as_ptr()).cast();
        let context = pg_sys::deparse_context_for(name.as_ptr(), table);
        let text = pg_sys::deparse_expression(pick(whole, part), context, false, false);
        one_line(&CStr::from_ptr(text).to_string_lossy())
    }
}

/// The arguments of an AND.
///
/// # Safety
/// A node of the server's.
unsafe fn conjunction(whole: *mut pg_sys::Node) -> Option<*mut pg_sys::List> {
    // SAFETY: as promised.
    unsafe {
        if (*whole).type_ != pg_sys::NodeTag::T_BoolExpr {
            return None;
        }
        let whole = whole.cast::<pg_sys::BoolExpr>();
        ((*whole).boolop == pg_sys::BoolExprType::AND_EXPR).then_some((*whole).args)
    }
}

/// The whole clause, or a conjunct.
///
/// # Safety
/// A node of the server's.
unsafe fn pick(whole: *mut pg_sys::Node, part: Option<usize>) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        match (part, conjunction(whole)) {
            (Some(part), Some(arguments)) if part < length(arguments) => {
                (*(*arguments).elements.add(part)).ptr_value.cast()
            }
            _ => whole,
        }
    }
}

/// White space outside of quotes becomes one blank: sub-queries are printed on several lines.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut quote = None;
    for character in text.chars() {
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None if character.is_whitespace() => {
                if !line.ends_with([' ', '(']) {
                    line.push(' ');
                }
                continue;
            }
            _ => {}
        }
        line.push(character);
    }
    line.trim().to_owned()
}

/// A row that clauses are asked of.
pub enum Row {
    /// One that is there.
    Stored(Sample),
    /// One that an INSERT would make.
    Given(Vec<given::Value>),
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// TRUE, FALSE or NULL.
    Is(Option<bool>),
    /// The row is not there any more.
    Gone,
}

/// Asks `clause`, of a policy of `table`, as `identity`, whose role is `role`.
pub fn ask(
    identity: &Identity,
    role: Oid,
    table: &Table,
    clause: &Clause,
    row: &Row,
) -> Result<Result<Truth, Raised>, Error> {
    let tree = clause.tree.as_ptr();
    let part = clause.part;
    match row {
        Row::Stored(sample) => {
            let chosen = Chosen::of(Some(sample)).unwrap_or_default();
            let chosen = chosen.as_slice();
            // SAFETY: the closure calls the server directly, touches plain data alone, and cannot
            // panic.
            unsafe {
                trial::run(identity, role, Mode::ReadOnly, || {
                    of_stored(table.oid, tree, part, chosen)
                })
            }
        }
        Row::Given(values) => {
            let values = values.as_slice();
            // SAFETY: as above.
            unsafe {
                trial::run(identity, role, Mode::ReadOnly, || of_given(table, tree, part, values))
            }
        }
    }
}

/// # Safety
/// Inside a trial's guard; the tree is a clause over the table.
unsafe fn of_stored(
    table: Oid,
    tree: *const c_char,
    part: Option<usize>,
    chosen: &[Chosen],
) -> Truth {
    // SAFETY: as promised.
    unsafe {
        let clause = pick(server::stringToNode(tree).cast(), part);
        let query = scan(table, Some(pg_sys::BOOTSTRAP_SUPERUSERID.into()));
        (*(*query).jointree).quals = among(1, chosen);
        (*query).targetList = list(target(clause, 1));
        truth(query)
    }
}

/// # Safety
/// Inside a trial's guard; the tree is a clause over the table.
unsafe fn of_given(
    table: &Table,
    tree: *const c_char,
    part: Option<usize>,
    values: &[given::Value],
) -> Truth {
    // SAFETY: as promised.
    unsafe {
        let clause = pick(server::stringToNode(tree).cast(), part);
        let query = node::<pg_sys::Query>(pg_sys::NodeTag::T_Query);
        (*query).commandType = pg_sys::CmdType::CMD_SELECT;
        (*query).canSetTag = true;
        (*query).hasSubLinks = true;
        (*query).jointree = server::makeFromExpr(std::ptr::null_mut(), std::ptr::null_mut());
        (*query).targetList = list(target(given::put_in(table, 1, clause, values), 1));
        truth(query)
    }
}

/// Runs a query whose only column is a boolean.
///
/// # Safety
/// Inside a trial's guard.
unsafe fn truth(query: *mut pg_sys::Query) -> Truth {
    let mut found = Truth::Gone;
    // SAFETY: as promised; the closure touches plain data.
    unsafe {
        let query = rewritten(query);
        run::rows(query, c"rls.explain_access()".as_ptr(), 1, |values, nulls| {
            if let ([value], [null]) = (values, nulls) {
                found = Truth::Is((!*null).then_some(value.value() & 1 == 1));
            }
        });
        // Written by the server through a pointer.
        std::ptr::read_volatile(&raw const found)
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn white_space_in_quotes_stays() {
        assert_eq!(
            one_line("( SELECT 1\n   FROM \"a  b\"\n  WHERE c = 'x\n y')"),
            "(SELECT 1 FROM \"a  b\" WHERE c = 'x\n y')"
        );
        assert_eq!(one_line(" a  = 'it''s  so' "), "a = 'it''s  so'");
    }
}
