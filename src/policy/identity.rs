//! How generated policies ask who is asking.

use pgrx::pg_sys::{self, Oid};

use super::options::Options;
use crate::catalog::{Column, Table, function};
use crate::error::{Error, PolicyError};
use crate::quote;
pub use crate::quote::type_name;

/// The call of a reader of schema `auth`, as SQL for a policy: bare where the function is this
/// library's, which answers a call for every row as fast as a constant; else as a subquery, which
/// the server evaluates once for the statement. `signature` is such as `auth.has_role(text)`, and
/// `arguments` are SQL.
///
/// 42883 when there is no such function: schema `auth` is somebody else's and lacks it.
pub fn call(signature: &str, arguments: &[String]) -> Result<String, Error> {
    let missing = || PolicyError::ReaderMissing(signature.to_owned());
    let (name, _) = signature.split_once('(').ok_or_else(missing)?;
    let oid = function::by_signature(signature)?.ok_or_else(missing)?;
    let native = is_native(oid, signature)?;
    let call = format!("{name}({})", arguments.join(", "));
    Ok(if native { call } else { format!("(SELECT {call})") })
}

/// The caller, to be compared with a column: a uuid, or the text or number that the identity
/// provider issues. 42804 for a column of another type.
pub fn caller(options: &Options, relation: &Table, column: &Column) -> Result<String, Error> {
    // SAFETY: a catalog look-up of a type id.
    match unsafe { pg_sys::getBaseType(column.type_oid) } {
        pg_sys::UUIDOID => uid(options),
        pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID => user_id(options),
        pg_sys::INT8OID | pg_sys::INT4OID => Ok(format!("{}::bigint", user_id(options)?)),
        _ => Err(PolicyError::NotAnIdentityColumn {
            relation: relation.qualified(),
            column: column.name.clone(),
            found: type_name(column.type_oid),
        }
        .into()),
    }
}

/// As [`call`]; where schema `auth` is somebody else's and lacks the reader, the same taken from all
/// claims, `from_claims`, which most of them have.
fn call_or(signature: &str, arguments: &[String], from_claims: String) -> Result<String, Error> {
    match call(signature, arguments) {
        Err(Error::Policy(PolicyError::ReaderMissing(_)))
            if function::by_signature(CLAIMS)?.is_some() =>
        {
            Ok(from_claims)
        }
        answer => answer,
    }
}

/// The reader of all claims.
const CLAIMS: &str = "auth.jwt()";

/// Whether policies may ask this library for claims, and not a reader: not where schema `auth` is
/// somebody else's. Its claims could come from another place, which those who run queries cannot
/// write to as they can to `request.jwt.claims`.
///
/// 42883 when there is an identity that is somebody else's, and no way to ask for its claims.
pub fn is_ours(options: &Options) -> Result<bool, Error> {
    if options.standalone {
        return Ok(false);
    }
    if let Some(claims) = function::by_signature(CLAIMS)? {
        return is_native(claims, CLAIMS);
    }
    match function::by_signature("auth.uid()")? {
        Some(uid) if !is_native(uid, "auth.uid()")? => {
            Err(PolicyError::ReaderMissing(CLAIMS.to_owned()).into())
        }
        _ => Ok(true),
    }
}

/// Whether the function of this signature is this library's reader.
fn is_native(function: Oid, signature: &str) -> Result<bool, Error> {
    let name = signature.split_once('(').map_or(signature, |(name, _)| name);
    let symbol = format!("rowguard_{}", name.replace('.', "_"));
    Ok(function::by_oids(&[function])?
        .iter()
        .any(|function| function.ours && function.source == symbol))
}

/// The caller's uuid.
pub fn uid(options: &Options) -> Result<String, Error> {
    if options.standalone {
        return Ok("(SELECT auth.uid())".to_owned());
    }
    call_or("auth.uid()", &[], format!("({SUBJECT})::uuid"))
}

/// The claim `sub` from all claims.
const SUBJECT: &str = "(SELECT auth.jwt()) ->> 'sub'";

/// The claim `sub` as text.
pub fn user_id(options: &Options) -> Result<String, Error> {
    let from_claims = format!("({SUBJECT})");
    if options.standalone { Ok(from_claims) } else { call_or("auth.user_id()", &[], from_claims) }
}

/// The claim at a path as text; `path` is not empty.
pub fn claim_text(options: &Options, path: &[String]) -> Result<String, Error> {
    let from_claims = from_claims(path);
    if options.standalone {
        return Ok(from_claims);
    }
    call_or("auth.claim_text(text[])", &literals(path), from_claims)
}

fn from_claims(path: &[String]) -> String {
    format!("((SELECT auth.jwt()) #>> {})", text_array(path))
}

/// The claim at a path, to be compared with a column: 42804 for a column of a type that no claim
/// becomes.
pub fn claim_for(
    options: &Options,
    path: &[String],
    relation: &Table,
    column: &Column,
) -> Result<String, Error> {
    let text = || claim_text(options, path);
    // SAFETY: a catalog look-up of a type id.
    match unsafe { pg_sys::getBaseType(column.type_oid) } {
        pg_sys::UUIDOID if options.standalone => Ok(format!("{}::uuid", text()?)),
        pg_sys::UUIDOID => call_or(
            "auth.claim_uuid(text[])",
            &literals(path),
            format!("{}::uuid", from_claims(path)),
        ),
        pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID => text(),
        pg_sys::INT8OID | pg_sys::INT4OID => Ok(format!("{}::bigint", text()?)),
        _ => Err(PolicyError::NotAnIdentityColumn {
            relation: relation.qualified(),
            column: column.name.clone(),
            found: type_name(column.type_oid),
        }
        .into()),
    }
}

/// Texts as literals, for a VARIADIC argument.
pub fn literals(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| quote::literal(text)).collect()
}

/// Texts as one array.
pub fn text_array(texts: &[String]) -> String {
    format!("ARRAY[{}]::text[]", literals(texts).join(", "))
}

/// A path of claims, from an argument: 22023 for an empty one.
pub fn path<'a>(argument: &'a [String], name: &'static str) -> Result<&'a [String], Error> {
    if argument.is_empty() { Err(Error::EmptyList(name)) } else { Ok(argument) }
}

/// Whether the claim at a path holds any of some values, or all of them: one call with constants,
/// which is remembered where a call by several readers would be made for every row.
pub fn matches(path: &[String], allowed: &[String], all: bool) -> Result<String, Error> {
    let mut arguments = vec![text_array(path), text_array(allowed)];
    if all {
        arguments.push("'all'".to_owned());
    }
    call("rls.claim_matches(text[],text[],text)", &arguments)
}

/// A condition, as the server prints it, with each call of `auth.uid()` and `auth.jwt()` as a
/// subquery: on a server without rowguard they are functions that parse the claims for every row.
pub fn wrapped(condition: &str) -> String {
    let mut wrapped = String::with_capacity(condition.len());
    // The quote that the text stands in, if any: a quote inside it is doubled, which opens another.
    let mut quote = None;
    let mut rest = condition;
    while let Some(next) = rest.chars().next() {
        let call = ["auth.uid()", "auth.jwt()"].into_iter().find(|call| rest.starts_with(call));
        let part_of_a_name =
            wrapped.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"'));
        if let Some(call) = call
            && quote.is_none()
            && !part_of_a_name
        {
            if wrapped.ends_with("SELECT ") {
                wrapped.push_str(call);
            } else {
                wrapped.push_str(&format!("(SELECT {call})"));
            }
            rest = &rest[call.len()..];
            continue;
        }
        if matches!(next, '\'' | '"') {
            quote = match quote {
                None => Some(next),
                Some(open) if open == next => None,
                open => open,
            };
        }
        wrapped.push(next);
        rest = &rest[next.len_utf8()..];
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn calls_become_subqueries_where_they_are_calls() {
        for (from, to) in [
            ("(a = auth.uid())", "(a = (SELECT auth.uid()))"),
            ("(( SELECT auth.uid() AS uid) = a)", "(( SELECT auth.uid() AS uid) = a)"),
            ("(auth.jwt() ->> 'auth.uid()')", "((SELECT auth.jwt()) ->> 'auth.uid()')"),
            ("('it''s auth.uid()' = a)", "('it''s auth.uid()' = a)"),
            ("(\"auth.uid()\" = auth.uid())", "(\"auth.uid()\" = (SELECT auth.uid()))"),
            ("(myauth.uid() = \"x\"\"'\")", "(myauth.uid() = \"x\"\"'\")"),
            ("é = auth.uid()", "é = (SELECT auth.uid())"),
        ] {
            assert_eq!(wrapped(from), to);
        }
    }
}
