//! `auth.claim_bool(VARIADIC path)`: the claim at a path as boolean.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::{Argument, Declaration};
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| typed::boolean(&claim, &path)).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_claim_bool, pg_finfo_rowguard_auth_claim_bool, Value, OfArgument(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.claim_bool",
    argument: Some(Argument::PATH),
    result: pg_sys::BOOLOID,
    reads: true,
    symbol: "rowguard_auth_claim_bool",
    comment: "the claim at a path, a boolean; 22P02 when it is anything else; null when absent",
};
