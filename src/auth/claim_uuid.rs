//! `auth.claim_uuid(VARIADIC path)`: the claim at a path as uuid.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::{Argument, Declaration};
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| typed::uuid(&claim, &path)).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_claim_uuid, pg_finfo_rowguard_auth_claim_uuid, Uuid, OfArgument(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.claim_uuid",
    argument: Some(Argument::PATH),
    result: pg_sys::UUIDOID,
    reads: true,
    symbol: "rowguard_auth_claim_uuid",
    comment: "the claim at a path, a string as uuid; 22P02 when it is no uuid; null when absent",
};
