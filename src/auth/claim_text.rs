//! `auth.claim_text(VARIADIC path)`: the claim at a path as text.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::{Argument, Declaration};
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| typed::text(claim, &path)).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_claim_text, pg_finfo_rowguard_auth_claim_text, Varlena, OfArgument(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.claim_text",
    argument: Some(Argument::PATH),
    result: pg_sys::TEXTOID,
    reads: true,
    symbol: "rowguard_auth_claim_text",
    comment: "the claim at a path, a string, number or boolean as text; 22P02 when it is an object or an array; null when absent",
};
