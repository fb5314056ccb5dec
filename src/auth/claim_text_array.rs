//! `auth.claim_text_array(VARIADIC path)`: the claim at a path as an array of texts.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::{Argument, Declaration};
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| typed::texts(&claim, &path)).map(IntoDatum::into_datum)
}

reader!(
    rowguard_auth_claim_text_array,
    pg_finfo_rowguard_auth_claim_text_array,
    Varlena,
    OfArgument(read)
);

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.claim_text_array",
    argument: Some(Argument::PATH),
    result: pg_sys::TEXTARRAYOID,
    reads: true,
    symbol: "rowguard_auth_claim_text_array",
    comment: "the claim at a path, an array of strings, numbers and booleans as texts; 22P02 when it is no such array; null when absent",
};
