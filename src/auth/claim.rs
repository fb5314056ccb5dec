//! `auth.claim(VARIADIC path)`: the claim at a path as jsonb.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::{Argument, Declaration};
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| Ok(typed::jsonb(&claim)))
}

reader!(rowguard_auth_claim, pg_finfo_rowguard_auth_claim, Varlena, OfArgument(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.claim",
    argument: Some(Argument::PATH),
    result: pg_sys::JSONBOID,
    reads: true,
    symbol: "rowguard_auth_claim",
    comment: "the claim at a path of keys and array positions; null when absent; an empty path is all claims",
};
