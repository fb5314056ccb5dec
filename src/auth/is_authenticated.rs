//! `auth.is_authenticated()`: whether there is an identity.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::claims::Value;
use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use crate::error::Error;

/// Whether the claims hold a `sub` that is a string, and not an empty one.
pub fn is_authenticated() -> Result<bool, Error> {
    identity::claim(&["sub"], |claim| {
        Ok(matches!(claim, Value::Text(text) | Value::Untyped(text) if !text.is_empty()))
    })
}

fn read() -> Result<Option<Datum>, Error> {
    is_authenticated().map(IntoDatum::into_datum)
}

reader!(
    rowguard_auth_is_authenticated,
    pg_finfo_rowguard_auth_is_authenticated,
    Value,
    Plain(read)
);

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.is_authenticated",
    argument: None,
    result: pg_sys::BOOLOID,
    reads: true,
    symbol: "rowguard_auth_is_authenticated",
    comment: "whether claim sub is a string that is not empty; never null; 22P02 when the claims are no JSON object",
};
