//! How generated policies ask who is asking.

use std::ffi::CStr;

use pgrx::pg_sys::{self, Oid};

use super::options::Options;
use crate::catalog::{Column, Table, function};
use crate::error::Error;

/// The call of a reader of schema `auth`, as SQL for a policy: bare where the function is this
/// library's, which answers a call for every row as fast as a constant; else as a subquery, which
/// the server evaluates once for the statement. `signature` is such as `auth.has_role(text)`, and
/// `arguments` are SQL.
///
/// 42883 when there is no such function: schema `auth` is somebody else's and lacks it.
pub fn call(signature: &str, arguments: &[&str]) -> Result<String, Error> {
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
