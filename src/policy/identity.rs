//! How generated policies ask who is asking.

use std::ffi::CStr;

use pgrx::pg_sys::{self, Oid};

use super::options::Options;
use crate::catalog::{Column, Table, function};
use crate::error::Error;
use crate::quote;

/// The call of a reader of schema `auth`, as SQL for a policy: bare where the function is this
/// library's, which answers a call for every row as fast as a constant; else as a subquery, which
/// the server evaluates once for the statement. `signature` is such as `auth.has_role(text)`, and
/// `arguments` are SQL.
///
/// 42883 when there is no such function: schema `auth` is somebody else's and lacks it.
pub fn call(signature: &str, arguments: &[String]) -> Result<String, Error> {
    let missing = || Error::ReaderMissing(signature.to_owned());
    let (name, _) = signature.split_once('(').ok_or_else(missing)?;
    let oid = function::by_signature(signature)?.ok_or_else(missing)?;
    let symbol = format!("rowguard_{}", name.replace('.', "_"));
    let native = function::by_oids(&[oid])?
        .iter()
        .any(|function| function.ours && function.source == symbol);
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
        _ => Err(Error::NotAnIdentityColumn {
            relation: relation.qualified(),
            column: column.name.clone(),
            found: type_name(column.type_oid),
        }),
    }
}

/// The caller's uuid.
pub fn uid(options: &Options) -> Result<String, Error> {
    if options.standalone { Ok("(SELECT auth.uid())".to_owned()) } else { call("auth.uid()", &[]) }
}

/// The claim `sub` as text.
pub fn user_id(options: &Options) -> Result<String, Error> {
    if options.standalone {
        Ok("((SELECT auth.jwt()) ->> 'sub')".to_owned())
    } else {
        call("auth.user_id()", &[])
    }
}

/// A type as people write it.
pub fn type_name(oid: Oid) -> String {
    // SAFETY: the server returns a fresh C string for any id.
    unsafe { CStr::from_ptr(pg_sys::format_type_be(oid)) }.to_string_lossy().into_owned()
}

/// The claim at a path as text; `path` is not empty.
pub fn claim_text(options: &Options, path: &[String]) -> Result<String, Error> {
    if options.standalone {
        return Ok(format!("((SELECT auth.jwt()) #>> {})", text_array(path)));
    }
    call("auth.claim_text(text[])", &literals(path))
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
        pg_sys::UUIDOID => call("auth.claim_uuid(text[])", &literals(path)),
        pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID => text(),
        pg_sys::INT8OID | pg_sys::INT4OID => Ok(format!("{}::bigint", text()?)),
        _ => Err(Error::NotAnIdentityColumn {
            relation: relation.qualified(),
            column: column.name.clone(),
            found: type_name(column.type_oid),
        }),
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
